using Npgsql;
using Persistence.Ledger;

namespace Persistence.Leases;

/// <summary>Work that one process at a time does for all: whoever holds the named lease.</summary>
public sealed class LeaderLease(NpgsqlDataSource source, ServiceInstance instance, string name)
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(30);

    /// <summary>Takes or renews the lease.</summary>
    /// <returns>True when this process leads for the next 30 seconds.</returns>
    public async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            insert into leader_leases as l (name, holder, fence, expires_at) values ($1, $2, 1, now() + $3)
            on conflict (name) do update
            set holder = excluded.holder, expires_at = excluded.expires_at,
                fence = case when l.holder = excluded.holder then l.fence else l.fence + 1 end
            where l.holder = excluded.holder or l.expires_at <= now()
            returning true
            """
        );
        command.Parameters.Add(MessageLedger.Value(name));
        command.Parameters.Add(MessageLedger.Value(instance.Id));
        command.Parameters.Add(MessageLedger.Value(TimeToLive));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
