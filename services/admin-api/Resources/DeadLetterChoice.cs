using System.ComponentModel;
using System.Globalization;
using AdminApi.Http;
using Microsoft.AspNetCore.Mvc;
using Persistence.DeadLetters;

namespace AdminApi.Resources;

/// <summary>Which dead letters are wanted.</summary>
internal sealed record DeadLetterQuery(
    [property: FromQuery(Name = "account"), Description("Only this account's.")] string? Account,
    [property: FromQuery(Name = "reason"), Description("Only those whose reason has these words in it, in any case.")] string? Reason,
    [property: FromQuery(Name = "ids"), Description("Only these numbers, by commas: 1,000 at most.")] string? Ids
) : IRequestPart
{
    private const int MostIds = 1000;

    public IResult? Problem =>
        TryReadIds(out _) ? null : Problems.Invalid("ids", "must be numbers of dead letters, by commas, 1,000 at most");

    /// <summary>Whether it narrows anything.</summary>
    public bool IsGiven => !string.IsNullOrEmpty(Account) || !string.IsNullOrEmpty(Reason) || !string.IsNullOrEmpty(Ids);

    public DeadLetterFilter On(string queue) =>
        new(queue)
        {
            Account = string.IsNullOrEmpty(Account) ? null : Account,
            Reason = string.IsNullOrEmpty(Reason) ? null : Reason,
            Ids = TryReadIds(out var ids) ? ids : null,
        };

    private bool TryReadIds(out List<long>? ids)
    {
        ids = null;
        if (string.IsNullOrEmpty(Ids))
        {
            return true;
        }

        var read = new List<long>();
        foreach (var text in Ids.Split(','))
        {
            if (read.Count == MostIds || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return false;
            }

            read.Add(id);
        }

        ids = read;
        return true;
    }
}

/// <summary>Which dead letters are to go back to their queue, and how many.</summary>
internal sealed record ReplayRequest
{
    [Description("How many at most, the oldest first: 1-1000, 100 when left out.")]
    public int? Limit { get; init; }

    [Description("Only this account's.")]
    public string? Account { get; init; }

    [Description("Only those whose reason has these words in it, in any case.")]
    public string? Reason { get; init; }

    [Description("Only these numbers, 1,000 at most.")]
    public IReadOnlyList<long>? Ids { get; init; }

    public FieldErrors Check()
    {
        var errors = new FieldErrors();
        errors.Range("limit", Limit, 1, 1000);
        errors.Range("ids", Ids?.Count, 1, 1000);
        return errors;
    }

    public DeadLetterFilter On(string queue) =>
        new(queue)
        {
            Account = string.IsNullOrEmpty(Account) ? null : Account,
            Reason = string.IsNullOrEmpty(Reason) ? null : Reason,
            Ids = Ids,
        };
}
