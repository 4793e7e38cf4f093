using System.Collections.Concurrent;
using System.Threading.Channels;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Snapshot;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Wire;
using Throttling;

namespace SmppGateway;

/// <summary>
/// Which sessions are traced, as the configuration says, and what of their PDUs is written down. A session that is not traced pays
/// nothing. One that is never waits: a PDU beyond the rate, the rows or the queue of a trace is left out and counted.
/// </summary>
internal sealed class PduTracer
{
    private readonly GatewayOptions options;
    private readonly SnapshotSource configuration;
    private readonly TimeProvider time;
    private readonly SmppTrace untilBound;
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, Trace> running = new();
    private readonly Channel<TracedPdu> rows;

    public PduTracer(GatewayOptions options, SnapshotSource configuration, TimeProvider time)
    {
        this.options = options;
        this.configuration = configuration;
        this.time = time;
        untilBound = SeeUntilBound;
        rows = Channel.CreateBounded<TracedPdu>(
            // TryWrite is all that is used: a full queue says no.
            new BoundedChannelOptions(options.TraceQueue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }
        );
    }

    /// <summary>A new connection, that nobody is known of: while anybody is traced its bind is looked at, so that a failing one shows too.</summary>
    public void Watch(SmppSession session)
    {
        if (configuration.Current.Traces.Count > 0)
        {
            session.Trace = untilBound;
        }
    }

    /// <summary>Begins, goes on or ends tracing a bound session, as the configuration says.</summary>
    public void Follow(EsmeSession esme)
    {
        // Under a lock, so that what an older configuration says is never set last.
        lock (gate)
        {
            esme.Session.Trace = Of(configuration.Current, esme.SystemId, esme.Account)?.Seen;
        }
    }

    /// <summary>What was seen since the last time, in order, with how many were left out of each trace. By one caller.</summary>
    public List<TracedPdu> TakeRows()
    {
        var taken = new List<TracedPdu>();
        while (taken.Count < options.TraceQueue && rows.Reader.TryRead(out var row))
        {
            taken.Add(row);
        }

        foreach (var (systemId, trace) in running)
        {
            if (trace.TakeLeftOut() is var leftOut and > 0)
            {
                taken.Add(trace.Note(leftOut));
            }
            else if (trace.HasEnded)
            {
                running.TryRemove(KeyValuePair.Create(systemId, trace));
            }
        }

        return taken;
    }

    /// <summary>Rows that could not be stored.</summary>
    public void Lost(IEnumerable<TracedPdu> lost)
    {
        foreach (var row in lost)
        {
            if (running.TryGetValue(row.SystemId, out var trace))
            {
                trace.LeaveOut(Math.Max(1, row.LeftOut));
            }
        }
    }

    private void SeeUntilBound(SmppSession session, SmppPduDirection direction, ReadOnlySpan<byte> octets)
    {
        if (
            direction == SmppPduDirection.Received
            && PduCodec.TryRead(octets, options.Session.MaxTlvs, out _, out var pdu, out _)
            && pdu is Bind bind
        )
        {
            var snapshot = configuration.Current;
            var trace = snapshot.SmppUsers.TryGetValue(bind.SystemId, out var user) ? Of(snapshot, user.SystemId, user.AccountId) : null;
            session.Trace = trace?.Seen;
            trace?.Seen(session, direction, octets);
        }
    }

    private Trace? Of(ConfigSnapshot snapshot, string systemId, string account)
    {
        if (!snapshot.Traces.TryGetValue(systemId, out var wanted) || wanted.EndsAt <= time.GetUtcNow())
        {
            return null;
        }

        return running.AddOrUpdate(
            systemId,
            static (_, made) => new Trace(made.tracer, made.wanted, made.account),
            static (_, current, made) =>
                current.IsOf(made.wanted, made.account) ? current : new Trace(made.tracer, made.wanted, made.account),
            (tracer: this, wanted, account)
        );
    }

    /// <summary>One trace, over all sessions of its user here.</summary>
    private sealed class Trace
    {
        private readonly PduTracer tracer;
        private readonly EsmeTrace wanted;
        private readonly string account;
        private readonly TokenBucket rate;
        private int written;
        private int leftOut;

        public Trace(PduTracer tracer, EsmeTrace wanted, string account)
        {
            this.tracer = tracer;
            this.wanted = wanted;
            this.account = account;
            rate = new TokenBucket(RateLimit.Of(tracer.options.TracePerSecond, null)!.Value, tracer.time);
            Seen = See;
        }

        public SmppTrace Seen { get; }

        public bool HasEnded => wanted.EndsAt <= tracer.time.GetUtcNow();

        public bool IsOf(EsmeTrace other, string ofAccount) =>
            (wanted.StartedAt, wanted.EndsAt, wanted.Content, account) == (other.StartedAt, other.EndsAt, other.Content, ofAccount);

        public void LeaveOut(int count) => Interlocked.Add(ref leftOut, count);

        public int TakeLeftOut() => Interlocked.Exchange(ref leftOut, 0);

        public TracedPdu Note(int count) =>
            new()
            {
                At = tracer.time.GetUtcNow(),
                Account = account,
                SystemId = wanted.SystemId,
                Line = "PDUs left out: more than a trace takes",
                LeftOut = count,
            };

        private void See(SmppSession session, SmppPduDirection direction, ReadOnlySpan<byte> octets)
        {
            var now = tracer.time.GetUtcNow();
            if (now >= wanted.EndsAt)
            {
                session.Trace = null;
                return;
            }

            if (!rate.TryTake(1) || Interlocked.Increment(ref written) > tracer.options.TraceRows)
            {
                LeaveOut(1);
            }
            else if (!tracer.rows.Writer.TryWrite(Row(session, direction, octets, now)))
            {
                LeaveOut(1);
            }
        }

        private TracedPdu Row(SmppSession session, SmppPduDirection direction, ReadOnlySpan<byte> octets, DateTimeOffset now)
        {
            var connection = (EsmeConnection)session.Tag!;
            var readable = PduCodec.TryRead(octets, tracer.options.Session.MaxTlvs, out var header, out var pdu, out var fault);
            return new TracedPdu
            {
                At = now,
                Account = account,
                SystemId = wanted.SystemId,
                Session = connection.Id,
                Remote = $"{connection.Remote}",
                Direction = direction == SmppPduDirection.Received ? "received" : "sent",
                Command = PduLine.Command(header.CommandId),
                Sequence = header.Sequence,
                Status = header.CommandId.IsResponse() ? PduLine.Status(header.Status) : null,
                // What cannot be read is not shown: there may be a password in it.
                Line = readable ? PduLine.Of(pdu!, wanted.Content) : $"unreadable: {fault.Field}, {fault.Status}, {octets.Length} octets",
            };
        }
    }
}
