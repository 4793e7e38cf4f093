using System.Collections.Concurrent;
using Contracts;
using Messaging;
using Npgsql;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Ledger;
using Persistence.Snapshot;

namespace Workers;

/// <summary>
/// Takes, renews and gives back bind slots, and keeps one <see cref="ClaimAndSend"/> per connector with a slot here. Only a slot's
/// holder opens a bind, so the operator never sees more binds than it allows, whatever the number of workers.
/// </summary>
internal sealed class HoldBindSlots(
    BindSlots slots,
    SnapshotSource configuration,
    IMessageQueue queue,
    MessageLedger ledger,
    AnswerWriter answers,
    EnvelopeSender<MessageEvent> events,
    EnvelopeSender<InboundReceived> inbound,
    WorkersOptions options,
    EnvelopeReaderOptions readerOptions,
    IConfiguration settings,
    TimeProvider time,
    ILogger<HoldBindSlots> logger
) : BackgroundService
{
    private readonly ConcurrentDictionary<string, ClaimAndSend> lanes = new();
    private readonly HashSet<string>? only = settings["PLATFORM_CONNECTORS"] is { Length: > 0 } names
        ? [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
        : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await configuration.Loaded.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // Two loops: giving back a slot waits for what is on its wire, and the other slots are renewed meanwhile.
        await Task.WhenAll(
            RepeatAsync(options.AcquireInterval, FollowConfigurationAsync, stoppingToken),
            RepeatAsync(options.RenewInterval, RenewAsync, stoppingToken)
        );
        await Task.WhenAll(lanes.Values.Select(lane => lane.DrainAsync()));
        await Task.WhenAll(lanes.Values.SelectMany(lane => lane.Sessions).Select(GiveBackAsync));
        foreach (var lane in lanes.Values)
        {
            await lane.DisposeAsync();
        }
    }

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await work(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                // The binds stay open: nobody else can take the slots either. Past their deadlines nothing is submitted.
                WorkersLog.SlotsUnknown(logger, e.Message);
            }

            await Task.Delay(interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes the slots held here follow the configuration: changed and unwanted ones are closed, free ones taken.</summary>
    private async Task FollowConfigurationAsync(CancellationToken cancellationToken)
    {
        var snapshot = configuration.Current;
        foreach (var lane in lanes.Values)
        {
            foreach (var session in lane.Sessions)
            {
                var wanted = snapshot.Connectors.GetValueOrDefault(session.Lease.Connector);
                if (wanted is null || !wanted.Enabled || session.Lease.Slot >= wanted.Binds || !SameBind(wanted, session.Connector))
                {
                    await lane.RemoveAsync(session);
                    await GiveBackAsync(session);
                }
            }
        }

        var workers = await slots.CountWorkersAsync(cancellationToken);
        foreach (var connector in snapshot.Connectors.Values)
        {
            if (!connector.Enabled || only is not null && !only.Contains(connector.Id))
            {
                continue;
            }

            var lane = lanes.GetOrAdd(
                connector.Id,
                _ => new ClaimAndSend(connector, queue, ledger, answers, events, options, readerOptions, time, logger)
            );
            lane.Connector = connector;
            // Binds ÷ workers, rounded up: a worker that comes gets its share from those that have more, and with fewer binds than
            // workers some stand by.
            var share = (connector.Binds + workers - 1) / workers;
            var missing = share - lane.Sessions.Count;
            if (missing < 0)
            {
                var surplus = lane.Sessions[^1];
                WorkersLog.SlotHandedOn(logger, surplus.Lease.Connector, surplus.Lease.Slot, workers);
                await lane.RemoveAsync(surplus);
                await GiveBackAsync(surplus);
            }

            if (missing <= 0)
            {
                continue;
            }

            var sentAt = time.GetTimestamp();
            foreach (var lease in await slots.AcquireAsync(connector.Id, connector.Binds, missing, cancellationToken))
            {
                WorkersLog.SlotTaken(logger, lease.Connector, lease.Slot, lease.Fence);
                lane.Add(new OperatorSession(lease, connector, options, events, inbound, sentAt, lane.Wake, time, logger));
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var held = lanes.Values.SelectMany(lane => lane.Sessions).ToList();
        if (held.Count == 0)
        {
            return;
        }

        var sentAt = time.GetTimestamp();
        var ours = await slots.RenewAsync([.. held.Select(s => (s.Lease, s.IsBound, s.State, s.LastError))], cancellationToken);
        foreach (var session in held)
        {
            if (ours.Contains((session.Lease.Connector, session.Lease.Slot)))
            {
                session.Renewed(sentAt);
            }
            else
            {
                // Somebody else holds it and may be bound already: leave at once.
                WorkersLog.SlotLost(logger, session.Lease.Connector, session.Lease.Slot, session.Lease.Fence);
                await lanes[session.Lease.Connector].RemoveAsync(session);
                await session.DisposeAsync();
            }
        }
    }

    private async Task GiveBackAsync(OperatorSession session)
    {
        await session.DisposeAsync();
        try
        {
            await slots.ReleaseAsync(session.Lease, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            // The lease runs out by itself.
            WorkersLog.SlotsUnknown(logger, e.Message);
        }
    }

    private static bool SameBind(Connector a, Connector b) =>
        (a.Operator, a.Host, a.Port, a.Tls, a.SystemId, a.Password, a.SystemType)
            == (b.Operator, b.Host, b.Port, b.Tls, b.SystemId, b.Password, b.SystemType)
        && (a.InterfaceVersion, a.BindType, a.Window, a.EnquireLinkSeconds, a.DlrIdFormat, a.LongMessages, a.Uncertain)
            == (b.InterfaceVersion, b.BindType, b.Window, b.EnquireLinkSeconds, b.DlrIdFormat, b.LongMessages, b.Uncertain);
}
