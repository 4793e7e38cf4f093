using ServiceDefaults;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

public sealed class GatewayMetricsTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Every_submit_is_counted_once_by_what_it_was_answered()
    {
        var submit = new SubmitSm { Destination = new Address(1, 1, "491711234567"), ShortMessage = "hello"u8.ToArray() };
        await gateway.SubmitAsync(submit);
        await gateway.SubmitAsync(submit with { EsmClass = 1 });
        await gateway.DataAsync(new DataSm { Destination = submit.Destination });
        await gateway.DataAsync(
            new DataSm { Destination = submit.Destination, Tlvs = TlvList.Empty.With(TlvTag.MessagePayload, "hello"u8) }
        );
        await gateway.SubmitMultiAsync(
            new SubmitMulti { Destinations = [new(submit.Destination), new(submit.Destination)], ShortMessage = submit.ShortMessage }
        );
        gateway.Metrics.Delivered(DeliveryOutcome.TriedAgain);

        var page = new MetricsText();
        await gateway.Metrics.WriteAsync(page, default);

        Assert.Equal(
            [
                "smpp_gateway_submits_total{status=\"Ok\"} 3",
                "smpp_gateway_submits_total{status=\"InvEsmClass\"} 1",
                "smpp_gateway_submits_total{status=\"MissingTlv\"} 1",
            ],
            page.ToString().Split('\n').Where(line => line.StartsWith("smpp_gateway_submits_total", StringComparison.Ordinal))
        );
        Assert.Contains("smpp_gateway_deliveries_total{outcome=\"tried_again\"} 1\n", page.ToString(), StringComparison.Ordinal);
        Assert.Contains("smpp_gateway_deliveries_total{outcome=\"acknowledged\"} 0\n", page.ToString(), StringComparison.Ordinal);
        Assert.Contains("# TYPE smpp_gateway_submits_total counter\n", page.ToString(), StringComparison.Ordinal);
    }
}
