using System.Collections.Concurrent;
using Persistence.Snapshot;
using Throttling;

namespace SmppGateway;

/// <summary>
/// L1: how many parts a second an ESME and its account may submit through this process. The limits are the configuration's of this
/// moment, so a change counts from the next submit on.
/// </summary>
internal sealed class SubmitRates(SnapshotSource configuration, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TokenBucket> users = new();
    private readonly ConcurrentDictionary<string, TokenBucket> accounts = new();

    /// <summary>Takes room for so many parts from both limits, or from none.</summary>
    public bool TryTake(EsmeSession esme, int parts)
    {
        var snapshot = configuration.Current;
        var user = snapshot.SmppUsers.GetValueOrDefault(esme.SystemId);
        var account = snapshot.Accounts.GetValueOrDefault(esme.Account);
        var ofUser = Bucket(users, esme.SystemId, RateLimit.Of(user?.RatePerSecond, null));
        if (ofUser?.TryTake(parts) == false)
        {
            return false;
        }

        if (Bucket(accounts, esme.Account, RateLimit.Of(account?.RatePerSecond, account?.Burst))?.TryTake(parts) == false)
        {
            ofUser?.GiveBack(parts);
            return false;
        }

        return true;
    }

    /// <summary>The bucket with the limit that is in force; null when there is none. There is one per user and account ever seen here.</summary>
    private TokenBucket? Bucket(ConcurrentDictionary<string, TokenBucket> buckets, string name, RateLimit? limit)
    {
        if (limit is not { } inForce)
        {
            // A limit that comes back later begins with a full bucket.
            buckets.TryRemove(name, out _);
            return null;
        }

        if (!buckets.TryGetValue(name, out var bucket))
        {
            bucket = buckets.GetOrAdd(name, static (_, made) => new TokenBucket(made.inForce, made.time), (inForce, time));
        }

        if (bucket.Limit != inForce)
        {
            bucket.Limit = inForce;
        }

        return bucket;
    }
}
