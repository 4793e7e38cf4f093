using Contracts;
using Messaging;
using Persistence.Ledger;
using ServiceDefaults;

namespace Router;

/// <summary>Queue <c>inbound</c> → <c>inbound_messages</c>: what operators delivered is kept under its id, once.</summary>
internal sealed class KeepInbound(
    IMessageQueue queue,
    MessageLedger ledger,
    RouterOptions options,
    EnvelopeReaderOptions readerOptions,
    TimeProvider time,
    ILogger<KeepInbound> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var reader = new EnvelopeReader<InboundReceived>(
            queue,
            QueueNames.Inbound,
            ContractsJson.Default.InboundReceived,
            readerOptions,
            time,
            logger
        );
        await new QueueConsumer<InboundReceived>(
            reader,
            async (batch, cancellationToken) =>
            {
                await ledger.KeepInboundAsync([.. batch.SelectMany(lease => lease.Items).Select(item => item.Value)], cancellationToken);
                FaultPoints.Pass(FaultPoints.InboundBeforeSettle);
            },
            options.Consumer with
            {
                Concurrency = 1,
            },
            time,
            logger
        ).RunAsync(stoppingToken);
    }
}
