using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;

namespace AdminApi.Http;

/// <summary>One page of a collection.</summary>
/// <param name="Items">The items.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Which page is wanted.</summary>
internal sealed record PageQuery(
    [property: FromQuery(Name = "limit"), Description("How many items at most: 1-1000, 50 when left out.")] string? Limit,
    [property: FromQuery(Name = "after"), Description("The next of the page before.")] string? After
) : IRequestPart
{
    private const int Default = 50;
    private const int Max = 1000;

    public int Size => TryReadSize(out var size) ? size : Default;

    public IResult? Problem => TryReadSize(out _) ? null : Problems.Invalid("limit", "must be a whole number between 1 and 1000");

    /// <summary>Makes the page of one item more than was asked for: its presence says that there is a next page.</summary>
    public Page<TDocument> Of<T, TDocument>(List<T> found, Func<T, TDocument> document, Func<T, string> cursor)
    {
        var items = found.Take(Size).ToList();
        return new Page<TDocument>([.. items.Select(document)], found.Count > Size ? cursor(items[^1]) : null);
    }

    private bool TryReadSize(out int size)
    {
        size = Default;
        return Limit is null || (int.TryParse(Limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= Max);
    }
}
