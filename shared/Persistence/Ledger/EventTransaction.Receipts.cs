using System.Text.Json;
using Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Persistence.Ledger;

public sealed partial class EventTransaction
{
    /// <summary>Receipts found in another way than configured, counted with the commit.</summary>
    private readonly Dictionary<(string Connector, ReceiptRescue Kind), int> rescues = [];

    /// <summary>
    /// Finds the message of each receipt, among those of its operator. An id that was used again belongs to its newest open message. First by
    /// the id as the connector is configured; where that finds nothing, or a message for another number, by what else the receipt's
    /// ids can mean (<see cref="OperatorId.Readings"/>, TLV before text) and only for a message whose recipient is in the receipt: a number
    /// read in the other base must not end a stranger's message.
    /// </summary>
    /// <param name="receipts">The receipts.</param>
    /// <param name="waited">True for receipts that were parked: a message for another number is taken now when the id as configured names it and nothing better came meanwhile.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>One answer per receipt, in order; null where no id matches.</returns>
    public async Task<ReceiptMatch?[]> MatchAsync(IReadOnlyList<ReceiptReceived> receipts, bool waited, CancellationToken cancellationToken)
    {
        var matches = new ReceiptMatch?[receipts.Count];
        var configured = new List<ReceiptReading>(receipts.Count);
        for (var i = 0; i < receipts.Count; i++)
        {
            if (receipts[i].CanonicalId.Length > 0)
            {
                configured.Add(new ReceiptReading(i, receipts[i].CanonicalId, null));
            }
        }

        var strangers = new ReceiptMatch?[receipts.Count];
        foreach (var (reading, candidate) in await ReadCandidatesAsync(receipts, configured, cancellationToken))
        {
            var fit = Recipients.Compare(receipts[reading.Receipt], candidate.Destination);
            if (fit != RecipientFit.Other)
            {
                matches[reading.Receipt] ??= candidate.Match;
            }
            else
            {
                strangers[reading.Receipt] ??= candidate.Match;
            }
        }

        await RescueAsync(receipts, matches, cancellationToken);
        for (var i = 0; i < matches.Length; i++)
        {
            if (matches[i] is null && waited && strangers[i] is { } stranger)
            {
                matches[i] = stranger with { Rescue = ReceiptRescue.OtherNumber };
            }

            if (matches[i]?.Rescue is { } kind)
            {
                var key = (receipts[i].Connector, kind);
                rescues[key] = rescues.GetValueOrDefault(key) + 1;
            }
        }

        return matches;
    }

    /// <summary>What the configured reading did not find: the other readings, in order, each only for the recipient that the receipt names.</summary>
    private async Task RescueAsync(IReadOnlyList<ReceiptReceived> receipts, ReceiptMatch?[] matches, CancellationToken cancellationToken)
    {
        var readings = new List<ReceiptReading>();
        for (var i = 0; i < matches.Length; i++)
        {
            if (matches[i] is null)
            {
                readings.AddRange(ReceiptReading.Others(i, receipts[i]));
            }
        }

        if (readings.Count == 0)
        {
            return;
        }

        foreach (var (reading, candidate) in await ReadCandidatesAsync(receipts, readings, cancellationToken))
        {
            var fit = Recipients.Compare(receipts[reading.Receipt], candidate.Destination);
            if (fit == RecipientFit.Same || fit == RecipientFit.Unknown && reading.Rescue == ReceiptRescue.Text)
            {
                matches[reading.Receipt] ??= candidate.Match with { Rescue = reading.Rescue };
            }
        }
    }

