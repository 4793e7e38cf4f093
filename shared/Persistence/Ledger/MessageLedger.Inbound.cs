using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

public sealed partial class MessageLedger
{
    /// <summary>Keeps mobile-originated messages; one that is there already stays as it is.</summary>
    public async Task KeepInboundAsync(IReadOnlyList<InboundReceived> inbound, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            insert into inbound_messages (id, received_at, operator, connector, source_ton, source_npi, source,
                destination_ton, destination_npi, destination, esm_class, data_coding, content, tlvs)
            select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::text[],
                $8::smallint[], $9::smallint[], $10::text[], $11::smallint[], $12::smallint[], $13::bytea[], $14::bytea[])
            on conflict do nothing
            """,
            connection
        );
        command.Parameters.Add(Column(inbound, m => m.Id.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Column(inbound, m => m.ReceivedAt.UtcDateTime, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Column(inbound, m => m.Operator, NpgsqlDbType.Text));
        command.Parameters.Add(Column(inbound, m => m.Connector, NpgsqlDbType.Text));
        command.Parameters.Add(Column(inbound, m => (short)m.Source.Ton, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => (short)m.Source.Npi, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => m.Source.Digits, NpgsqlDbType.Text));
        command.Parameters.Add(Column(inbound, m => (short)m.Destination.Ton, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => (short)m.Destination.Npi, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => m.Destination.Digits, NpgsqlDbType.Text));
        command.Parameters.Add(Column(inbound, m => (short)m.EsmClass, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => (short)m.DataCoding, NpgsqlDbType.Smallint));
        command.Parameters.Add(Column(inbound, m => m.Content, NpgsqlDbType.Bytea));
        command.Parameters.Add(Column(inbound, m => m.Tlvs, NpgsqlDbType.Bytea));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
