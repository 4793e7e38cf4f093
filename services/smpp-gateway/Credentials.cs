using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Persistence.Configuration;

namespace SmppGateway;

/// <summary>What a password is.</summary>
internal enum Verification
{
    /// <summary>The user's.</summary>
    Right,

    /// <summary>Not the user's, or there is no such user.</summary>
    Wrong,

    /// <summary>Too many wait to be verified: ask again later.</summary>
    Busy,
}

/// <summary>
/// Checks passwords: PBKDF2 once, then a short-lived cache of a keyed hash, so that a storm of rebinds does not cost a core. What is
/// remembered waits for nothing. The rest waits in one of two bounded queues: strangers to us in one, in the other, slow on purpose,
/// those from where a wrong password came lately, so that a flood of wrong ones delays no good bind. What needs no work to be known as wrong
/// (the right one is remembered, or there is no such user) takes as long as work would: a flood costs no core, and nobody learns from the
/// time who exists. The key is this process's own and the cache never leaves memory.
/// </summary>
internal sealed class Credentials(GatewayOptions options, TimeProvider time) : IDisposable
{
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, Verified> cache = new();
    private readonly ConcurrentDictionary<(string SystemId, string Stored, string Digest), Lazy<Task<Verification>>> underWay = new();
    private readonly Lane clean = new(options.ConcurrentVerifications);
    private readonly Lane suspect = new(1);
    private readonly CancellationTokenSource stopping = new();

    /// <summary>How long PBKDF2 took last, in ticks: of the machine's time, whatever the clock says.</summary>
    private long worked = TimeSpan.FromMilliseconds(60).Ticks;

    private long hashed;

    /// <summary>How long PBKDF2 took last.</summary>
    public TimeSpan Worked => new(Volatile.Read(ref worked));

    /// <summary>Passwords that PBKDF2 was run for.</summary>
    public long Hashed => Interlocked.Read(ref hashed);

    /// <summary>Verifications that wait in the slow queue.</summary>
    public int SuspectsWaiting => suspect.Waiting;

    /// <summary>Verifies; a null user never matches.</summary>
    /// <param name="systemId">The system_id asked for.</param>
    /// <param name="user">The user of that system_id, if there is one.</param>
    /// <param name="password">The password given.</param>
    /// <param name="isSuspect">A wrong password came from there lately: verified in the slow queue.</param>
    /// <param name="cancellationToken">Ends the wait, not the verification.</param>
    public async ValueTask<Verification> VerifyAsync(
        string systemId,
        SmppUser? user,
        string password,
        bool isSuspect,
        CancellationToken cancellationToken
    )
    {
        var stored = user?.PasswordHash ?? "";
        var digest = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(password));
        if (
            user is not null
            && cache.TryGetValue(user.SystemId, out var known)
            && known.Stored == stored
            && time.GetElapsedTime(known.At) < options.CredentialCache
            && CryptographicOperations.FixedTimeEquals(known.Digest, digest)
        )
        {
            return Verification.Right;
        }

        // All binds of one ESME that come at once, as after a cut link, are one question.
        var question = (systemId, stored, Convert.ToHexString(digest));
        var answer = underWay.GetOrAdd(
            question,
            asked => new Lazy<Task<Verification>>(() => AnswerAsync(asked, user, password, digest, isSuspect ? suspect : clean))
        );
        return await answer.Value.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task<Verification> AnswerAsync(
        (string SystemId, string Stored, string Digest) question,
        SmppUser? user,
        string password,
        byte[] digest,
        Lane lane
    )
    {
        // Never on the caller's thread: it is a session's read loop, and the entry must be there before it is removed.
        await Task.Yield();
        try
        {
            if (!lane.TryQueue(options.VerificationQueue))
            {
                return Verification.Busy;
            }

            await lane.EnterAsync(stopping.Token);
            var matches = false;
            if (user is null || IsKnownAsWrong(user.SystemId, question.Stored, digest))
            {
                await Task.Delay(Worked, TimeProvider.System, stopping.Token);
            }
            else
            {
                var started = Stopwatch.GetTimestamp();
                matches = PasswordHash.Verify(question.Stored, password);
                Interlocked.Increment(ref hashed);
                Volatile.Write(ref worked, Stopwatch.GetElapsedTime(started).Ticks);
            }

            if (matches)
            {
                // One entry a user: bounded by the configuration.
                cache[user!.SystemId] = new Verified(question.Stored, digest, time.GetTimestamp());
            }

            _ = lane.LeaveAsync(lane == suspect && !matches ? options.SuspectRest : TimeSpan.Zero, time, stopping.Token);
            return matches ? Verification.Right : Verification.Wrong;
        }
        finally
        {
            underWay.TryRemove(question, out _);
        }
    }

    /// <summary>Whether the right one is another. That it was verified long ago does not make a wrong one right.</summary>
    private bool IsKnownAsWrong(string systemId, string stored, byte[] digest) =>
        cache.TryGetValue(systemId, out var known)
        && known.Stored == stored
        && !CryptographicOperations.FixedTimeEquals(known.Digest, digest);

    private sealed record Verified(string Stored, byte[] Digest, long At);

    /// <summary>A bounded queue in front of so many verifiers.</summary>
    [SuppressMessage(
        "Design",
        "CA1001:Types that own disposable fields should be disposable",
        Justification = "A SemaphoreSlim whose wait handle was never asked for holds nothing; disposing it would race with late releases."
    )]
    private sealed class Lane(int verifiers)
    {
        private readonly SemaphoreSlim free = new(verifiers);
        private int waiting;

        public int Waiting => Volatile.Read(ref waiting);

        public bool TryQueue(int limit)
        {
            if (Interlocked.Increment(ref waiting) <= limit)
            {
                return true;
            }

            Interlocked.Decrement(ref waiting);
            return false;
        }

        public async Task EnterAsync(CancellationToken cancellationToken)
        {
            try
            {
                await free.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref waiting);
            }
        }

        public async Task LeaveAsync(TimeSpan rest, TimeProvider time, CancellationToken cancellationToken)
        {
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            free.Release();
        }
    }
}