    /// <summary>The messages that have the readings' ids: in the order of the readings, of each open ones first, then the newest.</summary>
    private async Task<List<(ReceiptReading Reading, Candidate Candidate)>> ReadCandidatesAsync(
        IReadOnlyList<ReceiptReceived> receipts,
        List<ReceiptReading> readings,
        CancellationToken cancellationToken
    )
    {
        // 8: an operator that gives an id so often within the days that ids are kept is beyond help.
        await using var command = Command(
            """
            select i.ord, o.message_id, o.part, o.parts, o.destination
            from unnest($1::text[], $2::text[]) with ordinality as i (operator, canonical_id, ord)
            join lateral (
                select o.message_id, o.part, o.parts, m.destination, m.state < 10 as is_open
                from operator_ids o join messages m on m.id = o.message_id
                where o.operator = i.operator and o.canonical_id = i.canonical_id
                order by m.state < 10 desc, o.message_id desc limit 8
            ) o on true
            order by i.ord, o.is_open desc, o.message_id desc
            """
        );
        command.Parameters.Add(MessageLedger.Column(readings, r => receipts[r.Receipt].Operator, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(readings, r => r.CanonicalId, NpgsqlDbType.Text));
        var candidates = new List<(ReceiptReading, Candidate)>(readings.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var match = new ReceiptMatch(new MessageId(reader.GetGuid(1)), reader.GetInt16(2), reader.GetInt16(3));
            candidates.Add((readings[(int)reader.GetInt64(0) - 1], new Candidate(match, reader.GetString(4))));
        }

        return candidates;
    }

    private readonly record struct Candidate(ReceiptMatch Match, string Destination);

    /// <summary>Keeps receipts whose message is not known yet, to be tried again.</summary>
    public async Task ParkAsync(IReadOnlyList<ReceiptReceived> receipts, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            insert into parked_receipts (receipt_id, operator, canonical_id, receipt, due_at)
            select i.id, i.operator, i.canonical_id, i.receipt, now() + $5
            from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as i (id, operator, canonical_id, receipt)
            on conflict do nothing
            """
        );
        command.Parameters.Add(MessageLedger.Column(receipts, r => r.ReceiptId, NpgsqlDbType.Uuid));
        command.Parameters.Add(MessageLedger.Column(receipts, r => r.Operator, NpgsqlDbType.Text));
        command.Parameters.Add(MessageLedger.Column(receipts, r => r.CanonicalId, NpgsqlDbType.Text));
        command.Parameters.Add(
            MessageLedger.Column(receipts, r => JsonSerializer.Serialize(r, ContractsJson.Default.ReceiptReceived), NpgsqlDbType.Text)
        );
        command.Parameters.Add(MessageLedger.Value(delay));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes parked receipts that are due, for this transaction alone, with how often each was tried. Those matched are removed by
    /// <see cref="UnparkAsync"/>; the others by <see cref="ParkAgainAsync"/> wait longer or become unmatched.
    /// </summary>
    public async Task<List<ReceiptReceived>> TakeParkedAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(
            "select receipt from parked_receipts where due_at <= now() order by due_at limit $1 for update skip locked"
        );
        command.Parameters.Add(MessageLedger.Value(limit));
        var receipts = new List<ReceiptReceived>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            receipts.Add(JsonSerializer.Deserialize(reader.GetString(0), ContractsJson.Default.ReceiptReceived)!);
        }

        return receipts;
    }

    /// <summary>Removes parked receipts that found their message.</summary>
    public async Task UnparkAsync(IReadOnlyList<ReceiptReceived> receipts, CancellationToken cancellationToken)
    {
        await using var command = Command("delete from parked_receipts where receipt_id = any ($1)");
        command.Parameters.Add(MessageLedger.Column(receipts, r => r.ReceiptId, NpgsqlDbType.Uuid));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Lets receipts wait half a second, then each time twice as long, at most an hour; after <paramref name="giveUpAfter"/> they are kept as
    /// unmatched.
    /// </summary>
    /// <returns>How many were given up.</returns>
    public async Task<int> ParkAgainAsync(
        IReadOnlyList<ReceiptReceived> receipts,
        TimeSpan giveUpAfter,
        CancellationToken cancellationToken
    )
    {
        var ids = receipts.Select(r => r.ReceiptId).ToArray();
        await using (
            var again = Command(
                """
                update parked_receipts
                set tries = tries + 1, due_at = now() + least(interval '1 hour', interval '0.5 seconds' * power(2, least(tries, 14)))
                where receipt_id = any ($1) and parked_at > now() - $2
                """
            )
        )
        {
            again.Parameters.Add(MessageLedger.Array(ids, NpgsqlDbType.Uuid));
            again.Parameters.Add(MessageLedger.Value(giveUpAfter));
            await again.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var give = Command(
            """
            with given_up as (
                delete from parked_receipts where receipt_id = any ($1) and parked_at <= now() - $2
                returning receipt_id, operator, canonical_id, receipt
            )
            insert into unmatched_receipts (receipt_id, operator, canonical_id, receipt, reason)
            select receipt_id, operator, canonical_id, receipt, 'no message has this operator id' from given_up
            on conflict do nothing
            """
        );
        give.Parameters.Add(MessageLedger.Array(ids, NpgsqlDbType.Uuid));
        give.Parameters.Add(MessageLedger.Value(giveUpAfter));
        return await give.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The last statement before the commit: its rows are few and every processor's, so their locks are held for a moment only.</summary>
    private NpgsqlBatchCommand CountRescues()
    {
        // In one order everywhere: two processors never wait for each other.
        var counts = rescues.OrderBy(rescue => rescue.Key.Connector, StringComparer.Ordinal).ThenBy(rescue => rescue.Key.Kind).ToList();
        var count = new NpgsqlBatchCommand(
            """
            insert into receipt_rescues (connector, kind, count)
            select * from unnest($1::text[], $2::smallint[], $3::integer[])
            on conflict (connector, kind) do update set count = receipt_rescues.count + excluded.count, last_at = now()
            """
        );
        count.Parameters.Add(MessageLedger.Column(counts, c => c.Key.Connector, NpgsqlDbType.Text));
        count.Parameters.Add(MessageLedger.Column(counts, c => (short)c.Key.Kind, NpgsqlDbType.Smallint));
        count.Parameters.Add(MessageLedger.Column(counts, c => c.Value, NpgsqlDbType.Integer));
        return count;
    }
}
