using System.Collections.Concurrent;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;

namespace SmppGateway;

/// <summary>What became of a deliver_sm.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The customer took it.</summary>
    Acknowledged,

    /// <summary>The customer refused it for good.</summary>
    Refused,

    /// <summary>No answer, or a refusal for now: it is tried again.</summary>
    TriedAgain,
}

/// <summary>
/// The gateway's figures on <c>/metrics</c>: who is bound and connected now, and its traffic. What is counted for every message is
/// counted here, without making a label for it each time; what is rare goes by <see cref="GatewayTelemetry"/>. Thread-safe.
/// </summary>
internal sealed class GatewayMetrics(EsmeSessions sessions, ConnectionLimits connections) : IMetricsSource
{
    private readonly ConcurrentDictionary<CommandStatus, Count> submits = new();
    private readonly Count[] deliveries = [.. Enum.GetValues<DeliveryOutcome>().Select(_ => new Count())];

    /// <summary>A submit_sm, data_sm or submit_multi was answered.</summary>
    public void Submitted(CommandStatus status) => submits.GetOrAdd(status, static _ => new Count()).Add();

    /// <summary>A deliver_sm came to an end.</summary>
    public void Delivered(DeliveryOutcome outcome) => deliveries[(int)outcome].Add();

    public Task WriteAsync(MetricsText text, CancellationToken cancellationToken)
    {
        text.Head("smpp_gateway_binds", "ESMEs bound to this process.");
        var bound = sessions.All.CountBy(esme => esme.Session.Mode ?? default).ToDictionary();
        foreach (var mode in Enum.GetValues<BindMode>())
        {
            text.Line($"smpp_gateway_binds{{mode=\"{mode.ToString().ToLowerInvariant()}\"}} {bound.GetValueOrDefault(mode)}");
        }

        text.Head("smpp_gateway_connections", "Connections to this process, bound or not.");
        text.Line($"smpp_gateway_connections {connections.Open}");
        text.Head("smpp_gateway_connections_unbound", "Connections without a bind.");
        text.Line($"smpp_gateway_connections_unbound {connections.Unbound}");
        text.Head("smpp_gateway_submits_total", "submit_sm, data_sm and submit_multi that were answered.", "counter");
        foreach (var (status, count) in submits.OrderBy(one => one.Key))
        {
            text.Line($"smpp_gateway_submits_total{{status=\"{PduLine.Status(status)}\"}} {count.Value}");
        }

        text.Head(
            "smpp_gateway_windows_full_total",
            "Requests answered ESME_RTHROTTLED because their session's window was full.",
            "counter"
        );
        text.Line($"smpp_gateway_windows_full_total {sessions.Throttled}");
        text.Head("smpp_gateway_deliveries_total", "deliver_sm that came to an end.", "counter");
        foreach (var outcome in Enum.GetValues<DeliveryOutcome>())
        {
            text.Line($"smpp_gateway_deliveries_total{{outcome=\"{Word(outcome)}\"}} {deliveries[(int)outcome].Value}");
        }

        return Task.CompletedTask;
    }

    private static string Word(DeliveryOutcome outcome) =>
        outcome switch
        {
            DeliveryOutcome.Acknowledged => "acknowledged",
            DeliveryOutcome.Refused => "refused",
            _ => "tried_again",
        };

    private sealed class Count
    {
        private long value;

        public long Value => Interlocked.Read(ref value);

        public void Add() => Interlocked.Increment(ref value);
    }
}
