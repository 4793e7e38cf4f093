using System.Net;
using Messaging.Tests;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace SmppGateway.Tests;

public sealed class BindTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();
    private readonly ManualTime time = new();
    private readonly ListLogger log = new();
    private readonly Credentials credentials;
    private readonly EsmeHandler handler;

    public BindTests()
    {
        credentials = new Credentials(new GatewayOptions { SuspectRest = TimeSpan.Zero }, time);
        handler = gateway.Esmes(credentials, time, new Lines(log));
        Configure(_ => { });
    }

    public async ValueTask DisposeAsync()
    {
        credentials.Dispose();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_guesser_waits_ever_longer_for_his_refusals_and_is_one_line_in_the_log()
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(CommandStatus.InvPaswd, await BindAsync($"wrong{i}"));
        }

        var fifth = BindAsync("wrong5");
        await RefusedAsync(5);
        time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(fifth.IsCompleted);
        await time.AdvanceUntilAsync(fifth, TimeSpan.FromSeconds(0.1));
        Assert.Equal(CommandStatus.InvPaswd, await fifth);
        var sixth = BindAsync("wrong6");
        await time.AdvanceUntilAsync(sixth, TimeSpan.FromSeconds(1));

        Assert.Equal(CommandStatus.InvPaswd, await sixth);
        Assert.Single(log.Entries, entry => entry.Id.Id == 5011);
        Assert.Equal(4, log.Entries.Count(entry => entry.Id.Id == 5002));
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("wrong1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_right_password_is_admitted_at_once_in_the_midst_of_an_attack_and_ends_the_delays()
    {
        for (var i = 0; i < 4; i++)
        {
            await BindAsync($"wrong{i}");
        }

        var held = BindAsync("wrong5");
        await RefusedAsync(5);

        Assert.Equal(CommandStatus.Ok, await BindAsync("secret12"));
        Assert.False(held.IsCompleted);
        Assert.Equal(CommandStatus.InvPaswd, await BindAsync("wrong6"));
        await time.AdvanceUntilAsync(held, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_unknown_user_is_refused_like_a_known_one()
    {
        Assert.Equal(CommandStatus.InvPaswd, await BindAsync("secret12", systemId: "stranger"));
        Assert.Equal(CommandStatus.InvPaswd, await BindAsync("wrong"));
    }

    [Theory]
    [InlineData(BindMode.Transmitter, CommandStatus.Ok)]
    [InlineData(BindMode.Receiver, CommandStatus.BindFail)]
    [InlineData(BindMode.Transceiver, CommandStatus.BindFail)]
    public async Task Bind_types_are_those_of_the_user(BindMode mode, CommandStatus status)
    {
        Configure(user => user.BindTypes = [BindType.Transmitter]);
        Assert.Equal(status, await BindAsync("secret12", mode));
    }

    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.9", CommandStatus.Ok)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", CommandStatus.Ok)]
    [InlineData("192.0.2.0/24", "192.0.3.9", CommandStatus.BindFail)]
    [InlineData("2001:db8::/32", "2001:db8:7::1", CommandStatus.Ok)]
    [InlineData("2001:db8::/32", "192.0.2.9", CommandStatus.BindFail)]
    public async Task Addresses_are_those_of_the_user(string allowed, string remote, CommandStatus status)
    {
        Configure(user => user.AllowedIps = ["203.0.113.7/32", allowed]);
        Assert.Equal(status, await BindAsync("secret12", remote: remote));
    }

    [Theory]
    [InlineData("192.0.2.9", CommandStatus.Ok)]
    [InlineData("192.0.3.9", CommandStatus.BindFail)]
    public async Task A_network_that_is_none_lets_nobody_in_and_shuts_nobody_out(string remote, CommandStatus status)
    {
        Configure(user => user.AllowedIps = ["192.0.3.0/240", "192.0.2.9"]);
        Assert.Equal(status, await BindAsync("secret12", remote: remote));
        Configure(user => user.AllowedIps = ["nowhere"]);
        Assert.Equal(CommandStatus.BindFail, await BindAsync("secret12", remote: remote));
    }

    [Fact]
    public async Task A_disabled_user_does_not_bind()
    {
        Configure(user => user.Enabled = false);
        Assert.Equal(CommandStatus.BindFail, await BindAsync("secret12"));
    }

    [Fact]
    public async Task Without_a_database_the_process_counts_binds_by_itself()
    {
        Configure(user => user.MaxBinds = 2);
        var first = Session();
        Assert.Equal(CommandStatus.Ok, await BindAsync(first));
        Assert.Equal(CommandStatus.Ok, await BindAsync(Session()));

        var third = BindAsync(Session());
        await time.AdvanceUntilAsync(third, TimeSpan.FromMilliseconds(100));
        Assert.Equal(CommandStatus.AlyBnd, await third);

        await handler.OnClosedAsync(first, SmppCloseReason.PeerUnbound, []);
        Assert.Equal(CommandStatus.Ok, await BindAsync(Session()));
    }

    [Fact]
    public async Task A_bind_beyond_the_limit_waits_a_moment_for_one_that_ends()
    {
        Configure(user => user.MaxBinds = 1);
        var former = Session();
        Assert.Equal(CommandStatus.Ok, await BindAsync(former));

        var next = BindAsync(Session());
        await handler.OnClosedAsync(former, SmppCloseReason.PeerUnbound, []);
        await time.AdvanceUntilAsync(next, TimeSpan.FromMilliseconds(100));

        Assert.Equal(CommandStatus.Ok, await next);
    }

    [Fact]
    public async Task A_drain_refuses_binds_and_unbinds_who_is_bound()
    {
        var (ours, theirs) = DuplexPipes.Create();
        var session = new SmppSession(ours, SessionRole.Smsc, new SmppSessionOptions(), handler, NullLogger.Instance, time)
        {
            Tag = new EsmeConnection(IPAddress.Loopback),
        };
        var running = session.RunAsync(CancellationToken.None);
        await using var peer = new RawPeer(theirs);
        await peer.WriteAsync(new Bind { SystemId = "esme", Password = "secret12" }, 1);
        Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);

        var draining = gateway.Drain.StoppingAsync(CancellationToken.None);
        time.Advance(new GatewayOptions().UnbindSpacing);
        var (sequence, _) = await peer.ReadAsync<Unbind>();
        Assert.Equal(CommandStatus.SysErr, await BindAsync("secret12"));
        Assert.False(draining.IsCompleted);

        await peer.WriteAsync(UnbindResp.Ok, sequence);
        await draining;
        await running;
        Assert.Equal(SmppCloseReason.Unbound, session.CloseReason);
    }

    [Fact]
    public async Task A_loop_that_stands_still_fails_the_probe_and_one_that_ended_does_not()
    {
        var watch = new LoopWatch(new GatewayOptions(), time);
        watch.Turned("one");
        watch.Turned("two");
        watch.Turned("three");
        time.Advance(TimeSpan.FromSeconds(61));
        watch.Turned("one");
        watch.Ended("three");

        var health = await watch.CheckHealthAsync(new HealthCheckContext());

        Assert.Equal((HealthStatus.Unhealthy, "no turn within 60 s: two"), (health.Status, health.Description));
        watch.Turned("two");
        Assert.Equal(HealthStatus.Healthy, (await watch.CheckHealthAsync(new HealthCheckContext())).Status);
    }

    private void Configure(Action<SmppUser> change)
    {
        var user = new SmppUser
        {
            SystemId = "esme",
            AccountId = "acme",
            PasswordHash = PasswordHash.Create("secret12"),
        };
        change(user);
        gateway.Configure(user);
    }

    private SmppSession Session(string remote = "192.0.2.1") =>
        new(DuplexPipes.Create().One, SessionRole.Smsc, new SmppSessionOptions(), handler, NullLogger.Instance, time)
        {
            Tag = new EsmeConnection(IPAddress.Parse(remote)),
        };

    private async Task<CommandStatus> BindAsync(SmppSession session) =>
        (await handler.OnBindAsync(session, new Bind { SystemId = "esme", Password = "secret12" }, CancellationToken.None)).Status;

    private async Task<CommandStatus> BindAsync(
        string password,
        BindMode mode = BindMode.Transceiver,
        string remote = "192.0.2.1",
        string systemId = "esme"
    )
    {
        var bind = new Bind
        {
            Mode = mode,
            SystemId = systemId,
            Password = password,
        };
        return (await handler.OnBindAsync(Session(remote), bind, CancellationToken.None)).Status;
    }

    /// <summary>Waits until so many refusals were logged, one by one or as the attack: the next thing is the delay.</summary>
    private async Task RefusedAsync(int count)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (log.Entries.Count(entry => entry.Id.Id is 5002 or 5011) < count)
        {
            await Task.Delay(1, bound.Token);
        }
    }

    private sealed class Lines(ILogger log) : ILogger<EsmeHandler>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> format
        ) => log.Log(logLevel, eventId, state, exception, format);
    }
}
