using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Persistence;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Ledger;
using Smpp.Pdus;
using Smpp.Sessions;

namespace SmppGateway;

/// <summary>
/// Who is bound here, for all processes to know (<c>esme_sessions</c>), and what this one is told about them. A bind of a user with
/// `maxBinds` is entered before it is answered, so that the limit holds over all processes; everybody else's is reported a moment later.
/// Without the database, or where it does not answer in time, the process's own count decides: binding goes on, and a user may then
/// have up to `maxBinds` at each process. What ran over stays bound when the database is back.
/// </summary>
internal sealed class SessionRegister(
    GatewayOptions options,
    EsmeDirectory directory,
    Notifications notifications,
    AcceptCounter counter,
    LoopWatch watch,
    TimeProvider time,
    ILogger<SessionRegister> logger
) : BackgroundService
{
    /// <summary>Rows in one statement.</summary>
    private const int Batch = 1_000;

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> admitted = [];
    private readonly ConcurrentDictionary<SmppSession, Registered> registered = new();

    /// <summary>Ended, their rows perhaps still there. Bounded by the rows written: one that has none is not in it.</summary>
    private readonly ConcurrentDictionary<Guid, bool> ended = new();
    private readonly WakeUp wake = new();

    /// <summary>Lets a user bind once more, or not: see `maxBinds`.</summary>
    public async ValueTask<bool> TryAdmitAsync(
        SmppSession session,
        SmppUser user,
        Bind bind,
        IPAddress remote,
        CancellationToken cancellationToken
    )
    {
        var entry = new Registered(session, user, bind, remote, time.GetUtcNow(), time.GetTimestamp());
        var deadline = time.GetTimestamp();
        while (true)
        {
            if (await TryAdmitAsync(entry, user, cancellationToken))
            {
                registered[session] = entry;
                return true;
            }

            // The bind it replaces may be about to end: its unbind_resp, or its cut link, reached the client before its end reached us.
            if (time.GetElapsedTime(deadline) >= options.RebindGrace)
            {
                return false;
            }

            await Task.Delay(Retry, time, cancellationToken);
        }
    }

    /// <summary>The session has ended.</summary>
    public void Remove(SmppSession session)
    {
        if (registered.TryRemove(session, out var entry))
        {
            Release(entry.SystemId);
            if (entry.HasRow)
            {
                ended[entry.Id] = true;
                wake.Call();
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = notifications.ListenAsync(Notifications.Commands, wake.Call, stoppingToken);
        var reports = 0;
        var reportedAt = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            watch.Turned("sessions");
            if (counter.SinceLastTurn < options.StuckAfter)
            {
                watch.Turned("checkpoints");
            }

            try
            {
                await RemoveEndedAsync(stoppingToken);
                await ObeyAsync(stoppingToken);
                if (reports == 0 || time.GetElapsedTime(reportedAt) >= options.SessionReport)
                {
                    // Every so often all of them, so that a row somebody swept comes back.
                    var all = reports++ % 12 == 0;
                    reportedAt = time.GetTimestamp();
                    if (all)
                    {
                        await directory.SweepAsync(stoppingToken);
                    }

                    await ReportAsync(all, stoppingToken);
                }

                await wake.WaitAsync(options.CommandPoll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                GatewayLog.SessionsNotReported(logger, e.Message);
                await Task.Delay(options.CommandPoll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        watch.Ended("sessions");
        watch.Ended("checkpoints");
        await listening;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await RemoveEndedAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // Whoever sweeps finds them: this process has no heartbeat any more.
            GatewayLog.SessionsNotReported(logger, e.Message);
        }
    }

    private async ValueTask<bool> TryAdmitAsync(Registered entry, SmppUser user, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var here = admitted.GetValueOrDefault(user.SystemId);
            if (here >= (user.MaxBinds ?? int.MaxValue))
            {
                return false;
            }

            admitted[user.SystemId] = here + 1;
        }

        if (user.MaxBinds is not { } most)
        {
            return true;
        }

        using var deadline = new CancellationTokenSource(options.AdmissionTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // Whatever becomes of the attempt, the row may be there.
            entry.HasRow = true;
            if (await directory.TryEnterAsync(entry.Row(time), most, [.. ended.Keys], either.Token))
            {
                return true;
            }

            entry.HasRow = false;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                GatewayLog.AdmittedAlone(logger, user.SystemId, e.Message);
                return true;
            }

            ended[entry.Id] = true;
        }

        Release(user.SystemId);
        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    private void Release(string systemId)
    {
        lock (gate)
        {
            if (--admitted[systemId] == 0)
            {
                admitted.Remove(systemId);
            }
        }
    }

    private async Task RemoveEndedAsync(CancellationToken cancellationToken)
    {
        var gone = ended.Keys.ToArray();
        if (gone.Length == 0)
        {
            return;
        }

        await directory.RemoveAsync(gone, cancellationToken);
        foreach (var id in gone)
        {
            ended.TryRemove(id, out _);
        }
    }

    private async Task ObeyAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await directory.TakeUnbindsAsync(cancellationToken))
        {
            if (registered.Values.FirstOrDefault(entry => entry.Id == id) is { } entry)
            {
                GatewayLog.ToldToUnbind(logger, entry.SystemId, entry.Remote);
                _ = entry.Session.UnbindAsync(options.UnbindTimeout);
            }
        }
    }

    private async Task ReportAsync(bool all, CancellationToken cancellationToken)
    {
        var changed = registered.Values.Where(entry => entry.Session.Mode is not null && (all || entry.IsChanged));
        foreach (var batch in changed.Chunk(Batch))
        {
            foreach (var entry in batch)
            {
                entry.HasRow = true;
            }

            await directory.ReportAsync(Array.ConvertAll(batch, entry => entry.Report(time, options.SessionRateWindow)), cancellationToken);
            foreach (var entry in batch.Where(entry => !registered.ContainsKey(entry.Session)))
            {
                // It ended while its row was being written.
                ended[entry.Id] = true;
            }
        }
    }

    private sealed class Registered(SmppSession session, SmppUser user, Bind bind, IPAddress remote, DateTimeOffset boundAt, long since)
    {
        private volatile bool hasRow;
        private readonly Queue<(long Received, long Sent, long At)> samples = new([(0, 0, since)]);
        private (long Received, long Sent, bool HasRate) reported = (-1, 0, false);

        public Guid Id { get; } = ((EsmeConnection)session.Tag!).Id;

        public SmppSession Session => session;

        public string SystemId { get; } = user.SystemId;

        public IPAddress Remote => remote;

        public bool HasRow
        {
            get => hasRow;
            set => hasRow = value;
        }

        /// <summary>Something came or went since the last report, or what it said of the rates is no longer so.</summary>
        public bool IsChanged => reported.HasRate || session.Received != reported.Received || session.Sent != reported.Sent;

        public EsmeSessionRow Row(TimeProvider time, float receiveRate = 0, float sendRate = 0) =>
            new()
            {
                Id = Id,
                SystemId = SystemId,
                Account = user.AccountId,
                Remote = $"{remote}",
                Mode = bind.Mode.ToString().ToLowerInvariant(),
                Version = bind.InterfaceVersion,
                BoundAt = boundAt,
                Window = session.MaxInFlightRequests,
                InFlight = session.RequestsInFlight,
                Received = session.Received,
                Sent = session.Sent,
                Throttled = session.Throttled,
                ReceiveRate = receiveRate,
                SendRate = sendRate,
                LastPduAt = session.LastReceived ?? time.GetUtcNow(),
                LastPdu = session.LastCommand is { } command ? PduLine.Command(command) : null,
            };

        /// <summary>As it is now, with the rates over the last minute, or since the bind. By the register's loop alone.</summary>
        public EsmeSessionRow Report(TimeProvider time, TimeSpan window)
        {
            var now = time.GetTimestamp();
            while (samples.Count > 1 && time.GetElapsedTime(samples.Peek().At, now) > window)
            {
                samples.Dequeue();
            }

            var (received, sent) = (session.Received, session.Sent);
            var oldest = samples.Peek();
            // Over a second at least: the first PDU of a session is no rate.
            var seconds = (float)Math.Max(1, time.GetElapsedTime(oldest.At, now).TotalSeconds);
            var row = Row(time, (received - oldest.Received) / seconds, (sent - oldest.Sent) / seconds);
            samples.Enqueue((received, sent, now));
            reported = (received, sent, row.ReceiveRate > 0 || row.SendRate > 0);
            return row;
        }
    }
}
