using System.Globalization;
using System.Text;
using System.Text.Json;
using Contracts;
using Messaging;
using Npgsql;
using Persistence.Ledger;

namespace Exporters;

/// <summary>
/// <c>/metrics</c> in Prometheus' text format 0.0.4: queues in messages (not envelopes), the ledger by state, and the two numbers
/// that must be zero at rest.
/// </summary>
internal sealed class MetricsEndpoint(IMessageQueue queue, MessageLedger ledger, LedgerAuditor auditor)
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public async Task WriteAsync(HttpContext context)
    {
        var text = new StringBuilder();
        try
        {
            await WriteQueuesAsync(text, context.RequestAborted);
            await WriteLedgerAsync(text, context.RequestAborted);
            await WriteReceiptsAsync(text, context.RequestAborted);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            // Old numbers would lie: a scrape without an answer is what the alarm on scraping is for.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"the database does not answer: {e.Message}\n", context.RequestAborted);
            return;
        }

        context.Response.ContentType = ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private async Task WriteQueuesAsync(StringBuilder text, CancellationToken cancellationToken)
    {
        var depths = new List<(string Queue, QueueDepth Depth)>();
        foreach (var name in await queue.ListAsync(cancellationToken))
        {
            depths.Add((name, await queue.DepthAsync(name, cancellationToken)));
        }

        Head(text, "smpp_queue_depth", "Messages in the queue: ready, in flight and delayed.");
        foreach (var (name, depth) in depths)
        {
            Line(text, $"smpp_queue_depth{{queue=\"{name}\"}} {depth.Total}");
        }

        Head(text, "smpp_queue_oldest_seconds", "Age of the queue's oldest message in seconds; 0 when it is empty.");
        foreach (var (name, depth) in depths)
        {
            Line(text, $"smpp_queue_oldest_seconds{{queue=\"{name}\"}} {depth.OldestAge.TotalSeconds:0.###}");
        }
    }

    private async Task WriteLedgerAsync(StringBuilder text, CancellationToken cancellationToken)
    {
        var books = await ledger.ReadBalanceAsync(cancellationToken);
        Head(text, "smpp_ledger_messages", "Messages in the ledger by state.");
        foreach (var state in Enum.GetValues<MessageState>())
        {
            var count = books.Sum(balance => balance.States.GetValueOrDefault(state));
            Line(text, $"smpp_ledger_messages{{state=\"{state.ToString().ToLowerInvariant()}\"}} {count}");
        }

        Head(text, "smpp_ledger_accepted", "Messages answered OK, as of the accepting processes' last checkpoints (every second).");
        Line(text, $"smpp_ledger_accepted {books.Sum(balance => balance.Accepted)}");
        Head(text, "smpp_ledger_difference", "Accepted less recorded messages: on their way to the ledger, or lost. 0 at rest.");
        Line(text, $"smpp_ledger_difference {books.Sum(balance => balance.NotYetRecorded)}");
        Head(text, "smpp_ledger_overdue", "Messages in no final state 24 h after their validity. The goal is 0.");
        Line(text, $"smpp_ledger_overdue {auditor.Overdue}");
    }

    private async Task WriteReceiptsAsync(StringBuilder text, CancellationToken cancellationToken)
    {
        var loose = await ledger.CountLooseReceiptsAsync(cancellationToken);
        Head(text, "smpp_receipts_waiting", "Operators' receipts that have found no message yet and are tried again.");
        Line(text, $"smpp_receipts_waiting {loose.Waiting}");
        Head(text, "smpp_receipts_unmatched", "Operators' receipts that never found a message and are kept.");
        Line(text, $"smpp_receipts_unmatched {loose.Unmatched}");
        Head(
            text,
            "smpp_receipts_rescued_total",
            "Receipts that found their message in another way than their connector is configured for.",
            "counter"
        );
        foreach (var rescue in await ledger.ReadRescuesAsync(null, cancellationToken))
        {
            var kind = JsonNamingPolicy.CamelCase.ConvertName($"{rescue.Kind}");
            Line(text, $"smpp_receipts_rescued_total{{connector=\"{rescue.Connector}\",kind=\"{kind}\"}} {rescue.Count}");
        }
    }

    private static void Head(StringBuilder text, string name, string help, string type = "gauge") =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
