using System.Net;

namespace SmppGateway;

/// <summary>What a wrong password leads to.</summary>
/// <param name="Delay">How long its refusal is held back.</param>
/// <param name="AttackBegins">With this one it has become an attack: say so, once.</param>
/// <param name="IsAttack">It belongs to an attack that was announced: no line of its own.</param>
internal readonly record struct FailedBind(TimeSpan Delay, bool AttackBegins, bool IsAttack);

/// <summary>
/// Wrong passwords of late. From <see cref="GatewayOptions.FailuresBeforeDelay"/> on, per (system id, address), a refusal is held back: 1 s,
/// doubling to 30 s. A right password is never held back and clears its pair. Both tables are bounded and forget. Thread-safe.
/// </summary>
internal sealed class FailedBinds(GatewayOptions options, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly RecentTable<(string SystemId, IPAddress Address), int> ofPair = new(
        options.FailuresTracked,
        options.FailureMemory,
        time
    );
    private readonly RecentTable<IPAddress, int> ofAddress = new(options.FailuresTracked, options.FailureMemory, time);

    /// <summary>Whether a wrong password came from there lately: such an address's next one is verified behind everybody else's.</summary>
    public bool IsSuspect(IPAddress remote)
    {
        lock (gate)
        {
            return ofAddress.TryGet(ClientNetwork.Of(remote), out _);
        }
    }

    /// <summary>Counts a wrong password, or an unknown system_id, which nobody is to tell from one.</summary>
    public FailedBind Count(string systemId, IPAddress remote)
    {
        var address = ClientNetwork.Of(remote);
        lock (gate)
        {
            var pair = 1 + (ofPair.TryGet((systemId, address), out var before) ? before : 0);
            ofPair.Set((systemId, address), pair);
            var all = 1 + (ofAddress.TryGet(address, out var others) ? others : 0);
            ofAddress.Set(address, all);
            // Announced by address, whichever names it tries: one attack, one line.
            return new FailedBind(Delay(pair), all == options.FailuresBeforeDelay, all >= options.FailuresBeforeDelay);
        }
    }

    /// <summary>The right password came. The address stays suspect: an attacker may hold an account of his own.</summary>
    public void Clear(string systemId, IPAddress remote)
    {
        lock (gate)
        {
            ofPair.Remove((systemId, ClientNetwork.Of(remote)));
        }
    }

    private TimeSpan Delay(int failures)
    {
        var beyond = failures - options.FailuresBeforeDelay;
        if (beyond < 0)
        {
            return TimeSpan.Zero;
        }

        // 2^16 times the first delay is longer than any last one.
        var delay = options.FirstFailureDelay * Math.Pow(2, Math.Min(beyond, 16));
        return delay < options.LastFailureDelay ? delay : options.LastFailureDelay;
    }
}
