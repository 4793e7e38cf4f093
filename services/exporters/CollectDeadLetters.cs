using System.Text.Json;
using Messaging;
using Npgsql;
using Persistence.DeadLetters;

namespace Exporters;

/// <summary>
/// Queues <c>&lt;queue&gt;-dead</c> → table <c>dead_letters</c>, the same for every adapter. Exporters compete: a copy made twice is one row, and
/// the envelope is completed after its rows are committed.
/// </summary>
internal sealed class CollectDeadLetters(
    IMessageQueue queue,
    DeadLetterStore store,
    ExportersOptions options,
    TimeProvider time,
    ILogger<CollectDeadLetters> logger
) : BackgroundService
{
    private const int Batch = 10;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var names = (await queue.ListAsync(stoppingToken)).Where(DeadLetters.IsDeadLetterQueue);
                var parallel = new ParallelOptions
                {
                    MaxDegreeOfParallelism = options.DeadLetterQueuesAtOnce,
                    CancellationToken = stoppingToken,
                };
                await Parallel.ForEachAsync(names, parallel, async (name, ct) => await TryCollectAsync(name, ct));
                await store.ForgetReplayedAsync(options.ReplayedKept, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsAway(e))
            {
                ExportersLog.DeadLettersDelayed(logger, "all queues", e.Message);
            }

            await Task.Delay(options.DeadLetterInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What is received and not kept comes back when its visibility ends.</summary>
    private async Task TryCollectAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            while (await CollectAsync(name, cancellationToken)) { }
        }
        catch (Exception e) when (IsAway(e))
        {
            ExportersLog.DeadLettersDelayed(logger, name, e.Message);
        }
    }

    /// <returns>True when there may be more.</returns>
    private async Task<bool> CollectAsync(string name, CancellationToken cancellationToken)
    {
        var received = await queue.ReceiveAsync(name, Batch, options.DeadLetterWait, cancellationToken);
        if (received.Count == 0)
        {
            return false;
        }

        var diedOn = name[..^DeadLetters.Suffix.Length];
        var letters = received.SelectMany(envelope =>
            DeadLetterCodec.Read(envelope).Select((letter, i) => Row(diedOn, envelope, letter, i))
        );
        var kept = await store.KeepAsync([.. letters], cancellationToken);
        if (kept > 0)
        {
            ExportersLog.DeadLettersKept(logger, kept, diedOn);
        }

        await queue.CompleteAsync(name, received, cancellationToken);
        return true;
    }

    private static NewDeadLetter Row(string diedOn, ReceivedEnvelope envelope, DeadLetter letter, int position)
    {
        var (item, account) = WhoOf(letter);
        return new NewDeadLetter
        {
            Queue = diedOn,
            EnvelopeId = envelope.Id,
            Position = position,
            Kind = (short)letter.Kind,
            Items = letter.Items,
            Failures = letter.Failures,
            Reason = letter.Reason,
            ItemId = item,
            Account = account,
            BootId = letter.BootId,
            SentAt = letter.SentAt,
            DeadAt = envelope.EnqueuedAt,
            Body = letter.Body,
        };
    }

    /// <summary>Whose it is, where that much can be read: a message is its own id, a routed one has the message inside, a receipt has an id of its own.</summary>
    private static (Guid? Item, string? Account) WhoOf(DeadLetter letter)
    {
        if (letter.Kind != DeadLetterKind.Message)
        {
            return default;
        }

        try
        {
            using var document = JsonDocument.Parse(letter.Body);
            var message = document.RootElement;
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("message"u8, out var inner))
            {
                message = inner;
            }

            var id = Text(message, "id"u8) ?? Text(message, "receiptId"u8);
            return (Guid.TryParse(id, out var item) ? item : null, Text(message, "account"u8));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Strings that are no UTF-8: it is kept without a name.
            return default;
        }
    }

    private static string? Text(JsonElement element, ReadOnlySpan<byte> name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool IsAway(Exception error) => error is NpgsqlException or TimeoutException or IOException;
}
