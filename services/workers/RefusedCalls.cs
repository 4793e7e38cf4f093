namespace Workers;

/// <summary>Why a call of an operator was closed.</summary>
internal enum RefusedCall
{
    /// <summary>It came from where nobody may call.</summary>
    Address,

    /// <summary>It was not who it should be, or that could not be found out.</summary>
    Identity,

    /// <summary>No slot waited for it.</summary>
    Slot,
}

/// <summary>Which refused calls are logged: of each kind one in a while, with the number of those that were not. Thread-safe.</summary>
/// <param name="quiet">How long after one that was.</param>
/// <param name="time">The clock.</param>
internal sealed class RefusedCalls(TimeSpan quiet, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<RefusedCall, (long At, int More)> told = [];

    /// <summary>Counts one.</summary>
    /// <returns>How many of its kind were left out since the last that was logged; null: it is left out too.</returns>
    public int? Tells(RefusedCall kind)
    {
        lock (gate)
        {
            if (told.TryGetValue(kind, out var last) && time.GetElapsedTime(last.At) < quiet)
            {
                told[kind] = last with { More = last.More + 1 };
                return null;
            }

            told[kind] = (time.GetTimestamp(), 0);
            return last.More;
        }
    }
}
