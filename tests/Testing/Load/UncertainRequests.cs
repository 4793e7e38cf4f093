namespace Testing.Load;

/// <summary>Why a request may have been accepted although no response named its id.</summary>
internal enum Doubt : byte
{
    /// <summary>The session ended, the time was up, or the response could not be read.</summary>
    AnswerLost,

    /// <summary>ESME_RSYSERR: the platform did not know either.</summary>
    SystemError,
}

/// <summary>Requests that may have been accepted without our knowing the id; a receipt of unknown id may be theirs.</summary>
internal sealed class UncertainRequests(LoadMessages messages)
{
    readonly Lock gate = new();
    readonly Dictionary<uint, Doubt> requests = [];

    public int Lost { get; private set; }

    public void Add(uint number, Doubt doubt)
    {
        lock (gate)
        {
            requests[number] = doubt;
            Lost += doubt == Doubt.AnswerLost ? 1 : 0;
        }
    }

    public IReadOnlyList<string> LostMarkers(int limit)
    {
        lock (gate)
        {
            return
            [
                .. requests
                    .Where(request => request.Value == Doubt.AnswerLost)
                    .Take(limit)
                    .Select(request => Marker.Of(messages.Run, request.Key)),
            ];
        }
    }

    /// <summary>
    /// Gives each receipt to the request it belongs to: by the marker that it quotes, or by destination where it quotes none. A request takes
    /// one receipt.
    /// </summary>
    public UnmatchedSplit Split(IReadOnlyList<UnmatchedReceipt> receipts)
    {
        lock (gate)
        {
            var free = new Dictionary<uint, Doubt>(requests);
            var byDestination = free.Keys.ToLookup(messages.DestinationOf);
            var taken = new int[2];
            var unknown = new List<UnmatchedReceipt>();
            var doubled = new List<UnmatchedReceipt>();
            foreach (var receipt in receipts.OrderByDescending(LoadMessages.Quotes)) // what is sure first
            {
                if (!messages.TryFindQuoted(receipt, out var number) && !TryFindFree(byDestination[receipt.Destination], out number))
                {
                    unknown.Add(receipt);
                }
                else if (!free.Remove(number, out var doubt))
                {
                    unknown.Add(receipt);
                }
                else
                {
                    taken[(int)doubt]++;
                    if (receipt.Count > 1)
                    {
                        doubled.Add(receipt);
                    }
                }
            }
            return new UnmatchedSplit(taken[(int)Doubt.AnswerLost], taken[(int)Doubt.SystemError], doubled, unknown);

            bool TryFindFree(IEnumerable<uint> candidates, out uint number)
            {
                foreach (var candidate in candidates)
                {
                    if (free.ContainsKey(candidate))
                    {
                        number = candidate;
                        return true;
                    }
                }
                number = 0;
                return false;
            }
        }
    }
}

/// <summary>Receipts whose ids no response named, by what they are.</summary>
internal sealed record UnmatchedSplit(
    int LostAnswers,
    int AfterSystemError,
    IReadOnlyList<UnmatchedReceipt> Doubled,
    IReadOnlyList<UnmatchedReceipt> Unknown
);
