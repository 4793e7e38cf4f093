using System.Diagnostics;
using Messaging.Tests;
using Persistence.Configuration;
using Xunit;

namespace SmppGateway.Tests;

public sealed class CredentialsTests : IDisposable
{
    // Whoever waits with it for a verification fails at once: only what is remembered gets an answer.
    private static readonly CancellationToken RememberedOnly = new(canceled: true);

    private readonly ManualTime time = new();
    private readonly GatewayOptions options = new();
    private readonly Credentials credentials;

    public CredentialsTests() => credentials = new Credentials(options, time);

    public void Dispose() => credentials.Dispose();

    [Fact]
    public async Task The_right_password_matches_and_a_wrong_one_does_not()
    {
        var user = User("secret12");

        Assert.Equal(Verification.Right, await VerifyAsync(user, "secret12", CancellationToken.None));
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "secret13", CancellationToken.None));
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "", CancellationToken.None));
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "SECRET12", CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_user_never_matches()
    {
        Assert.Equal(Verification.Wrong, await VerifyAsync(null, "", CancellationToken.None));
        Assert.Equal(Verification.Wrong, await VerifyAsync(null, "secret12", CancellationToken.None));
    }

    [Fact]
    public async Task A_wrong_password_of_a_remembered_user_and_of_nobody_takes_no_work_and_as_long_as_if_it_did()
    {
        var user = User("secret12");
        await VerifyAsync(user, "secret12", CancellationToken.None);
        time.Advance(2 * options.CredentialCache);
        var hashed = credentials.Hashed;

        var remembered = await LeastAsync(i => VerifyAsync(user, $"wrong{i}", CancellationToken.None));
        var nobody = await LeastAsync(i => VerifyAsync(null, $"wrong{i}", CancellationToken.None));

        Assert.Equal(hashed, credentials.Hashed);
        // Neither comes sooner than a hash, but for the coarseness of timers.
        Assert.InRange(remembered, 0.9 * credentials.Worked, TimeSpan.MaxValue);
        Assert.InRange(nobody, 0.9 * credentials.Worked, TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_verified_password_is_remembered_for_a_while()
    {
        var user = User("secret12");
        await VerifyAsync(user, "secret12", CancellationToken.None);

        Assert.Equal(Verification.Right, await VerifyAsync(user, "secret12", RememberedOnly));

        time.Advance(options.CredentialCache);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => VerifyAsync(user, "secret12", RememberedOnly));
    }

    [Fact]
    public async Task A_wrong_password_is_never_remembered_nor_matched_by_what_is()
    {
        var user = User("secret12");
        await VerifyAsync(user, "secret12", CancellationToken.None);
        await VerifyAsync(user, "wrong", CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => VerifyAsync(user, "wrong", RememberedOnly));
        Assert.Equal(Verification.Right, await VerifyAsync(user, "secret12", RememberedOnly));
    }

    [Fact]
    public async Task A_changed_password_counts_at_once()
    {
        await VerifyAsync(User("secret12"), "secret12", CancellationToken.None);
        var changed = User("another1");

        Assert.Equal(Verification.Wrong, await VerifyAsync(changed, "secret12", CancellationToken.None));
        Assert.Equal(Verification.Right, await VerifyAsync(changed, "another1", CancellationToken.None));
    }

    [Fact]
    public async Task What_one_user_verified_opens_nothing_for_another()
    {
        await VerifyAsync(User("secret12"), "secret12", CancellationToken.None);

        Assert.Equal(Verification.Wrong, await VerifyAsync(User("another1", "other"), "secret12", CancellationToken.None));
    }

    [Fact]
    public async Task Wrong_passwords_of_suspects_are_verified_slowly_and_delay_nobody_else()
    {
        var user = User("secret12");
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "wrong1", CancellationToken.None, isSuspect: true));

        // Time stands still, so the suspects' queue rests for ever; the others' does not.
        var waiting = VerifyAsync(user, "wrong2", CancellationToken.None, isSuspect: true);
        Assert.Equal(Verification.Right, await VerifyAsync(user, "secret12", CancellationToken.None));
        Assert.Equal(Verification.Right, await VerifyAsync(user, "secret12", CancellationToken.None, isSuspect: true));
        Assert.False(waiting.IsCompleted);

        await time.AdvanceUntilAsync(waiting, options.SuspectRest);
        Assert.Equal(Verification.Wrong, await waiting);
    }

    [Fact]
    public async Task What_the_queue_has_no_room_for_is_answered_at_once()
    {
        var user = User("secret12");
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "first", CancellationToken.None, isSuspect: true));
        var waiting = Enumerable
            .Range(0, options.VerificationQueue)
            .Select(i => VerifyAsync(user, $"wrong{i}", CancellationToken.None, isSuspect: true))
            .ToList();
        await QueuedAsync(options.VerificationQueue);

        Assert.Equal(Verification.Busy, await VerifyAsync(user, "another", CancellationToken.None, isSuspect: true));

        foreach (var one in waiting)
        {
            await time.AdvanceUntilAsync(one, options.SuspectRest);
        }
    }

    [Fact]
    public async Task The_same_question_asked_at_once_is_verified_once()
    {
        var user = User("secret12");
        Assert.Equal(Verification.Wrong, await VerifyAsync(user, "first", CancellationToken.None, isSuspect: true));
        var storm = Enumerable
            .Range(0, 10 * options.VerificationQueue)
            .Select(_ => VerifyAsync(user, "secret12", CancellationToken.None, isSuspect: true))
            .ToList();

        await time.AdvanceUntilAsync(Task.WhenAll(storm), options.SuspectRest);

        Assert.All(storm, one => Assert.Equal(Verification.Right, one.Result));
    }

    private static async Task<TimeSpan> LeastAsync(Func<int, Task<Verification>> verify)
    {
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal(Verification.Wrong, await verify(i));
            var took = Stopwatch.GetElapsedTime(started);
            least = took < least ? took : least;
        }

        return least;
    }

    private async Task QueuedAsync(int count)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (credentials.SuspectsWaiting < count)
        {
            await Task.Delay(1, bound.Token);
        }
    }

    private Task<Verification> VerifyAsync(SmppUser? user, string password, CancellationToken cancellationToken, bool isSuspect = false) =>
        credentials.VerifyAsync(user?.SystemId ?? "nobody", user, password, isSuspect, cancellationToken).AsTask();

    private static SmppUser User(string password, string systemId = "esme") =>
        new()
        {
            SystemId = systemId,
            AccountId = "acme",
            PasswordHash = PasswordHash.Create(password),
        };
}
