using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing.Load;
using Testing.Smsc;
using Xunit;

namespace Testing.Tests.Smsc;

public class SmscCountsTests
{
    [Fact]
    public async Task A_marked_message_that_comes_twice_is_doubled_whatever_else_differs()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc);
        var messages = new LoadMessages(new LoadOptions(), "abc123");
        var again = messages.Make(1) with { Source = new Address(5, 0, "OTHER"), Tlvs = default };
        foreach (var message in new[] { messages.Make(1), messages.Make(2), again })
        {
            Assert.True((await client.Session.SendAsync(message)).IsOk);
        }
        Assert.Equal((3, 2, 1), (smsc.Stats.Submits, smsc.Stats.Unique, smsc.Stats.Doubled));
        Assert.StartsWith("abc123-0000000001", Assert.Single(smsc.Doubled).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_without_a_marker_is_known_by_its_addresses_and_content()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc);
        foreach (var (destination, text) in new[] { ("1", "a"), ("1", "b"), ("2", "a"), ("1", "a") })
        {
            var message = new SubmitSm { Destination = new Address(1, 1, destination), ShortMessage = Encoding.ASCII.GetBytes(text) };
            Assert.True((await client.Session.SendAsync(message)).IsOk);
        }
        Assert.Equal((3, 1), (smsc.Stats.Unique, smsc.Stats.Doubled));
    }

    [Fact]
    public async Task After_a_reset_the_counting_begins_anew_over_HTTP_as_well()
    {
        await using var smsc = await StartAsync();
        await using var client = await ConnectAsync(smsc);
        using var http = new HttpClient { BaseAddress = new Uri(smsc.HttpUrl!) };
        var messages = new LoadMessages(new LoadOptions(), "abc123");
        await client.Session.SendAsync(messages.Make(1));
        await client.Session.SendAsync(messages.Make(1));
        Assert.Equal(1, (await http.GetFromJsonAsync<JsonElement>("/doubled")).GetArrayLength());

        (await http.PostAsync(new Uri("/reset", UriKind.Relative), null)).EnsureSuccessStatusCode();
        Assert.Equal(0, (await http.GetFromJsonAsync<JsonElement>("/doubled")).GetArrayLength());

        await client.Session.SendAsync(messages.Make(1));
        var stats = await http.GetFromJsonAsync<JsonElement>("/stats");
        Assert.Equal((1, 1, 0), (Count("submits"), Count("unique"), Count("doubled")));

        long Count(string name) => stats.GetProperty(name).GetInt64();
    }

    static Task<SmscSimulator> StartAsync() =>
        SmscSimulator.StartAsync(
            new SmscOptions
            {
                Port = 0,
                HttpPort = 0,
                Settings = new SmscSettings { Receipts = false },
            },
            NullLogger.Instance,
            TimeProvider.System
        );

    static Task<SmppClient> ConnectAsync(SmscSimulator smsc) =>
        SmppClient.ConnectAsync(
            new SmppClientOptions
            {
                Host = "127.0.0.1",
                Port = smsc.EndPoint.Port,
                SystemId = "simulator",
                Password = "simulator",
            },
            new Nothing(),
            NullLogger.Instance,
            TimeProvider.System,
            CancellationToken.None
        );

    sealed class Nothing : SmppSessionHandler;
}
