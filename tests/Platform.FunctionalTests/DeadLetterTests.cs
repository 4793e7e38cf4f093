using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>A message that the platform cannot handle, as one process over the embedded queue; as six: <see cref="SixProcessesTests"/>.</summary>
public sealed class DeadLetterTests
{
    [Fact]
    public async Task What_died_on_a_queue_is_seen_within_a_minute_and_delivered_once_it_is_mended_and_replayed()
    {
        await using var platform = await RunningPlatform.StartAsync(DeadLetterWay.DieSoon);
        await DeadLetterWay.PassesAsync(platform);
    }
}

/// <summary>The way of a dead letter: from its queue to the table, to a person, and back.</summary>
internal static class DeadLetterWay
{
    private const string Poisoned = "4917199999999";

    /// <summary>A setting: the second failure is the last, so that nobody waits for ten.</summary>
    public static readonly (string Name, string Value) DieSoon = ("EnvelopeReader__MaxFailures", "1");

    public static async Task PassesAsync(RunningPlatform platform)
    {
        await using var source = NpgsqlDataSource.Create(await platform.DatabaseAsync());
        await ExecuteAsync(
            source,
            $"""
            create function poison() returns trigger language plpgsql as $$ begin raise exception 'poisoned by a test'; end $$;
            create trigger poison before insert on messages for each row when (new.destination = '{Poisoned}') execute function poison();
            """
        );
        var id = await SendAsync(platform, Poisoned);
        // A neighbour is not held up, and does not die with it.
        var neighbour = await SendAsync(platform, "4917199999998");
        await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{neighbour}", m => m.GetProperty("state").GetString() == "delivered");

        var page = await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/queues/submit/dead",
            p => p.GetProperty("items").GetArrayLength() > 0
        );

        var letter = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal((id, "demo"), (letter.GetProperty("messageId").GetString(), letter.GetProperty("account").GetString()));
        Assert.Contains("poisoned by a test", letter.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, letter.GetProperty("failures").GetInt32());
        // It is missing in the ledger, and the books say where it is.
        await BooksAsync(platform, 1);
        var metrics = await platform.Metrics.GetStringAsync(new Uri("metrics", UriKind.Relative));
        Assert.Contains("smpp_dead_letters{queue=\"submit\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("smpp_ledger_dead 1\n", metrics, StringComparison.Ordinal);

        await ExecuteAsync(source, "drop trigger poison on messages; drop function poison();");
        using var replayed = await platform.Rest.PostAsJsonAsync(
            "v1/queues/submit/dead:replay",
            new { account = "demo", reason = "poisoned" }
        );
        Assert.Equal(HttpStatusCode.OK, replayed.StatusCode);
        Assert.Equal(1, (await replayed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("replayed").GetInt32());
        await RunningPlatform.UntilAsync(platform.Rest, $"v1/messages/{id}", m => m.GetProperty("state").GetString() == "delivered");
        await BooksAsync(platform, 0);
        page = await platform.Rest.GetFromJsonAsync<JsonElement>("v1/queues/submit/dead");
        Assert.Equal(0, page.GetProperty("items").GetArrayLength());
    }

    private static async Task BooksAsync(RunningPlatform platform, long missing) =>
        await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/stats",
            stats =>
                stats.GetProperty("total").GetProperty("notYetRecorded").GetInt64() == missing
                && stats.GetProperty("total").GetProperty("dead").GetInt64() == missing
        );

    private static async Task<string> SendAsync(RunningPlatform platform, string destination)
    {
        using var accepted = await platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "PLATFORM",
                to = destination,
                text = "dead or alive",
            }
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        return (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
