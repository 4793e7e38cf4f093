using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace AdminApi.Http;

/// <summary>Turns a JSON object into a document, or into words about each field that does not fit.</summary>
internal static class JsonFields
{
    /// <summary>Null when it does not fit; <paramref name="errors"/> then has at least one entry.</summary>
    public static T? Read<T>(JsonObject body, FieldErrors errors)
        where T : class
    {
        try
        {
            return body.Deserialize<T>(ApiJson.Options);
        }
        catch (Exception e) when (IsMisfit(e))
        {
            Explain(body, typeof(T), "", errors);
            if (!errors.Any)
            {
                errors.Add("", e.Message);
            }

            return null;
        }
    }

    /// <summary>JSON merge patch (RFC 7396): null removes, objects merge, anything else replaces.</summary>
    public static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject changes)
            {
                if (target[name] is not JsonObject merged)
                {
                    target[name] = merged = [];
                }

                Merge(merged, changes);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    /// <summary>InvalidOperationException: a string with half a surrogate pair, which only shows when it is read.</summary>
    private static bool IsMisfit(Exception e) =>
        e is JsonException or InvalidOperationException or FormatException or NotSupportedException;

    private static void Explain(JsonNode? node, Type type, string path, FieldErrors errors)
    {
        if (node is null)
        {
            return;
        }

        var info = ApiJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object when node is JsonObject fields:
                ExplainFields(fields, info, path, errors);
                break;
            case JsonTypeInfoKind.Dictionary when node is JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    ExplainValue(value, info.ElementType!, Join(path, name), errors);
                }

                break;
            case JsonTypeInfoKind.Enumerable when node is JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    ExplainValue(items[i], info.ElementType!, $"{path}[{i}]", errors);
                }

                break;
            default:
                ExplainLeaf(node, info, path, errors);
                break;
        }
    }

    private static void ExplainFields(JsonObject fields, JsonTypeInfo info, string path, FieldErrors errors)
    {
        foreach (var (name, value) in fields)
        {
            var property = info.Properties.FirstOrDefault(property => property.Name == name);
            if (property is null)
            {
                var known = string.Join(", ", info.Properties.Select(property => property.Name));
                errors.Add(Join(path, name), $"is not known here: remove it, or use one of {known}");
            }
            else if (value is null && !property.IsSetNullable && property.PropertyType.IsClass)
            {
                errors.Add(Join(path, name), "must not be null: give a value, or leave the field out");
            }
            else
            {
                ExplainValue(value, property.PropertyType, Join(path, name), errors);
            }
        }

        foreach (var property in info.Properties.Where(property => property.IsRequired && !fields.ContainsKey(property.Name)))
        {
            errors.Add(Join(path, property.Name), "is required");
        }
    }

    private static void ExplainValue(JsonNode? value, Type type, string path, FieldErrors errors)
    {
        if (value is null)
        {
            if (type.IsValueType && Nullable.GetUnderlyingType(type) is null)
            {
                errors.Add(path, "must not be null: give a value, or leave the field out");
            }

            return;
        }

        Explain(value, type, path, errors);
    }

    private static void ExplainLeaf(JsonNode node, JsonTypeInfo info, string path, FieldErrors errors)
    {
        try
        {
            node.Deserialize(info);
        }
        catch (Exception e) when (IsMisfit(e))
        {
            errors.Add(path, Expected(info));
        }
    }

    private static string Expected(JsonTypeInfo info) =>
        info.Kind switch
        {
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "must be an object: {…}",
            JsonTypeInfoKind.Enumerable => "must be a list: […]",
            _ when info.Type == typeof(string) => "must be a string of whole Unicode characters",
            _ when info.Type == typeof(bool) => "must be true or false",
            _ when info.Type == typeof(int) => "must be a whole number",
            _ when info.Type == typeof(byte[]) => "must be a string in base64",
            _ when info.Type == typeof(DateTimeOffset) => "must be a time as in 2026-01-31T12:00:00Z",
            _ when info.Type == typeof(Recipients) => "must be a string, or a list of strings",
            _ when info.Type.IsEnum => $"must be one of {string.Join(", ", ApiJson.Names(info.Type))}",
            _ => "is not in the form that this field has",
        };

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
