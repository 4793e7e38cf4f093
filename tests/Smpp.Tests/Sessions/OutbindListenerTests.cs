using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace Smpp.Tests.Sessions;

/// <summary>An SMSC calls, sends outbind and is bound to, over TCP.</summary>
public sealed class OutbindListenerTests : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);
    static readonly Outbind outbind = new() { SystemId = "smsc", Password = "secret" };

    readonly FakeTime time = new();
    readonly ListLogger log = new();
    readonly SessionFixture.Script handler = new();
    SmppOutbindListener? listener;

    public async ValueTask DisposeAsync()
    {
        if (listener is not null)
        {
            await listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_outbind_is_answered_by_a_bind_and_messages_follow()
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(outbind, 1);
        var (sequence, bind) = await smsc.ReadAsync<Bind>();
        Assert.Equal((BindMode.Receiver, "esme", "pw"), (bind.Mode, bind.SystemId, bind.Password));

        await smsc.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Receiver }, sequence);
        await smsc.WriteAsync(new DeliverSm { ShortMessage = "waiting since yesterday"u8.ToArray() }, 2);
        Assert.Equal(CommandStatus.Ok, (await smsc.ReadAsync<DeliverSmResp>()).Pdu.Status);
        Assert.Single(handler.Delivered);
        Assert.Equal(SessionState.BoundRx, Assert.Single(listener!.Sessions).State);
    }

    [Theory]
    [InlineData("smsc", "secr3t")]
    [InlineData("other", "secret")]
    public async Task A_stranger_is_closed_without_an_answer(string systemId, string password)
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(new Outbind { SystemId = systemId, Password = password }, 1);
        Assert.Null(await smsc.ReadFrameAsync());
        Assert.Contains(log.Entries, entry => entry.Id.Id == 1032);
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains(password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Before_the_outbind_nothing_else_is_taken()
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(new DeliverSm(), 1);
        Assert.Equal(CommandStatus.InvBndSts, (await smsc.ReadAsync<DeliverSmResp>()).Pdu.Status);
        Assert.Empty(handler.Delivered);
    }

    [Fact]
    public async Task A_bind_that_the_smsc_refuses_ends_the_connection()
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(outbind, 1);
        var (sequence, _) = await smsc.ReadAsync<Bind>();
        await smsc.WriteAsync(BindResp.Rejected(CommandStatus.InvPaswd) with { Mode = BindMode.Receiver }, sequence);
        Assert.Null(await smsc.ReadFrameAsync());
        Assert.Contains(log.Entries, entry => entry.Id.Id == 1032 && entry.Text.Contains("InvPaswd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_sends_no_outbind_in_time_is_closed()
    {
        await using var smsc = await CallAsync();
        var closed = smsc.WaitClosedAsync();
        while (!closed.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(closed, Task.Delay(1));
        }
        await closed;
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_at_once()
    {
        await using var first = await CallAsync(options => options with { MaxConnections = 1 });
        await first.WriteAsync(outbind, 1);
        await first.ReadAsync<Bind>();
        await using var second = await RawPeer.ConnectAsync(listener!.EndPoint);
        Assert.Null(await second.ReadFrameAsync());
    }

    [Fact]
    public async Task Who_may_not_call_is_closed_before_anything_is_read()
    {
        var asked = new List<IPAddress>();
        await using var smsc = await CallAsync(options =>
            options with
            {
                MayCall = address =>
                {
                    asked.Add(address);
                    return false;
                },
            }
        );
        Assert.Null(await smsc.ReadFrameAsync());
        Assert.Equal(IPAddress.Loopback, Assert.Single(asked));
    }

    [Fact]
    public async Task An_IPv4_caller_of_a_listener_on_any_address_is_asked_for_as_such()
    {
        var asked = new List<IPAddress>();
        listener = SmppOutbindListener.Start(
            Options() with
            {
                Address = IPAddress.IPv6Any,
                MayCall = address =>
                {
                    asked.Add(address);
                    return false;
                },
            },
            handler,
            log,
            time
        );
        await using var smsc = await RawPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.EndPoint.Port));
        Assert.Null(await smsc.ReadFrameAsync());
        Assert.Equal(IPAddress.Loopback, Assert.Single(asked));
    }

    [Fact]
    public async Task An_owner_that_answers_each_call_says_what_is_bound_with_and_sees_it_through()
    {
        var call = new OwnCall();
        await using var smsc = await CallAsync(options =>
            options with
            {
                BindMode = BindMode.Transceiver,
                Answer = (_, caller, said, _) => new(caller.Address.Equals(IPAddress.Loopback) && said.SystemId == "other" ? call : null),
            }
        );
        await smsc.WriteAsync(new Outbind { SystemId = "other", Password = "whatever" }, 1);
        var (sequence, bind) = await smsc.ReadAsync<Bind>();
        Assert.Equal("of this call", bind.Password);
        await smsc.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Transceiver }, sequence);
        await call.Bound.Task.WaitAsync(patience);

        var session = Assert.Single(listener!.Sessions);
        call.IsAllowed = false;
        Assert.Equal(ReplyOutcome.NotSent, (await session.SendAsync(new SubmitSm())).Outcome);
        session.Abort("enough");
        await call.Ended.Task.WaitAsync(patience);

        await using var stranger = await RawPeer.ConnectAsync(listener.EndPoint);
        await stranger.WriteAsync(outbind, 1);
        Assert.Null(await stranger.ReadFrameAsync());
    }

    [Fact]
    public async Task An_owner_learns_that_its_bind_was_refused()
    {
        var call = new OwnCall();
        await using var smsc = await CallAsync(options => options with { Answer = (_, _, _, _) => new(call) });
        await smsc.WriteAsync(outbind, 1);
        var (sequence, _) = await smsc.ReadAsync<Bind>();
        await smsc.WriteAsync(BindResp.Rejected(CommandStatus.AlyBnd) with { Mode = BindMode.Receiver }, sequence);
        Assert.Equal(CommandStatus.AlyBnd, (await call.NotBound.Task.WaitAsync(patience)).Status);
        await call.Ended.Task.WaitAsync(patience);
    }

    [Fact]
    public async Task It_stops_listening_while_what_is_bound_goes_on()
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(outbind, 1);
        var (sequence, _) = await smsc.ReadAsync<Bind>();
        await smsc.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Receiver }, sequence);
        var endPoint = listener!.EndPoint;

        await listener.StopListeningAsync();

        await Assert.ThrowsAsync<SocketException>(() => RawPeer.ConnectAsync(endPoint));
        await smsc.WriteAsync(new DeliverSm(), 2);
        Assert.Equal(CommandStatus.Ok, (await smsc.ReadAsync<DeliverSmResp>()).Pdu.Status);
    }

    [Fact]
    public async Task A_stop_unbinds_what_is_bound()
    {
        await using var smsc = await CallAsync();
        await smsc.WriteAsync(outbind, 1);
        var (sequence, _) = await smsc.ReadAsync<Bind>();
        await smsc.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Receiver }, sequence);
        await smsc.WriteAsync(new EnquireLink(), 2);
        await smsc.ReadAsync<EnquireLinkResp>(); // now it is bound for certain

        var stopping = listener!.DisposeAsync().AsTask();
        var (unbind, _) = await smsc.ReadAsync<Unbind>();
        await smsc.WriteAsync(UnbindResp.Ok, unbind);
        await smsc.DisposeAsync();
        await stopping.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.Unbound, (await handler.Closed.Task).Reason);
    }

    [Fact]
    public void A_transmitter_cannot_be_bound_by_outbind() =>
        Assert.Throws<ArgumentException>(() =>
            SmppOutbindListener.Start(Options() with { BindMode = BindMode.Transmitter }, handler, log, time)
        );

    [Fact]
    public async Task A_port_that_is_taken_is_a_transient_failure()
    {
        await using var smsc = await CallAsync();
        var taken = Options() with { Port = listener!.EndPoint.Port };
        Assert.True(Assert.Throws<SmppException>(() => SmppOutbindListener.Start(taken, handler, log, time)).IsTransient);
    }

    [Fact]
    public async Task Both_ends_are_this_library_and_the_connection_is_tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=esme", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now.AddDays(-1),
            now.AddDays(1)
        );
        listener = SmppOutbindListener.Start(
            Options() with
            {
                BindMode = BindMode.Transceiver,
                Tls = () => new SslServerAuthenticationOptions { ServerCertificate = certificate },
            },
            handler,
            log,
            time
        );

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.EndPoint);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "esme",
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint,
            }
        );
        await using var transport = new StreamTransport(socket, TimeProvider.System, tls);
        var centre = new SessionFixture.Script();
        var session = new SmppSession(
            transport,
            SessionRole.Smsc,
            new SmppSessionOptions(),
            centre,
            NullLogger.Instance,
            TimeProvider.System
        );
        var running = session.RunAsync(CancellationToken.None);
        Assert.True(await session.PostAsync(outbind));
        await centre.Bound.Task.WaitAsync(patience);
        Assert.Equal((SessionState.BoundTrx, "esme"), (session.State, session.SystemId));
        Assert.True((await session.SendAsync(new DeliverSm())).IsOk);
        await session.UnbindAsync(patience);
        await running;
    }

    sealed class OwnCall : SmppOutbindCall
    {
        public TaskCompletionSource Bound { get; } = new();
        public TaskCompletionSource<SmppReply<BindResp>> NotBound { get; } = new();
        public TaskCompletionSource Ended { get; } = new();
        public bool IsAllowed { get; set; } = true;

        public override string Password => "of this call";

        public override bool MaySend() => IsAllowed;

        public override void OnBound() => Bound.SetResult();

        public override void OnNotBound(SmppReply<BindResp> reply) => NotBound.SetResult(reply);

        public override void OnEnded() => Ended.SetResult();
    }

    static SmppOutbindOptions Options() =>
        new()
        {
            Port = 0,
            SmscSystemId = "smsc",
            SmscPassword = "secret",
            SystemId = "esme",
            Password = "pw",
        };

    async Task<RawPeer> CallAsync(Func<SmppOutbindOptions, SmppOutbindOptions>? with = null)
    {
        listener = SmppOutbindListener.Start((with ?? (options => options))(Options()), handler, log, time);
        return await RawPeer.ConnectAsync(listener.EndPoint);
    }
}
