using System.Collections.Concurrent;
using System.IO.Pipelines;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;

namespace Smpp.Tests.Sessions;

/// <summary>A session under test, its scripted peer at the other end of an in-memory connection, and a clock that stands still.</summary>
internal sealed class SessionFixture : IAsyncDisposable
{
    readonly IDuplexPipe peerPipe;

    public SessionFixture(SessionRole role, SmppSessionOptions? options = null, Script? script = null, int pauseAt = 64 * 1024)
    {
        Handler = script ?? new Script();
        (var ours, peerPipe) = DuplexPipes.Create(pauseAt);
        Session = new SmppSession(ours, role, options ?? new SmppSessionOptions(), Handler, Log, Time);
        Peer = new RawPeer(peerPipe);
        Running = Session.RunAsync(CancellationToken.None);
    }

    public FakeTime Time { get; } = new();
    public ListLogger Log { get; } = new();
    public Script Handler { get; }
    public SmppSession Session { get; }
    public RawPeer Peer { get; }
    public Task Running { get; }

    /// <summary>An SMSC's session with a bound ESME as peer.</summary>
    public static async Task<SessionFixture> BoundSmscAsync(
        SmppSessionOptions? options = null,
        Script? script = null,
        BindMode mode = BindMode.Transceiver,
        int pauseAt = 64 * 1024
    )
    {
        var fixture = new SessionFixture(SessionRole.Smsc, options, script, pauseAt);
        await fixture.Peer.WriteAsync(
            new Bind
            {
                Mode = mode,
                SystemId = "esme",
                Password = "pw",
            },
            1
        );
        await fixture.Peer.ReadAsync<BindResp>();
        await fixture.Handler.Bound.Task;
        return fixture;
    }

    /// <summary>An ESME's session bound to a scripted SMSC.</summary>
    public static async Task<SessionFixture> BoundEsmeAsync(SmppSessionOptions? options = null, Script? script = null)
    {
        var fixture = new SessionFixture(SessionRole.Esme, options, script);
        var binding = fixture.Session.SendAsync(new Bind { Mode = BindMode.Transceiver, SystemId = "esme" });
        var (sequence, _) = await fixture.Peer.ReadAsync<Bind>();
        await fixture.Peer.WriteAsync(BindResp.Accepted("smsc", 0x34) with { Mode = BindMode.Transceiver }, sequence);
        await binding;
        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        Session.Abort("test ends");
        await Peer.DisposeAsync();
        await Running;
    }

    /// <summary>A handler that does what a test says; by default it accepts everything.</summary>
    internal sealed class Script : SmppSessionHandler
    {
        public Func<SubmitSm, CancellationToken, ValueTask<SubmitSmResp>> Submit { get; init; } = (_, _) => new(SubmitSmResp.Accepted("1"));
        public Func<Bind, BindResp> OnBind { get; init; } = _ => BindResp.Accepted("smsc", 0x34);
        public ConcurrentQueue<DeliverSm> Delivered { get; } = new();

        /// <summary>What OnBoundAsync waits for: nothing, unless a test puts something here.</summary>
        public TaskCompletionSource SetUp { get; init; } = Done();
        public TaskCompletionSource Bound { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource<(SmppCloseReason Reason, IReadOnlyList<IPdu> Unanswered)> Closed { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        static TaskCompletionSource Done()
        {
            var done = new TaskCompletionSource();
            done.SetResult();
            return done;
        }

        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
            new(OnBind(bind));

        public override ValueTask OnBoundAsync(SmppSession session, CancellationToken cancellationToken)
        {
            Bound.TrySetResult();
            return new(SetUp.Task);
        }

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
            Submit(pdu, cancellationToken);

        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
        {
            Delivered.Enqueue(pdu);
            return new(DeliverSmResp.Ok);
        }

        public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
        {
            Closed.TrySetResult((reason, unanswered));
            return default;
        }
    }
}
