using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Persistence.Configuration;

namespace SmppGateway;

/// <summary>
/// Checks passwords: PBKDF2 once, then a short-lived cache of a keyed hash, so that a storm of rebinds does not cost a core. Unknown
/// users take as long as known ones. The key is this process's own and the cache never leaves memory.
/// </summary>
internal sealed class Credentials(GatewayOptions options, TimeProvider time) : IDisposable
{
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, Verified> cache = new();
    private readonly SemaphoreSlim verifying = new(options.ConcurrentVerifications);

    /// <summary>Verifies; a null user never matches.</summary>
    public async ValueTask<bool> VerifyAsync(SmppUser? user, string password, CancellationToken cancellationToken)
    {
        var stored = user?.PasswordHash ?? PasswordHash.Unmatchable;
        var digest = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(password));
        if (
            user is not null
            && cache.TryGetValue(user.SystemId, out var known)
            && known.Stored == stored
            && time.GetElapsedTime(known.At) < options.CredentialCache
            && CryptographicOperations.FixedTimeEquals(known.Digest, digest)
        )
        {
            return true;
        }

        await verifying.WaitAsync(cancellationToken);
        bool matches;
        try
        {
            matches = await Task.Run(() => PasswordHash.Verify(stored, password), cancellationToken);
        }
        finally
        {
            verifying.Release();
        }

        if (matches && user is not null)
        {
            // One entry a user: bounded by the configuration.
            cache[user.SystemId] = new Verified(stored, digest, time.GetTimestamp());
        }

        return matches && user is not null;
    }

    public void Dispose() => verifying.Dispose();

    private sealed record Verified(string Stored, byte[] Digest, long At);
}
