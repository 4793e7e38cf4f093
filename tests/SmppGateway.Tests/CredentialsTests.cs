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

        Assert.True(await credentials.VerifyAsync(user, "secret12", CancellationToken.None));
        Assert.False(await credentials.VerifyAsync(user, "secret13", CancellationToken.None));
        Assert.False(await credentials.VerifyAsync(user, "", CancellationToken.None));
        Assert.False(await credentials.VerifyAsync(user, "SECRET12", CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_user_never_matches()
    {
        Assert.False(await credentials.VerifyAsync(null, "", CancellationToken.None));
        Assert.False(await credentials.VerifyAsync(null, "secret12", CancellationToken.None));
    }

    [Fact]
    public async Task A_verified_password_is_remembered_for_a_while()
    {
        var user = User("secret12");
        await credentials.VerifyAsync(user, "secret12", CancellationToken.None);

        Assert.True(await credentials.VerifyAsync(user, "secret12", RememberedOnly));

        time.Advance(options.CredentialCache);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => credentials.VerifyAsync(user, "secret12", RememberedOnly).AsTask());
    }

    [Fact]
    public async Task A_wrong_password_is_never_remembered_nor_matched_by_what_is()
    {
        var user = User("secret12");
        await credentials.VerifyAsync(user, "secret12", CancellationToken.None);
        await credentials.VerifyAsync(user, "wrong", CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => credentials.VerifyAsync(user, "wrong", RememberedOnly).AsTask());
        Assert.True(await credentials.VerifyAsync(user, "secret12", RememberedOnly));
    }

    [Fact]
    public async Task A_changed_password_counts_at_once()
    {
        await credentials.VerifyAsync(User("secret12"), "secret12", CancellationToken.None);
        var changed = User("another1");

        Assert.False(await credentials.VerifyAsync(changed, "secret12", CancellationToken.None));
        Assert.True(await credentials.VerifyAsync(changed, "another1", CancellationToken.None));
    }

    [Fact]
    public async Task What_one_user_verified_opens_nothing_for_another()
    {
        await credentials.VerifyAsync(User("secret12"), "secret12", CancellationToken.None);

        Assert.False(await credentials.VerifyAsync(User("another1", "other"), "secret12", CancellationToken.None));
    }

    private static SmppUser User(string password, string systemId = "esme") =>
        new()
        {
            SystemId = systemId,
            AccountId = "acme",
            PasswordHash = PasswordHash.Create(password),
        };
}
