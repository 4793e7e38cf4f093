using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Testing.Smsc;
using Xunit;

namespace Smpp.Tests.Sessions;

/// <summary>A kept bind against the simulator, over TCP; its waits on a clock that the tests move.</summary>
public sealed class LinkTests : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    readonly FakeTime time = new();
    readonly ListLogger log = new();
    readonly SessionFixture.Script handler = new();
    readonly List<IAsyncDisposable> open = [];

    public async ValueTask DisposeAsync()
    {
        open.Reverse();
        foreach (var one in open)
        {
            await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_lost_connection_is_bound_again_and_sending_goes_on()
    {
        var smsc = await StartSmscAsync();
        var link = Start(smsc.EndPoint.Port);
        var first = await link.WaitBoundAsync().WaitAsync(patience);
        Assert.True((await link.SendAsync(Submit())).IsOk);

        smsc.DropAll();
        await UntilAsync(() => link.Binds == 2);
        var second = await link.WaitBoundAsync().WaitAsync(patience);
        Assert.NotSame(first, second);
        Assert.Equal(SmppLinkState.Bound, link.State);
        Assert.Contains("PeerClosed", link.LastFailure!, StringComparison.Ordinal);
        Assert.True((await link.SendAsync(Submit())).IsOk);
    }

    [Fact]
    public async Task An_smsc_that_is_not_there_yet_is_tried_until_it_is()
    {
        var port = FreePort();
        var link = Start(port);
        await UntilAsync(() => link.Failures >= 3);
        Assert.Null(link.Session);

        await StartSmscAsync(port);
        await UntilAsync(() => link.State == SmppLinkState.Bound);
    }

    [Fact]
    public async Task A_link_that_may_not_bind_waits_and_binds_once_it_may()
    {
        var smsc = await StartSmscAsync();
        var may = false;
        var asked = 0;
        var link = Start(
            smsc.EndPoint.Port,
            options => options with { MayBind = () => Interlocked.Increment(ref asked) > 0 && Volatile.Read(ref may) }
        );
        await UntilAsync(() => Volatile.Read(ref asked) >= 3);
        Assert.Equal((SmppLinkState.Waiting, 0L, 0), (link.State, smsc.Stats.BindsTotal, link.Failures));

        Volatile.Write(ref may, true);
        await UntilAsync(() => link.State == SmppLinkState.Bound);
    }

    [Fact]
    public async Task A_request_waits_for_the_bind()
    {
        var port = FreePort();
        var link = Start(port);
        await UntilAsync(() => link.Failures >= 1);
        var sending = link.SendAsync(Submit()).AsTask();
        Assert.False(sending.IsCompleted);

        await StartSmscAsync(port);
        await UntilAsync(() => sending.IsCompleted);
        Assert.True((await sending).IsOk);
    }

    [Fact]
    public async Task Without_a_bind_in_time_a_request_is_not_sent()
    {
        var link = Start(FreePort(), options => options with { BindWaitTimeout = TimeSpan.FromSeconds(7) });
        var sending = link.SendAsync(Submit()).AsTask();
        await UntilAsync(() => sending.IsCompleted);
        Assert.Equal(ReplyOutcome.NotSent, (await sending).Outcome);
    }

    [Fact]
    public async Task What_was_unanswered_is_handed_back_and_not_sent_again()
    {
        var smsc = await StartSmscAsync();
        smsc.Settings = smsc.Settings with { Silent = true };
        var link = Start(smsc.EndPoint.Port);
        await link.WaitBoundAsync().WaitAsync(patience);
        var sending = link.SendAsync(Submit()).AsTask();
        await UntilAsync(() => smsc.Stats.Submits == 1, TimeSpan.Zero);

        smsc.DropAll();
        Assert.Equal(ReplyOutcome.Closed, (await sending.WaitAsync(patience)).Outcome);
        Assert.Single((await handler.Closed.Task.WaitAsync(patience)).Unanswered);
        await UntilAsync(() => link.Binds == 2);
        Assert.Equal(1, smsc.Stats.Submits);
    }

    [Fact]
    public async Task A_wrong_password_is_tried_at_the_longest_wait_only()
    {
        var smsc = await StartSmscAsync();
        var link = Start(smsc.EndPoint.Port, options => options with { Client = options.Client with { Password = "wrong" }, Jitter = 0 });
        await UntilAsync(() => link.State == SmppLinkState.Waiting, TimeSpan.Zero);
        Assert.Contains("InvPaswd", link.LastFailure!, StringComparison.Ordinal);
        Assert.Contains(log.Entries, entry => entry.Id.Id == 1030 && entry.Text.EndsWith("00:01:00", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_password_is_asked_for_anew_and_another_one_is_tried_soon()
    {
        var smsc = await StartSmscAsync();
        var asked = new List<string?>();
        var link = Start(
            smsc.EndPoint.Port,
            options =>
                options with
                {
                    Jitter = 0,
                    Password = (refused, _) =>
                    {
                        asked.Add(refused);
                        // Changed in the moment in which the old one is refused.
                        return new(refused is null && asked.Count == 1 ? "old" : "simulator");
                    },
                }
        );
        await UntilAsync(() => link.State == SmppLinkState.Bound);
        Assert.Equal([null, "old", "old"], asked);
        Assert.Contains(log.Entries, entry => entry.Id.Id == 1030 && entry.Text.EndsWith("00:00:01", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_that_cannot_be_had_is_a_failure_that_says_why()
    {
        var smsc = await StartSmscAsync();
        var link = Start(
            smsc.EndPoint.Port,
            options => options with { Password = (_, _) => throw new SmppException("the vault is closed", isTransient: true) }
        );
        await UntilAsync(() => link.Failures > 0, TimeSpan.Zero);
        Assert.Equal("the vault is closed", link.LastFailure);
    }

    [Fact]
    public async Task A_session_that_did_not_last_is_a_failure_like_others()
    {
        var smsc = await StartSmscAsync();
        var link = Start(smsc.EndPoint.Port);
        await link.WaitBoundAsync().WaitAsync(patience);
        smsc.DropAll();
        await UntilAsync(() => link.Binds == 2);
        smsc.DropAll();
        await UntilAsync(() => link.Failures == 2, TimeSpan.Zero);

        await UntilAsync(() => link.Binds == 3);
        time.Advance(TimeSpan.FromSeconds(30)); // it lasts
        smsc.DropAll();
        await UntilAsync(() => link.Failures == 1, TimeSpan.Zero);
    }

    [Fact]
    public async Task A_stop_unbinds_in_order_and_ends_every_wait()
    {
        var smsc = await StartSmscAsync();
        var link = Start(smsc.EndPoint.Port);
        var session = await link.WaitBoundAsync().WaitAsync(patience);
        await link.StopAsync().WaitAsync(patience);

        Assert.Equal(SmppCloseReason.Unbound, session.CloseReason);
        Assert.Equal((SmppLinkState.Stopped, null), (link.State, link.Session));
        await Assert.ThrowsAsync<SmppException>(() => link.WaitBoundAsync());
        Assert.Equal(ReplyOutcome.NotSent, (await link.SendAsync(Submit())).Outcome);
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_the_next_try()
    {
        var link = Start(FreePort());
        await UntilAsync(() => link.State == SmppLinkState.Waiting, TimeSpan.Zero);
        var waiting = link.WaitBoundAsync();
        await link.StopAsync().WaitAsync(patience);
        await Assert.ThrowsAsync<SmppException>(() => waiting);
    }

    [Fact]
    public async Task Every_change_is_told_and_what_a_listener_throws_harms_nothing()
    {
        var smsc = await StartSmscAsync();
        var link = Start(smsc.EndPoint.Port);
        var told = new List<SmppLinkState>();
        await link.WaitBoundAsync().WaitAsync(patience);
        link.Changed += changed =>
        {
            told.Add(changed.State);
            throw new InvalidOperationException("the listener's own");
        };
        smsc.DropAll();
        await UntilAsync(() => link.Binds == 2 && told.Count >= 3);
        await link.StopAsync().WaitAsync(patience);
        // The first Bound may be told to the listener too: it was added at about that moment.
        Assert.Equal(
            [SmppLinkState.Waiting, SmppLinkState.Connecting, SmppLinkState.Bound, SmppLinkState.Stopped],
            told.SkipWhile(state => state == SmppLinkState.Bound)
        );
        Assert.Contains(log.Entries, entry => entry.Id.Id == 1031 && entry.Exception is InvalidOperationException);
    }

    [Theory]
    [InlineData(1, 0.0, 1.0)]
    [InlineData(2, 0.0, 2.0)]
    [InlineData(5, 0.0, 16.0)]
    [InlineData(7, 0.0, 60.0)]
    [InlineData(2_000_000_000, 0.0, 60.0)]
    [InlineData(2, 1.0, 1.4)] // all of the jitter, 30 %
    [InlineData(7, 0.5, 51.0)]
    public void Waits_grow_to_their_limit_less_the_jitter(int failures, double share, double seconds) =>
        Assert.Equal(seconds, Options(1).Delay(failures, isTransient: true, share).TotalSeconds, 3);

    [Fact]
    public void A_failure_that_does_not_pass_waits_the_longest_from_the_start() =>
        Assert.Equal(60, Options(1).Delay(1, isTransient: false, 0).TotalSeconds);

    [Theory]
    [InlineData(2, 2.0)]
    [InlineData(3, 4.0)]
    [InlineData(4, 5.0)]
    [InlineData(60, 5.0)]
    [InlineData(61, 60.0)]
    public void An_operator_that_holds_a_session_nobody_is_behind_is_asked_again_soon_but_not_for_ever(int failures, double seconds) =>
        Assert.Equal(seconds, Options(1).Delay(failures, isTransient: true, 0, isTaken: true).TotalSeconds, 3);

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        var good = Options(1);
        SmppLinkOptions[] bad =
        [
            good with
            {
                FirstDelay = TimeSpan.Zero,
            },
            good with
            {
                MaxDelay = TimeSpan.FromMilliseconds(1),
            },
            good with
            {
                DelayFactor = 0.5,
            },
            good with
            {
                Jitter = 1.5,
            },
            good with
            {
                Jitter = -0.1,
            },
        ];
        Assert.All(bad, options => Assert.Throws<ArgumentOutOfRangeException>(() => SmppLink.Start(options, handler, log, time)));
    }

    static SmppLinkOptions Options(int port) =>
        new()
        {
            Client = new SmppClientOptions
            {
                Host = "127.0.0.1",
                Port = port,
                SystemId = "simulator",
                Password = "simulator",
            },
        };

    static SubmitSm Submit() => new() { Destination = new Address(1, 1, "436640000001"), ShortMessage = "hello"u8.ToArray() };

    static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    SmppLink Start(int port, Func<SmppLinkOptions, SmppLinkOptions>? with = null)
    {
        var link = SmppLink.Start((with ?? (options => options))(Options(port)), handler, log, time);
        open.Add(link);
        return link;
    }

    async Task<SmscSimulator> StartSmscAsync(int port = 0)
    {
        var smsc = await SmscSimulator.StartAsync(new SmscOptions { Port = port }, NullLogger.Instance, TimeProvider.System);
        open.Insert(0, smsc); // ends after the links
        return smsc;
    }

    // Moves the link's clock a little whenever its own work has come to rest, until the condition holds.
    async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (!condition())
        {
            time.Advance(step ?? TimeSpan.FromSeconds(0.1));
            await Task.Delay(1, deadline.Token);
        }
    }
}
