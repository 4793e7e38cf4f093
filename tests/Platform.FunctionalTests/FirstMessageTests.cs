using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>The six services in one process.</summary>
[Collection(PlatformTests.Name)]
public sealed class FirstMessageTests(RunningPlatform platform) : FirstMessageCases(platform);

/// <summary>One message through all six services, by a client that is not ours: as one process, and as six.</summary>
public abstract class FirstMessageCases(RunningPlatform platform)
{
    /// <summary>The platform of the tests.</summary>
    protected RunningPlatform Platform { get; } = platform;

    [Theory]
    [InlineData("4917100000001", "Hello @ £ € [brackets] {braces}", 0)]
    [InlineData("4917100000002", "Привет, 世界 😀", 8)]
    public async Task A_message_goes_to_the_operator_unchanged_and_its_receipt_comes_back(string destination, string text, int dataCoding)
    {
        await using var esme = await NodeEsme.BindAsync(Platform.SmppPort);
        await esme.DoAsync(
            new
            {
                op = "submit",
                source = "12345",
                destination,
                text,
                data_coding = dataCoding,
            }
        );

        var response = await esme.NextAsync("submit_sm_resp");
        Assert.Equal(0, response.GetProperty("status").GetInt32());
        var id = response.GetProperty("messageId").GetString()!;
        Assert.Matches("^[0-9a-f]{32}$", id);

        var receipt = await esme.NextAsync("deliver_sm", e => e.GetProperty("receiptedMessageId").GetString() == id);
        Assert.Equal(4, receipt.GetProperty("esmClass").GetInt32());
        Assert.Equal(destination, receipt.GetProperty("source").GetString());
        Assert.Equal("12345", receipt.GetProperty("destination").GetString());
        Assert.Equal(2, receipt.GetProperty("messageState").GetInt32());
        Assert.Matches(
            $@"^id:{id} sub:001 dlvrd:001 submit date:\d{{10}} done date:\d{{10}} stat:DELIVRD err:000 text:",
            receipt.GetProperty("text").GetString()
        );

        var received = await ReceivedByOperatorAsync(destination);
        Assert.Equal(text, received.GetProperty("text").GetString());
        Assert.Equal(dataCoding, received.GetProperty("dataCoding").GetInt32());
        Assert.Equal("12345", received.GetProperty("source").GetString());

        var message = await RunningPlatform.UntilAsync(Platform.Rest, $"v1/messages/{id}", m => State(m) == "delivered");
        Assert.Equal("demo", message.GetProperty("account").GetString());
        Assert.Equal(text, message.GetProperty("text").GetString());
        var timeline = message.GetProperty("timeline").EnumerateArray().Select(e => e.GetProperty("event").GetString()).ToList();
        Assert.Equal("accepted", timeline[0]);
        Assert.Equal("delivered", timeline[^1]);
        Assert.Contains("submitted", timeline);
    }

    [Fact]
    public async Task A_message_sent_over_REST_arrives_too()
    {
        const string Destination = "4917100000003";
        using var accepted = await Platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "PLATFORM",
                to = Destination,
                text = "over REST",
            }
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        await RunningPlatform.UntilAsync(Platform.Rest, $"v1/messages/{id}", m => State(m) == "delivered");
        var received = await ReceivedByOperatorAsync(Destination);
        Assert.Equal("over REST", received.GetProperty("text").GetString());
        Assert.Equal("PLATFORM", received.GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_long_message_sent_over_REST_arrives_in_parts_and_ends_once()
    {
        const string Destination = "4917100000004";
        var text = string.Concat(Enumerable.Repeat("0123456789", 40));
        using var accepted = await Platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "PLATFORM",
                to = Destination,
                text,
            }
        );
        var answer = await accepted.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(3, answer.GetProperty("parts").GetInt32());

        var id = answer.GetProperty("id").GetString();
        await RunningPlatform.UntilAsync(Platform.Rest, $"v1/messages/{id}", m => State(m) == "delivered");
        var parts = await RunningPlatform.UntilAsync(
            Platform.Simulator,
            "messages?limit=1000",
            all => all.EnumerateArray().Count(m => m.GetProperty("destination").GetString() == Destination) == 3
        );
        Assert.All(
            parts.EnumerateArray().Where(m => m.GetProperty("destination").GetString() == Destination),
            part => Assert.Equal(0x40, part.GetProperty("esmClass").GetInt32())
        );
    }

    [Fact]
    public async Task The_books_balance_and_the_metrics_say_so()
    {
        await using var esme = await NodeEsme.BindAsync(Platform.SmppPort);
        for (var i = 0; i < 20; i++)
        {
            await esme.DoAsync(
                new
                {
                    op = "submit",
                    tag = i,
                    source = "1",
                    destination = $"49171000001{i:00}",
                    text = $"number {i}",
                }
            );
        }

        for (var i = 0; i < 20; i++)
        {
            await esme.NextAsync("deliver_sm");
        }

        var stats = await RunningPlatform.UntilAsync(
            Platform.Rest,
            "v1/stats",
            s =>
            {
                var total = s.GetProperty("total");
                return total.GetProperty("accepted").GetInt64() >= 20 && total.GetProperty("notYetRecorded").GetInt64() == 0;
            }
        );
        Assert.True(stats.GetProperty("total").GetProperty("states").GetProperty("delivered").GetInt64() >= 20);

        var metrics = await Platform.Metrics.GetStringAsync(new Uri("metrics", UriKind.Relative));
        Assert.Contains("smpp_ledger_difference 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("smpp_ledger_overdue 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("smpp_queue_depth{queue=\"submit\"} ", metrics, StringComparison.Ordinal);
        Assert.Contains("smpp_ledger_messages{state=\"delivered\"} ", metrics, StringComparison.Ordinal);
    }

    private async Task<JsonElement> ReceivedByOperatorAsync(string destination)
    {
        var messages = await RunningPlatform.UntilAsync(
            Platform.Simulator,
            "messages?limit=1000",
            all => all.EnumerateArray().Any(m => m.GetProperty("destination").GetString() == destination)
        );
        return messages.EnumerateArray().Single(m => m.GetProperty("destination").GetString() == destination);
    }

    private static string? State(JsonElement message) => message.GetProperty("state").GetString();
}
