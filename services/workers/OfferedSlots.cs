using Persistence.Leases;

namespace Workers;

/// <summary>
/// Slots that this worker handed on and that nobody has taken yet: left to the others for a while. Any other free slot of the same connector is
/// taken as ever.
/// </summary>
/// <param name="rest">For how long a slot is left to the others; after that whoever finds it takes it.</param>
/// <param name="time">The clock.</param>
internal sealed class OfferedSlots(TimeSpan rest, TimeProvider time)
{
    private readonly Dictionary<(string Connector, short Slot), long> offers = [];

    /// <summary>Leaves a slot to the others from now on.</summary>
    public void Offer(string connector, short slot) => offers[(connector, slot)] = time.GetTimestamp();

    /// <summary>Whether a slot waits for one of the others.</summary>
    public bool Has(BindSlotRow row) =>
        row is { IsLeased: false, Holder: null }
        && offers.TryGetValue((row.Connector, row.Slot), out var at)
        && time.GetElapsedTime(at) < rest;

    /// <summary>Forgets what somebody has taken, so that it is nobody's offer when it becomes free again.</summary>
    public void Follow(IReadOnlyList<BindSlotRow> rows, Guid me)
    {
        foreach (var row in rows)
        {
            // Ours for as long as the bind closes.
            if (row.Holder is { } holder && holder != me)
            {
                offers.Remove((row.Connector, row.Slot));
            }
        }
    }
}
