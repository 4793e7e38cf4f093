using System.Net;

namespace SmppGateway;

/// <summary>Lets one log line a minute through for each kind and address, so that who is refused a thousand times a second fills no disk. Thread-safe.</summary>
internal sealed class OncePerMinute(int capacity, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly RecentTable<(string Kind, IPAddress Address), bool> said = new(capacity, TimeSpan.FromMinutes(1), time);

    /// <summary>True for the first of its kind within the minute.</summary>
    public bool IsDue(string kind, IPAddress remote)
    {
        var key = (kind, ClientNetwork.Of(remote));
        lock (gate)
        {
            if (said.TryGet(key, out _))
            {
                return false;
            }

            said.Set(key, true);
            return true;
        }
    }
}
