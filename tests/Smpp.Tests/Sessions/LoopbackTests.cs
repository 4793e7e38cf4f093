using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;
using Testing;
using Testing.Smsc;
using Xunit;

namespace Smpp.Tests.Sessions;

/// <summary>The client against the simulator, over TCP.</summary>
public class LoopbackTests
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Submits_are_answered_and_their_receipts_delivered()
    {
        const int Count = 500;
        await using var smsc = await StartAsync();
        var receipts = new Receipts(Count);
        await using var client = await ConnectAsync(smsc, receipts);

        var replies = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => client.Session.SendAsync(Submit(i)).AsTask()));
        Assert.All(replies, reply => Assert.True(reply.IsOk));
        await receipts.All.Task.WaitAsync(patience);
        Assert.Equal(replies.Select(reply => reply.Response!.MessageId).Order(), receipts.Ids.Order());

        Assert.Equal(Count, smsc.Stats.Submits);
        Assert.Equal(Count, smsc.Stats.Unique);
        var newest = smsc.Messages(1)[0];
        Assert.StartsWith("message ", newest.Text, StringComparison.Ordinal);
        await client.Session.UnbindAsync(patience);
        Assert.Equal(SmppCloseReason.Unbound, client.Session.CloseReason);
    }

    [Fact]
    public async Task A_wrong_password_is_a_refused_bind()
    {
        await using var smsc = await StartAsync();
        var refused = await Assert.ThrowsAsync<SmppBindException>(() => ConnectAsync(smsc, new Receipts(0), "wrong"));
        Assert.Equal(CommandStatus.InvPaswd, refused.Status);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task More_binds_than_allowed_are_already_bound()
    {
        await using var smsc = await StartAsync(new SmscOptions { Port = 0, MaxBinds = 1 });
        await using var first = await ConnectAsync(smsc, new Receipts(0));
        var refused = await Assert.ThrowsAsync<SmppBindException>(() => ConnectAsync(smsc, new Receipts(0)));
        Assert.Equal(CommandStatus.AlyBnd, refused.Status);
        Assert.True(refused.IsTransient);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_a_transient_failure()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, not listening: connections are refused
        var options = new SmppClientOptions
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)taken.LocalEndPoint!).Port,
            SystemId = "x",
        };
        var failure = await Assert.ThrowsAsync<SmppException>(() =>
            SmppClient.ConnectAsync(options, new Receipts(0), NullLogger.Instance, TimeProvider.System, CancellationToken.None)
        );
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task The_simulators_drain_unbinds()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc, new Receipts(0));
        await smsc.DrainAsync(patience);
        await client.Session.Completion.WaitAsync(patience);
        Assert.Equal(SmppCloseReason.PeerUnbound, client.Session.CloseReason);
    }

    [Fact]
    public async Task A_receipt_waits_for_a_receiver_and_comes_again_when_refused()
    {
        await using var smsc = await StartAsync();
        await using var transmitter = await ConnectAsync(smsc, new Receipts(0), mode: BindMode.Transmitter);
        var submitted = await transmitter.Session.SendAsync(Submit(1));

        var receipts = new Receipts(2) { Refusals = 1 };
        await using var receiver = await ConnectAsync(smsc, receipts, mode: BindMode.Receiver);
        await receipts.All.Task.WaitAsync(patience);
        Assert.All(receipts.Ids, id => Assert.Equal(submitted.Response!.MessageId, id));
    }

    [Fact]
    public async Task Settings_change_while_it_runs()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc, new Receipts(0));
        smsc.Settings = smsc.Settings with { Status = "0x58", StatusEvery = 2 };
        Assert.Equal(CommandStatus.Ok, (await client.Session.SendAsync(Submit(1))).Status);
        Assert.Equal(CommandStatus.Throttled, (await client.Session.SendAsync(Submit(2))).Status);
        Assert.Throws<FormatException>(() => smsc.Settings = smsc.Settings with { Status = "Nope" });
        Assert.Equal((2, 1, 1), (smsc.Stats.Submits, smsc.Stats.Accepted, smsc.Stats.Refused));
    }

    [Fact]
    public async Task A_mobile_originated_message_arrives()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc, new Receipts(0));
        var reply = await smsc.SendMoAsync(new DeliverSm { Source = new Address(1, 1, "43664"), ShortMessage = "mo"u8.ToArray() });
        Assert.True(reply!.Value.IsOk);
    }

    [Fact]
    public async Task Garbage_on_the_port_harms_nobody_else()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc, new Receipts(0));
        await using (var stranger = await RawPeer.ConnectAsync(smsc.EndPoint))
        {
            await stranger.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.Equal(CommandStatus.InvCmdLen, (await stranger.ReadAsync<GenericNack>()).Pdu.Status);
            await stranger.WaitClosedAsync();
        }
        Assert.True((await client.Session.SendAsync(Submit(1))).IsOk);
    }

    static Task<SmscSimulator> StartAsync(SmscOptions? options = null) =>
        SmscSimulator.StartAsync(options ?? new SmscOptions { Port = 0 }, NullLogger.Instance, TimeProvider.System);

    static Task<SmppClient> ConnectAsync(
        SmscSimulator smsc,
        SmppSessionHandler handler,
        string password = "simulator",
        BindMode mode = BindMode.Transceiver
    ) =>
        SmppClient.ConnectAsync(
            new SmppClientOptions
            {
                Host = "127.0.0.1",
                Port = smsc.EndPoint.Port,
                SystemId = "simulator",
                Password = password,
                BindMode = mode,
                Session = new SmppSessionOptions { Window = 50 },
            },
            handler,
            NullLogger.Instance,
            TimeProvider.System,
            CancellationToken.None
        );

    static SubmitSm Submit(int number) =>
        new()
        {
            Source = new Address(5, 0, "Sender"),
            Destination = new Address(1, 1, $"4366400{number:0000}"),
            RegisteredDelivery = 1,
            ShortMessage = SmppEncoding.Gsm7Bit.Encode($"message {number}"),
        };

    sealed class Receipts(int expected) : SmppSessionHandler
    {
        int refused;

        public int Refusals { get; init; }
        public ConcurrentBag<string> Ids { get; } = [];
        public TaskCompletionSource All { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
        {
            if (
                pdu.IsReceipt
                && ReceiptText.TryParse(pdu.ShortMessage.Span, out var receipt)
                && receipt!.Id == pdu.Tlvs.ReceiptedMessageId
                && receipt.MessageState == pdu.Tlvs.MessageState
            )
            {
                Ids.Add(receipt.Id);
                if (Ids.Count == expected)
                {
                    All.TrySetResult();
                }
            }
            return new(refused++ < Refusals ? DeliverSmResp.Rejected(CommandStatus.RxTAppn) : DeliverSmResp.Ok);
        }
    }
}
