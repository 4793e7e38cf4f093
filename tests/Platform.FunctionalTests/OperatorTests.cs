using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>Content towards operators and receipts from them, with an operator that is not ours, and with ours at its worst.</summary>
[Collection(PlatformTests.Name)]
public sealed class OperatorTests(RunningPlatform platform)
{
    private static readonly string gsm = string.Concat(
        Enumerable.Repeat("0123456789 \u20ac [x] {y} \u00e4\u00f6\u00fc\u00df\u00e0 @\u00a3 ", 12)
    );
    private static readonly string unicode = string.Concat(
        Enumerable.Repeat("\u041f\u0440\u0438\u0432\u0435\u0442 \U0001F600\U0001F680 \u4f60\u597d ", 12)
    );

    [Theory]
    [InlineData("udh", "885011", false)]
    [InlineData("sar", "885012", false)]
    [InlineData("payload", "885013", true)]
    public async Task A_long_message_arrives_at_an_operator_of_others_as_it_was_sent(string how, string prefix, bool isWhole)
    {
        await using var smsc = await NodeOperator.StartAsync();
        var id = $"npm-{how}";
        await CreateAsync(
            "v1/connectors",
            new
            {
                id,
                @operator = id,
                host = "127.0.0.1",
                port = smsc.Port,
                systemId = "us",
                password = "secret",
                longMessages = how,
            }
        );
        await CreateAsync(
            "v1/routes",
            new
            {
                id,
                priority = 1,
                match = new { destinationPrefix = new[] { prefix } },
                targets = new[] { new { connector = id } },
            }
        );
        foreach (var (text, dataCoding, destination) in new[] { (gsm, 0, $"{prefix}00001"), (unicode, 8, $"{prefix}00002") })
        {
            var message = await SendAsync(destination, text);

            var parts = await smsc.MessageAsync(destination);
            Assert.Equal(text, string.Concat(parts.Select(part => part.GetProperty("text").GetString())));
            Assert.All(parts, part => Assert.Equal(dataCoding, part.GetProperty("dataCoding").GetInt32()));
            Assert.Equal(isWhole, parts.Count == 1 && parts[0].GetProperty("byPayload").GetBoolean());
            Assert.True(isWhole || parts.Count > 2);
            await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{message}", IsDelivered);
        }

        // Its messages are over: what comes later must not wait for an operator that is gone.
        using var stopped = await platform.Rest.PostAsync(new Uri($"v1/connectors/{id}:stop", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
    }

    [Theory]
    [InlineData("hex", "decimal", "both", "hexToDec")]
    [InlineData("decimal", "hex", "text", "decToHex")]
    [InlineData("hex", "decimal", "tlv", "hexToDec")]
    [InlineData("hex", "decimal", "dataSm", "hexToDec")]
    public async Task Receipts_before_the_response_doubled_and_in_the_other_base_end_each_part(
        string answers,
        string receipts,
        string form,
        string rescue
    )
    {
        var before = await RescuedAsync(rescue);
        await SetAsync(
            new
            {
                messageId = answers,
                receiptId = receipts,
                receiptForm = form,
                receiptDelay = 0,
                receiptDoubleEvery = 1,
            }
        );
        try
        {
            var messages = new List<string>();
            for (var i = 0; i < 10; i++)
            {
                messages.Add(await SendAsync($"88502{i:000000}", gsm));
            }

            foreach (var id in messages)
            {
                await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{id}", IsDelivered);
            }
        }
        finally
        {
            await SetAsync(
                new
                {
                    messageId = "decimal",
                    receiptId = "same",
                    receiptForm = "both",
                    receiptDelay = 20,
                    receiptDoubleEvery = 0,
                }
            );
        }

        // Three parts a message, and each rescued at least once.
        Assert.True(await RescuedAsync(rescue) >= before + 30);
        var metrics = await platform.Metrics.GetStringAsync(new Uri("metrics", UriKind.Relative));
        Assert.Contains($"smpp_receipts_rescued{{connector=\"simulator\",kind=\"{rescue}\"}} ", metrics, StringComparison.Ordinal);
    }

    private async Task<long> RescuedAsync(string kind)
    {
        var receipts = await platform.Rest.GetFromJsonAsync<JsonElement>("v1/connectors/simulator/receipts");
        return receipts
            .GetProperty("rescued")
            .EnumerateArray()
            .Where(row => row.GetProperty("kind").GetString() == kind)
            .Sum(row => row.GetProperty("count").GetInt64());
    }

    private async Task SetAsync(object settings)
    {
        using var response = await platform.Simulator.PostAsJsonAsync("settings", settings);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<string> SendAsync(string to, string text)
    {
        var sent = await CreateAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "PLATFORM",
                to,
                text,
            }
        );
        return sent.GetProperty("id").GetString()!;
    }

    private async Task<JsonElement> CreateAsync(string path, object document)
    {
        using var response = await platform.Rest.PostAsJsonAsync(path, document);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static bool IsDelivered(JsonElement message) => message.GetProperty("state").GetString() == "delivered";
}
