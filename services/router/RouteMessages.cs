using System.Collections.Concurrent;
using Contracts;
using Messaging;
using Persistence.Ledger;
using Persistence.Snapshot;
using Policy;
using ServiceDefaults;

namespace Router;

/// <summary>
/// Queue <c>submit</c> → ledger → queue <c>dispatch-&lt;connector&gt;</c>. Decides once: the verdict is committed under the message's
/// id, and a redelivered item gets the stored one. An envelope is settled after everything in it was dispatched.
/// </summary>
internal sealed class RouteMessages(
    IMessageQueue queue,
    MessageLedger ledger,
    SnapshotSource configuration,
    EnvelopeSender<MessageEvent> events,
    DispatchSenders dispatch,
    RouterOptions options,
    EnvelopeReaderOptions readerOptions,
    TimeProvider time,
    ILogger<RouteMessages> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await configuration.Loaded.WaitAsync(stoppingToken);
        await using var reader = new EnvelopeReader<MessageSubmitted>(
            queue,
            QueueNames.Submit,
            ContractsJson.Default.MessageSubmitted,
            readerOptions,
            time,
            logger
        );
        await new QueueConsumer<MessageSubmitted>(reader, RouteAsync, options.Consumer, time, logger).RunAsync(stoppingToken);
    }

    private async Task RouteAsync(IReadOnlyList<EnvelopeLease<MessageSubmitted>> batch, CancellationToken cancellationToken)
    {
        var snapshot = configuration.Current;
        var now = time.GetUtcNow();
        var items = batch.SelectMany(lease => lease.Items).ToList();

        // :: Step 1: decide, in memory.
        var verdicts = items.ConvertAll(item =>
        {
            var choice = RouteChooser.Choose(snapshot, item.Value, now);
            return new Verdict(item.Lease.BootId, item.Value, choice.Connector, choice.Route, choice.Rejection);
        });

        // :: Step 2: commit. From here on the stored verdicts count, not ours.
        var stored = await ledger.RecordAsync(verdicts, cancellationToken);

        FaultPoints.Pass(FaultPoints.RecordedBeforeDispatch);

        // :: Step 3: dispatch, and only then settle (each item by its own outcome).
        var dispatched = new Task[items.Count];
        for (var i = 0; i < dispatched.Length; i++)
        {
            dispatched[i] = DispatchAsync(items[i], stored[i], now, cancellationToken);
        }

        await Task.WhenAll(dispatched);
        FaultPoints.Pass(FaultPoints.DispatchedBeforeSettle);
    }

    private async Task DispatchAsync(
        LeasedItem<MessageSubmitted> item,
        StoredVerdict verdict,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        SendOutcome outcome;
        // A raised generation is dispatched from the ledger by whoever raised it: a re-drive, a replace (this copy has the old text).
        if (verdict.State.IsFinal() || verdict.IsClaimed || verdict.State > MessageState.Routed || verdict.Generation > 0)
        {
            item.Complete();
            return;
        }

        if (verdict.IsCancelled && verdict.Connector is not null)
        {
            // Cancelled before there was a row.
            outcome = await events.SendAsync(new MessageCancelled { Id = item.Value.Id, At = now }, cancellationToken);
        }
        else if (verdict.State == MessageState.Scheduled)
        {
            // Its row has the time; DispatchDue sends it then.
            item.Complete();
            return;
        }
        else if (verdict.Connector is { } connector)
        {
            var routed = new MessageRouted
            {
                Message = item.Value,
                Connector = connector,
                Generation = verdict.Generation,
            };
            outcome = await dispatch.SendAsync(routed, cancellationToken);
        }
        else
        {
            var rejected = new MessageRejected
            {
                Id = item.Value.Id,
                At = now,
                Reason = verdict.Rejection ?? "rejected",
            };
            outcome = await events.SendAsync(rejected, cancellationToken);
        }

        if (outcome == SendOutcome.Stored)
        {
            item.Complete();
        }
        else
        {
            // Recorded, not dispatched: the redelivery reads the stored verdict and sends it again.
            RouterLog.NotDispatched(logger, item.Value.Id, outcome);
            item.Release(options.DispatchRetry);
        }
    }
}

/// <summary>
/// One group-committing sender per dispatch queue, made when its connector is first used. A connector has two lanes, by priority_flag.
/// </summary>
internal sealed class DispatchSenders(
    IMessageQueue queue,
    SnapshotSource snapshots,
    EnvelopeSenderOptions options,
    IConfiguration configuration,
    TimeProvider time,
    ILogger<DispatchSenders> logger
) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Queue, int Items), EnvelopeSender<MessageRouted>> senders = new();

    public ValueTask<SendOutcome> SendAsync(MessageRouted message, CancellationToken cancellationToken)
    {
        var name = QueueNames.Dispatch(message.Connector, message.Message.PriorityFlag);
        return senders.GetOrAdd((name, Items(message.Connector)), Create).SendAsync(message, cancellationToken);
    }

    /// <summary>
    /// An envelope holds about a second of what a slow operator allows at most, in powers of ten: one worker takes all of it, and what it
    /// can't send soon would wait there while the others have nothing to do.
    /// </summary>
    private int Items(string connector) =>
        snapshots.Current.Connectors.GetValueOrDefault(connector)?.Tps switch
        {
            < 10 => 1,
            < 100 => Math.Min(10, options.MaxItems),
            _ => options.MaxItems,
        };

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in senders.Values)
        {
            await sender.DisposeAsync();
        }
    }

    private EnvelopeSender<MessageRouted> Create((string Queue, int Items) key) =>
        new(
            queue,
            key.Queue,
            ContractsJson.Default.MessageRouted,
            options.ForHandOver() with
            {
                MaxItems = key.Items,
            },
            PlatformProcess.BootId(configuration),
            time,
            logger,
            static routed => routed.Message.Account
        );
}
