using System.Collections.Concurrent;
using Contracts;
using Messaging;
using Npgsql;
using Persistence;
using Persistence.Configuration;
using Persistence.Leases;
using Persistence.Ledger;
using Persistence.Snapshot;

namespace Workers;

/// <summary>
/// Takes, renews, hands on and gives back bind slots, and keeps one <see cref="ClaimAndSend"/> per connector. Only a slot's holder opens a bind,
/// so the operator never sees more binds than it allows, whatever the number of workers.
/// </summary>
internal sealed partial class HoldBindSlots(
    BindSlots slots,
    ServiceInstance instance,
    SnapshotSource configuration,
    Notifications notifications,
    IMessageQueue queue,
    MessageLedger ledger,
    AnswerWriter answers,
    EnvelopeSender<MessageEvent> events,
    EnvelopeSender<InboundReceived> inbound,
    OperatorCredentials credentials,
    WorkersOptions options,
    EnvelopeReaderOptions readerOptions,
    IConfiguration settings,
    TimeProvider time,
    ILogger<HoldBindSlots> logger
) : BackgroundService
{
    private readonly ConcurrentDictionary<string, ClaimAndSend> lanes = new();

    /// <summary>Slots on their way back: their leases are renewed until the bind is closed, so that nobody else binds before.</summary>
    private readonly ConcurrentDictionary<OperatorSession, Task> leaving = new();
    private readonly Dictionary<string, OutbindPort> ports = [];
    private readonly OfferedSlots offered = new(options.HandOnRest, time);
    private readonly WakeUp reportNow = new();
    private readonly WakeUp lookNow = new();
    private readonly HashSet<string>? only = settings["PLATFORM_CONNECTORS"] is { Length: > 0 } names
        ? [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
        : null;

    private long? unevenSince;

    /// <summary>Whether a bind here has less of its connector's parts a second than it is to have.</summary>
    private bool isShort;

    /// <summary>Rounding is no reason to ask again.</summary>
    private const double Enough = 0.999;

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

        await Task.WhenAll(
            RepeatAsync(FollowAsync, () => NextLookAsync(stoppingToken), stoppingToken),
            RepeatAsync(RenewAsync, () => NextReportAsync(stoppingToken), stoppingToken),
            notifications.ListenAsync(Notifications.Slots, OnSlotsChanged, stoppingToken)
        );
        await LeaveAsync();
    }

    /// <summary>The leases are renewed while the binds drain: nobody else may bind before they are closed.</summary>
    private async Task LeaveAsync()
    {
        using var left = new CancellationTokenSource();
        var renewing = RepeatAsync(RenewAsync, () => NextReportAsync(left.Token), left.Token);
        await TryAsync(slots.LeaveAsync);
        await Task.WhenAll(lanes.Values.Select(lane => lane.DrainAsync()));
        await Task.WhenAll(lanes.Values.SelectMany(lane => lane.Sessions).Select(GiveBackAsync));
        await Task.WhenAll(leaving.Values);
        foreach (var lane in lanes.Values)
        {
            await lane.DisposeAsync();
        }

        await left.CancelAsync();
        await renewing;
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> work, Func<Task> pause, CancellationToken stoppingToken)
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

            await pause().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes the slots held here follow the configuration and the other workers: unwanted ones are closed, free ones taken.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var snapshot = configuration.Current;
        CloseUnwanted(snapshot);
        await ObeyAsync(cancellationToken);

        // Before the rows are read: what is given back meanwhile still counts as ours in them.
        var isSettled = leaving.IsEmpty;
        var (workers, read) = await slots.ReadAsync(cancellationToken);
        var rows = read.ConvertAll(StillOurs);
        offered.Follow(rows, instance.Id);
        if (!workers.Exists(worker => worker.Id == instance.Id))
        {
            workers.Add(new SlotWorker(instance.Id, only?.ToList()));
        }

        var enabled = snapshot.Connectors.Values.Where(connector => connector.Enabled).ToDictionary(c => c.Id, c => c.Binds);
        var balance = new SlotBalance(instance.Id, enabled, workers, rows);
        HandOn(balance, workers.Count, isSettled && !rows.Exists(IsOffered));
        await AcquireAsync(balance, snapshot, rows, cancellationToken);
    }

    /// <summary>
    /// A lease of ours that ran out while the database was away, and that nobody took since, is renewed and not taken anew: with another fence
    /// the bind that outlived the outage would be closed for nothing.
    /// </summary>
    private BindSlotRow StillOurs(BindSlotRow row) =>
        row.Holder == instance.Id
        && lanes.TryGetValue(row.Connector, out var lane)
        && lane.Sessions.Any(session => session.Lease.Slot == row.Slot && session.Lease.Fence == row.Fence)
            ? row with
            {
                IsLeased = true,
            }
            : row;

    private void CloseUnwanted(ConfigSnapshot snapshot)
    {
        foreach (var (id, lane) in lanes)
        {
            var wanted = snapshot.Connectors.GetValueOrDefault(id);
            if (wanted is not null)
            {
                lane.Connector = wanted;
            }

            foreach (var session in lane.Sessions)
            {
                if (wanted is null || !wanted.Enabled || session.Lease.Slot >= wanted.Binds || !SameBind(wanted, session.Connector))
                {
                    Leave(lane, session);
                }
            }
        }
    }

    /// <summary>
    /// Hands one slot on where another worker should have it, after it has been so for a while; the next one as soon as somebody has taken that.
    /// </summary>
    /// <param name="balance">Who should have what.</param>
    /// <param name="workers">How many there are.</param>
    /// <param name="isSettled">Whether what was handed on before is somebody's.</param>
    private void HandOn(SlotBalance balance, int workers, bool isSettled)
    {
        if (balance.Surplus() is not { } surplus || !lanes.TryGetValue(surplus, out var lane) || lane.Sessions.Count == 0)
        {
            unevenSince = null;
            return;
        }

        var now = time.GetTimestamp();
        unevenSince ??= now;
        if (time.GetElapsedTime(unevenSince.Value, now) < options.BalanceAfter || !isSettled)
        {
            return;
        }

        var session = lane.Sessions[^1];
        offered.Offer(surplus, session.Lease.Slot);
        WorkersLog.SlotHandedOn(logger, surplus, session.Lease.Slot, workers);
        Leave(lane, session);
    }

    /// <summary>A slot that this worker handed on, that its connector still has, and that nobody has taken yet.</summary>
    private bool IsOffered(BindSlotRow row) =>
        offered.Has(row) && lanes.TryGetValue(row.Connector, out var lane) && row.Slot < lane.Connector.Binds;

    private async Task AcquireAsync(
        SlotBalance balance,
        ConfigSnapshot snapshot,
        List<BindSlotRow> rows,
        CancellationToken cancellationToken
    )
    {
        var slotsOf = rows.ToLookup(row => row.Connector);
        foreach (var connector in snapshot.Connectors.Values.Where(c => c.Enabled).OrderBy(c => c.Id, StringComparer.Ordinal))
        {
            if (only is not null && !only.Contains(connector.Id))
            {
                continue;
            }

            var free = slotsOf[connector.Id].Where(row => !row.IsLeased && row.Slot < connector.Binds).ToList();
            // Which of them are taken does not matter to the operator: as many as are offered stay for the others.
            var others = free.RemoveAll(offered.Has);
            var isKnown = slotsOf[connector.Id].Count() >= connector.Binds;
            // A dead process that ran in our own place keeps its leases for a while: they are ours already.
            if (isKnown && free.Count == 0 && !slotsOf[connector.Id].Any(row => row.Holder is not null && row.Holder != instance.Id))
            {
                continue;
            }

            // Never held, or left over by a dead holder: nobody waits for anybody.
            var waitedLong = !isKnown || free.Exists(row => IsLeftOver(row) || row.FreeFor >= options.FreeSlotGrace);
            var missing = Math.Min(balance.Missing(connector.Id, waitedLong), others > 0 ? free.Count : int.MaxValue);
            if (missing <= 0)
            {
                continue;
            }

            var lane = lanes.GetOrAdd(
                connector.Id,
                _ => new ClaimAndSend(connector, configuration, queue, ledger, answers, events, options, readerOptions, time, logger)
            );
            var sentAt = time.GetTimestamp();
            var leases = await slots.AcquireAsync(connector.Id, connector.Binds, missing, cancellationToken);
            balance.Took(connector.Id, leases.Count);
            foreach (var lease in leases)
            {
                WorkersLog.SlotTaken(logger, lease.Connector, lease.Slot, lease.Fence);
                lane.Add(
                    new OperatorSession(
                        lease,
                        connector,
                        () => lane.Connector.DlrIdFormat,
                        credentials,
                        options,
                        events,
                        inbound,
                        connector.IsCalled ? slot => Join(connector, lane, slot) : null,
                        sentAt,
                        () => OnChanged(lane),
                        time,
                        logger
                    )
                );
            }
        }
    }

    /// <summary>A slot waits on the port of its connector for a call: the one that its other slots here wait on, or a new one.</summary>
    private CalledLink Join(Connector connector, ClaimAndSend lane, OperatorSession slot)
    {
        var before = ports.GetValueOrDefault(connector.Id);
        if (before is not null && SameBind(before.Connector, connector) && before.TryJoin(slot.MayBind, slot.IsLeased) is { } joined)
        {
            return joined;
        }

        var handler = new ReceiveFromOperator(connector, () => lane.Connector.DlrIdFormat, events, inbound, time);
        var port = new OutbindPort(connector, before?.Closed ?? Task.CompletedTask, handler, credentials, options, settings, time, logger);
        ports[connector.Id] = port;
        return port.TryJoin(slot.MayBind, slot.IsLeased)!;
    }

    /// <summary>By a holder that is dead, or frozen.</summary>
    private static bool IsLeftOver(BindSlotRow row) => row.Holder is not null;

    private bool SameBind(Connector a, Connector b) =>
        (a.Operator, a.Host, a.Port, a.Tls, a.SystemId, a.SystemType) == (b.Operator, b.Host, b.Port, b.Tls, b.SystemId, b.SystemType)
        && credentials.AreSame(a, b)
        && (a.InterfaceVersion, a.BindType, a.Window, a.EnquireLinkSeconds, a.Overlap)
            == (b.InterfaceVersion, b.BindType, b.Window, b.EnquireLinkSeconds, b.Overlap)
        && (a.OutbindPort, a.OutbindSystemId) == (b.OutbindPort, b.OutbindSystemId);
}
