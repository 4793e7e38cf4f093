using System.Globalization;
using System.Text.RegularExpressions;

namespace AdminApi.Http;

/// <summary>What is wrong with a request, field by field, each saying what to do about it.</summary>
internal sealed partial class FieldErrors
{
    private readonly Dictionary<string, List<string>> errors = new(StringComparer.Ordinal);

    public bool Any => errors.Count > 0;

    public Dictionary<string, string[]> ToDictionary() => errors.ToDictionary(error => error.Key, error => error.Value.ToArray());

    public void Add(string field, string what)
    {
        if (!errors.TryGetValue(field, out var list))
        {
            errors.Add(field, list = []);
        }

        list.Add(what);
    }

    public void AddAll(FieldErrors others)
    {
        foreach (var (field, list) in others.errors)
        {
            list.ForEach(what => Add(field, what));
        }
    }

    /// <summary>The id of what is created: it must be there and a slug.</summary>
    public void NewId(string? id)
    {
        if (id is null)
        {
            Add("id", "is required: 1-40 characters of a-z, 0-9 and dash");
        }
        else
        {
            Slug("id", id);
        }
    }

    /// <summary>The id in the body of an update: it may be left out, and cannot change.</summary>
    public void SameId(string field, string? given, string current)
    {
        if (given is not null && given != current)
        {
            Add(field, $"cannot be changed: leave it out, or repeat {current}");
        }
    }

    public void Slug(string field, string value)
    {
        if (!SlugPattern().IsMatch(value))
        {
            Add(field, "must have 1-40 characters of a-z, 0-9 and dash, the first and the last no dash");
        }
    }

    public void Range(string field, int? value, int min, int max)
    {
        if (value < min || value > max)
        {
            Add(field, string.Create(CultureInfo.InvariantCulture, $"must be between {min} and {max}"));
        }
    }

    public void Length(string field, string? value, int min, int max)
    {
        if (value is not null && (value.Length < min || value.Length > max || value.Any(char.IsControl)))
        {
            Add(field, string.Create(CultureInfo.InvariantCulture, $"must have {min}-{max} characters, without control characters"));
        }
    }

    /// <summary>A C-octet string of SMPP as people type it: printable ASCII.</summary>
    public void SmppString(string field, string? value, int min, int max)
    {
        if (value is not null && (value.Length < min || value.Length > max || value.Any(c => c is < ' ' or > '~')))
        {
            Add(field, string.Create(CultureInfo.InvariantCulture, $"must have {min}-{max} printable ASCII characters"));
        }
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\\z")]
    private static partial Regex SlugPattern();
}
