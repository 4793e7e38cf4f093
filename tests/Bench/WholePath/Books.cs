using System.Text.Json;

namespace Bench.WholePath;

/// <summary>The ledger's balance in total, as GET /v1/stats has it at one moment.</summary>
sealed record Books
{
    public double At { get; init; }
    public long Accepted { get; init; }
    public long MaybeAccepted { get; init; }
    public long NotYetRecorded { get; init; }
    public long Rejected { get; init; }
    public long Cancelled { get; init; }
    public long Expired { get; init; }
    public long Failed { get; init; }
    public long Delivered { get; init; }
    public long Uncertain { get; init; }
    public long InFlight { get; init; }

    /// <summary>The sum of the messages by state.</summary>
    public long States { get; init; }

    /// <summary>The same sums taken over the accounts.</summary>
    public long AcceptedOfAccounts { get; init; }
    public long StatesOfAccounts { get; init; }

    /// <summary>The least of all counts: none may be below zero.</summary>
    public long Least { get; init; }

    public long Recorded => Final + Uncertain + InFlight;

    public long Final => Rejected + Cancelled + Expired + Failed + Delivered;

    /// <summary>Whether nothing is under way.</summary>
    public bool IsSettled => NotYetRecorded == 0 && InFlight == 0;

    public static Books Read(JsonElement stats, double at)
    {
        var total = stats.GetProperty("total");
        var accounts = stats.GetProperty("accounts").EnumerateArray().ToList();
        var states = StatesOf(total).ToList();
        return new Books
        {
            At = Math.Round(at, 3),
            Accepted = Count("accepted"),
            MaybeAccepted = Count("maybeAccepted"),
            NotYetRecorded = Count("notYetRecorded"),
            Rejected = Count("rejected"),
            Cancelled = Count("cancelled"),
            Expired = Count("expired"),
            Failed = Count("failed"),
            Delivered = Count("delivered"),
            Uncertain = Count("uncertain"),
            InFlight = Count("inFlight"),
            States = states.Sum(),
            AcceptedOfAccounts = accounts.Sum(account => account.GetProperty("accepted").GetInt64()),
            StatesOfAccounts = accounts.SelectMany(StatesOf).Sum(),
            Least = accounts.SelectMany(StatesOf).Concat(states).Append(0).Min(),
        };

        long Count(string name) => total.GetProperty(name).GetInt64();

        static IEnumerable<long> StatesOf(JsonElement balance) =>
            balance.GetProperty("states").EnumerateObject().Select(state => state.Value.GetInt64());
    }
}
