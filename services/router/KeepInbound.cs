using Contracts;
using Messaging;
using Persistence.Ledger;

namespace Router;

/// <summary>Queue <c>inbound</c> → <c>inbound_messages</c>: what operators delivered is kept under its id, once.</summary>
internal sealed class KeepInbound(IMessageQueue queue, MessageLedger ledger, TimeProvider time, ILogger<KeepInbound> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var reader = new EnvelopeReader<InboundReceived>(
            queue,
            QueueNames.Inbound,
            ContractsJson.Default.InboundReceived,
            new EnvelopeReaderOptions(),
            time,
            logger
        );
        await new QueueConsumer<InboundReceived>(
            reader,
            (batch, cancellationToken) =>
                ledger.KeepInboundAsync([.. batch.SelectMany(lease => lease.Items).Select(item => item.Value)], cancellationToken),
            RouterOptions.Consumer with
            {
                Concurrency = 1,
            },
            time,
            logger
        ).RunAsync(stoppingToken);
    }
}
