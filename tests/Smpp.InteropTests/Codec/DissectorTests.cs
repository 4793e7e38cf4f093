using Smpp.Pdus;
using Testing;
using Xunit;

namespace Smpp.InteropTests.Codec;

public class DissectorTests
{
    [Fact]
    public async Task A_submit_sm_on_loopback_is_dissected_as_sent()
    {
        var submit = new SubmitSm
        {
            Source = new Address(5, 0, "Bank"),
            Destination = new Address(1, 1, "491700000001"),
            ShortMessage = "hello"u8.ToArray(),
        };
        var exchange = await LoopbackExchange.RunAsync(RawPeer.Bytes(submit, 7), RawPeer.Bytes(SubmitSmResp.Accepted("id1"), 8));

        var dissection = await Tshark.DissectAsync(exchange.Captured ?? exchange.Written, exchange.Port);

        Assert.Empty(dissection.Malformed);
        Assert.Equal("491700000001", (string?)dissection.Pdus[7].All("smpp.destination_addr").Single().Attribute("show"));
        Assert.Equal("id1", (string?)dissection.Pdus[8].All("smpp.message_id").Single().Attribute("show"));
    }
}
