using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>
/// This process, as others know it: an id made at its start (the boot id) and a heartbeat row while it lives. Its run key names the
/// place it runs in (RUN_DIR and service): a process started in the same place knows that its predecessor is dead and may take
/// over that one's leases at once. Both come from the host's configuration (Platform:BootId, Platform:RunKey).
/// </summary>
public sealed class ServiceInstance(
    IConfiguration configuration,
    NpgsqlDataSource source,
    TimeProvider time,
    ILogger<ServiceInstance> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly string service = configuration["Platform:Service"] ?? "unknown";

    private readonly string[]? connectors = configuration["PLATFORM_CONNECTORS"] is { Length: > 0 } names
        ? names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : null;

    /// <summary>This start of this process.</summary>
    public Guid Id { get; } = Guid.TryParse(configuration["Platform:BootId"], out var id) ? id : Guid.NewGuid();

    /// <summary>The place it runs in; null when there is no such place.</summary>
    public string? RunKey { get; } = configuration["Platform:RunKey"];

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(
            "delete from service_instances where id = $1 or heartbeat_at < now() - interval '1 day'",
            [MessageLedger.Value(Id)],
            cancellationToken
        );
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync(
                """
                insert into service_instances (id, service, host, process_id, connectors) values ($1, $2, $3, $4, $5)
                on conflict (id) do update set heartbeat_at = now()
                """,
                [
                    MessageLedger.Value(Id),
                    MessageLedger.Value(service),
                    MessageLedger.Value(Environment.MachineName),
                    MessageLedger.Value(Environment.ProcessId),
                    new NpgsqlParameter
                    {
                        Value = (object?)connectors ?? DBNull.Value,
                        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
                    },
                ],
                stoppingToken
            );
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TryAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = source.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            PersistenceLog.HeartbeatLate(logger, e.Message);
        }
    }
}
