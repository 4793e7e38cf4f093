using System.Text.Json;
using System.Text.Json.Serialization;

namespace AdminApi.Http;

/// <summary>One recipient as a string, or several as a list.</summary>
[JsonConverter(typeof(RecipientsConverter))]
internal sealed record Recipients(IReadOnlyList<string> Numbers, bool IsList);

internal sealed class RecipientsConverter : JsonConverter<Recipients>
{
    public override Recipients Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new Recipients([reader.GetString()!], IsList: false);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var numbers = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException());
        }

        return new Recipients(numbers, IsList: true);
    }

    public override void Write(Utf8JsonWriter writer, Recipients value, JsonSerializerOptions options)
    {
        if (value.IsList)
        {
            JsonSerializer.Serialize(writer, value.Numbers, options);
        }
        else
        {
            writer.WriteStringValue(value.Numbers[0]);
        }
    }
}
