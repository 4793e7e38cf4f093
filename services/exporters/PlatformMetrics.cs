using System.Text.Json;
using Contracts;
using Messaging;
using Persistence.DeadLetters;
using Persistence.Ledger;
using ServiceDefaults;

namespace Exporters;

/// <summary>
/// Of the platform, whatever process it is in: queues in messages (not envelopes), the ledger by state, and the two numbers that must be
/// zero at rest.
/// </summary>
internal sealed class PlatformMetrics(IMessageQueue queue, MessageLedger ledger, DeadLetterStore deadLetters, LedgerAuditor auditor)
    : IMetricsSource
{
    public async Task WriteAsync(MetricsText text, CancellationToken cancellationToken)
    {
        await WriteQueuesAsync(text, cancellationToken);
        await WriteLedgerAsync(text, cancellationToken);
        await WriteReceiptsAsync(text, cancellationToken);
    }

    private async Task WriteQueuesAsync(MetricsText text, CancellationToken cancellationToken)
    {
        var depths = new List<(string Queue, QueueDepth Depth)>();
        foreach (var name in await queue.ListAsync(cancellationToken))
        {
            depths.Add((name, await queue.DepthAsync(name, cancellationToken)));
        }

        var dead = await deadLetters.CountAsync(cancellationToken);

        text.Head("smpp_queue_depth", "Messages in the queue: ready, in flight and delayed.");
        foreach (var (name, depth) in depths)
        {
            text.Line($"smpp_queue_depth{{queue=\"{MetricsText.Label(name)}\"}} {depth.Total}");
        }

        text.Head("smpp_queue_oldest_seconds", "Age of the queue's oldest message in seconds; 0 when it is empty.");
        foreach (var (name, depth) in depths)
        {
            text.Line($"smpp_queue_oldest_seconds{{queue=\"{MetricsText.Label(name)}\"}} {depth.OldestAge.TotalSeconds:0.###}");
        }

        text.Head(
            "smpp_dead_letters",
            "Messages that failed too often on the queue and wait for a person, collected or not. The goal is 0."
        );
        foreach (var (name, depth) in depths)
        {
            // Every queue has its line, and a queue that is gone keeps it while it has dead ones.
            if (DeadLetters.IsDeadLetterQueue(name))
            {
                var diedOn = name[..^DeadLetters.Suffix.Length];
                dead[diedOn] = dead.GetValueOrDefault(diedOn) + depth.Total;
            }
            else
            {
                dead.TryAdd(name, 0);
            }
        }

        foreach (var (name, count) in dead.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            text.Line($"smpp_dead_letters{{queue=\"{MetricsText.Label(name)}\"}} {count}");
        }
    }

    private async Task WriteLedgerAsync(MetricsText text, CancellationToken cancellationToken)
    {
        var books = await ledger.ReadBalanceAsync(cancellationToken);
        text.Head("smpp_ledger_messages", "Messages in the ledger by state.");
        foreach (var state in Enum.GetValues<MessageState>())
        {
            var count = books.Sum(balance => balance.States.GetValueOrDefault(state));
            text.Line($"smpp_ledger_messages{{state=\"{state.ToString().ToLowerInvariant()}\"}} {count}");
        }

        text.Head("smpp_ledger_accepted", "Messages answered OK, as of the accepting processes' last checkpoints (every second).");
        text.Line($"smpp_ledger_accepted {books.Sum(balance => balance.Accepted)}");
        text.Head("smpp_ledger_difference", "Accepted less recorded messages: on their way to the ledger, or lost. 0 at rest.");
        text.Line($"smpp_ledger_difference {books.Sum(balance => balance.NotYetRecorded)}");
        var kept = await deadLetters.CountUnrecordedAsync(cancellationToken);
        text.Head(
            "smpp_ledger_dead",
            "Of the difference: dead letters of submit, kept or purged. What remains at rest was lost. The goal is 0."
        );
        text.Line($"smpp_ledger_dead {kept.Values.Sum()}");
        text.Head("smpp_ledger_overdue", "Messages in no final state 24 h after their validity. The goal is 0.");
        text.Line($"smpp_ledger_overdue {auditor.Overdue}");
    }

    private async Task WriteReceiptsAsync(MetricsText text, CancellationToken cancellationToken)
    {
        var loose = await ledger.CountLooseReceiptsAsync(cancellationToken);
        text.Head("smpp_receipts_waiting", "Operators' receipts that have found no message yet and are tried again.");
        text.Line($"smpp_receipts_waiting {loose.Waiting}");
        text.Head("smpp_receipts_unmatched", "Operators' receipts that never found a message and are kept.");
        text.Line($"smpp_receipts_unmatched {loose.Unmatched}");
        text.Head(
            "smpp_receipts_rescued",
            "Receipts that found their message in another way than their connector is configured for, ever."
        );
        foreach (var rescue in await ledger.ReadRescuesAsync(null, cancellationToken))
        {
            var kind = JsonNamingPolicy.CamelCase.ConvertName($"{rescue.Kind}");
            text.Line($"smpp_receipts_rescued{{connector=\"{MetricsText.Label(rescue.Connector)}\",kind=\"{kind}\"}} {rescue.Count}");
        }
    }
}
