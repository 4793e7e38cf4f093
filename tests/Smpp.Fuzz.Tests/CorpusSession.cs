using Smpp.Pdus;
using Smpp.Sessions;
using Testing;

namespace Smpp.Fuzz.Tests;

/// <summary>The session that a file of the corpus asks for, whose handler accepts everything, and the peer that sends it the octets.</summary>
sealed class CorpusSession : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    readonly FakeTime time = new();
    readonly SmppSession session;
    readonly RawPeer peer;
    readonly Task running;

    CorpusSession(SessionRole role)
    {
        // Of the timers, only the one that the corpus is about.
        var options = new SmppSessionOptions
        {
            SessionInitTimeout = Timeout.InfiniteTimeSpan,
            EnquireLinkInterval = Timeout.InfiniteTimeSpan,
            InactivityTimeout = Timeout.InfiniteTimeSpan,
            ResponseTimeout = Timeout.InfiniteTimeSpan,
        };
        var (ours, theirs) = DuplexPipes.Create();
        session = new SmppSession(ours, role, options, new Accepting(), Log, time);
        peer = new RawPeer(theirs);
        running = session.RunAsync(CancellationToken.None);
    }

    public ListLogger Log { get; } = new();

    /// <summary>What became of the request that waits; null where none does.</summary>
    public Task<(ReplyOutcome Outcome, CommandStatus Status)>? Reply { get; private set; }

    public SmppCloseReason CloseReason => session.CloseReason;

    public static async Task<CorpusSession> StartAsync(CorpusCase wanted)
    {
        var started = new CorpusSession(wanted.Role);
        if (wanted.Mode is { } mode)
        {
            await started.BindAsync(mode);
        }
        switch (wanted.Waiting)
        {
            case CommandId.SubmitSm:
                await started.SendAsync<SubmitSm, SubmitSmResp>(new SubmitSm());
                break;
            case CommandId.SubmitMulti:
                await started.SendAsync<SubmitMulti, SubmitMultiResp>(
                    new SubmitMulti { Destinations = [new MultiDestination(new Address(1, 1, "4366412345"))] }
                );
                break;
            case CommandId.QuerySm:
                await started.SendAsync<QuerySm, QuerySmResp>(new QuerySm { MessageId = "4711" });
                break;
            case CommandId.BindTransceiver:
                await started.SendAsync<Bind, BindResp>(new Bind { Mode = BindMode.Transceiver });
                break;
            case { } other:
                throw new FormatException($"session: {other} waits");
        }
        return started;
    }

    public Task WriteAsync(byte[] octets) => peer.WriteAsync(octets).WaitAsync(patience, TimeProvider.System);

    /// <summary>The next PDU of the session; null when it has closed.</summary>
    public async Task<(ExpectedAnswer Answer, int BodyLength)?> ReadAsync() =>
        await peer.ReadFrameAsync() is var (header, body)
            ? (new ExpectedAnswer(header.CommandId, header.Status, header.Sequence), body.Length)
            : null;

    /// <summary>The answer to an enquire_link: whatever was to be answered before has been.</summary>
    public async Task<ExpectedAnswer?> EnquireAsync(uint sequence)
    {
        await peer.WriteAsync(EnquireLink.Instance, sequence);
        return (await ReadAsync())?.Answer;
    }

    /// <summary>Waits for the session's end, and lets time pass meanwhile where that is what it takes.</summary>
    public async Task EndAsync(bool byTime)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (byTime && !running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            deadline.Token.ThrowIfCancellationRequested();
        }
        await running.WaitAsync(patience, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        session.Abort("test ends");
        await peer.DisposeAsync();
        await running.WaitAsync(patience, TimeProvider.System);
    }

    async Task BindAsync(BindMode mode)
    {
        var bind = new Bind { Mode = mode, SystemId = "esme" };
        if (session.Role == SessionRole.Smsc)
        {
            await peer.WriteAsync(bind, 1);
            await peer.ReadAsync<BindResp>();
            return;
        }
        var binding = session.SendAsync(bind).AsTask();
        var (sequence, _) = await peer.ReadAsync<Bind>();
        await peer.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = mode }, sequence);
        await binding.WaitAsync(patience, TimeProvider.System);
    }

    async Task SendAsync<TRequest, TResponse>(TRequest request)
        where TRequest : class, IRequest<TResponse>
        where TResponse : class, IResponse
    {
        Reply = OutcomeAsync(session.SendAsync(request));
        await peer.ReadAsync<TRequest>();

        static async Task<(ReplyOutcome, CommandStatus)> OutcomeAsync(ValueTask<SmppReply<TResponse>> sending)
        {
            var reply = await sending;
            return (reply.Outcome, reply.Status);
        }
    }

    sealed class Accepting : SmppSessionHandler
    {
        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
            new(BindResp.Accepted("smsc", 0x34));

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
            new(SubmitSmResp.Accepted("1"));

        public override ValueTask<SubmitMultiResp> OnSubmitMultiAsync(
            SmppSession session,
            SubmitMulti pdu,
            CancellationToken cancellationToken
        ) => new(SubmitMultiResp.Accepted("1"));

        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(
            SmppSession session,
            DeliverSm pdu,
            CancellationToken cancellationToken
        ) => new(DeliverSmResp.Ok);

        public override ValueTask<DataSmResp> OnDataSmAsync(SmppSession session, DataSm pdu, CancellationToken cancellationToken) =>
            new(DataSmResp.Accepted("1"));

        public override ValueTask<QuerySmResp> OnQuerySmAsync(SmppSession session, QuerySm pdu, CancellationToken cancellationToken) =>
            new(new QuerySmResp { MessageId = pdu.MessageId, MessageState = 2 });

        public override ValueTask<CancelSmResp> OnCancelSmAsync(SmppSession session, CancelSm pdu, CancellationToken cancellationToken) =>
            new(CancelSmResp.Ok);

        public override ValueTask<ReplaceSmResp> OnReplaceSmAsync(
            SmppSession session,
            ReplaceSm pdu,
            CancellationToken cancellationToken
        ) => new(ReplaceSmResp.Ok);

        public override ValueTask<BroadcastSmResp> OnBroadcastSmAsync(
            SmppSession session,
            BroadcastSm pdu,
            CancellationToken cancellationToken
        ) => new(BroadcastSmResp.Accepted("1"));
    }
}
