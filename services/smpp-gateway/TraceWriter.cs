using Npgsql;
using Persistence.Leases;

namespace SmppGateway;

/// <summary>Writes what the <see cref="PduTracer"/> saw, all sessions' in one statement. What the database does not take is left out of the trace.</summary>
internal sealed class TraceWriter(
    PduTracer tracer,
    TracedPdus table,
    GatewayOptions options,
    TimeProvider time,
    ILogger<TraceWriter> logger
) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.TraceFlush, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await WriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping: the last of it is written by StopAsync.
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var rows = tracer.TakeRows();
        if (rows.Count == 0)
        {
            return;
        }

        try
        {
            await table.AppendAsync(rows, cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            tracer.Lost(rows);
            GatewayLog.TraceNotWritten(logger, rows.Count, e.Message);
        }
    }
}
