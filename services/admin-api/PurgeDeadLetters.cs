using System.Text.Json;
using AdminApi.Resources;
using Contracts;
using Messaging;
using Npgsql;
using Persistence;
using Persistence.DeadLetters;
using Persistence.Ledger;

namespace AdminApi;

/// <summary>
/// Gives dead letters up. A letter of <c>submit</c> is a message that was answered OK and is not in the ledger: it is recorded there as
/// rejected, so that its customer is told and the books stay balanced; where it can't be, its row is kept without the body.
/// </summary>
internal sealed class PurgeDeadLetters(
    DeadLetterStore store,
    MessageLedger ledger,
    EnvelopeSender<MessageEvent> events,
    TimeProvider time,
    ILogger<PurgeDeadLetters> logger
)
{
    /// <summary>Letters per transaction: some seconds where each has to be recorded.</summary>
    private const int Batch = 500;

    public async Task<PurgeDocument> RunAsync(DeadLetterFilter filter, string actor, CancellationToken cancellationToken)
    {
        long purged = 0;
        long rejected = 0;
        long unended = 0;
        while (true)
        {
            var taken = await store.PurgeAsync(filter, Batch, actor, EndAsync, cancellationToken);
            if (taken == 0)
            {
                return new PurgeDocument(purged, rejected, unended);
            }

            purged += taken;
        }

        async Task<IReadOnlyList<long>> EndAsync(IReadOnlyList<DeadLetterRow> rows, CancellationToken ct)
        {
            var without = new List<long>();
            foreach (var row in rows.Where(row => row.Queue == QueueNames.Submit))
            {
                switch (await RejectAsync(row, actor, ct))
                {
                    case true:
                        rejected++;
                        break;
                    case null:
                        unended++;
                        without.Add(row.Id);
                        break;
                }
            }

            return without;
        }
    }

    /// <returns>True: rejected now. False: it was in the ledger already, and goes its way there. Null: it cannot be recorded.</returns>
    private async Task<bool?> RejectAsync(DeadLetterRow row, string actor, CancellationToken cancellationToken)
    {
        if (row.Kind != (short)DeadLetterKind.Message || Read(row.Body) is not { } message)
        {
            return null;
        }

        try
        {
            var verdict = new Verdict(row.BootId ?? Guid.Empty, message, null, null, $"given up as a dead letter: {row.Reason}");
            var stored = (await ledger.RecordAsync([verdict], cancellationToken))[0];
            if (stored.Connector is not null || stored.Rejection != verdict.Rejection || stored.State.IsFinal())
            {
                return false;
            }
        }
        catch (PostgresException e) when (!PlatformDatabase.IsTransient(e))
        {
            AdminApiLog.PurgedWithoutEnd(logger, row.Id, actor, e.MessageText);
            return null;
        }

        // Where this is not stored, the auditor finds a verdict without an end and repeats the event.
        var rejection = new MessageRejected
        {
            Id = message.Id,
            At = time.GetUtcNow(),
            Reason = $"given up as a dead letter: {row.Reason}",
        };
        await events.SendAsync(rejection, cancellationToken);
        return true;
    }

    private static MessageSubmitted? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, ContractsJson.Default.MessageSubmitted);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // No message: nobody can end it.
            return null;
        }
    }
}
