using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.Extensions.DependencyInjection;
using Persistence.DeadLetters;
using Persistence.Ledger;

namespace AdminApi.IntegrationTests;

/// <summary>`/v1/queues/{name}/dead`.</summary>
public sealed class DeadLettersTests : IAsyncLifetime
{
    private static readonly Guid BootId = Guid.NewGuid();
    private TestPlatform? platform;

    private TestPlatform Platform => platform!;

    private DeadLetterStore Store => Platform.Services.GetRequiredService<DeadLetterStore>();

    public async Task InitializeAsync() =>
        platform = await TestPlatform.StartAsync(
            sending: new EnvelopeSenderOptions
            {
                SendDeadline = TimeSpan.FromSeconds(1),
                RetryDelay = new RetryPolicy { First = TimeSpan.FromMilliseconds(10), Max = TimeSpan.FromMilliseconds(50) },
            }
        );

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task Dead_letters_are_listed_without_their_content_and_shown_with_it_byte_for_byte()
    {
        var message = Message("acme");
        await KeepAsync(QueueNames.Submit, message, "no route");
        await KeepAsync(QueueNames.Submit, Message("other"), "the router broke");
        var odd = new byte[] { (byte)'{', 0xFF };
        await Store.KeepAsync(
            [Letter(QueueNames.Submit, odd, "unreadable") with { Kind = (short)DeadLetterKind.Envelope, Items = 4 }],
            default
        );

        var page = await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead?limit=2");

        Assert.Equal(["no route", "the router broke"], page.Ids("reason"));
        var first = page["items"]![0]!;
        Assert.Equal(
            ("message", "waiting", $"{message.Id}", "acme"),
            (first["kind"].Text(), first["state"].Text(), first["messageId"].Text(), first["account"].Text())
        );
        Assert.Equal(11, first["failures"]!.GetValue<int>());
        Assert.Null(first["body"]);
        Assert.Null(first["text"]);

        page = await Platform.Admin.GetJsonAsync($"/v1/queues/submit/dead?after={page["next"].Text()}");
        var last = Assert.Single(page["items"]!.AsArray())!;
        Assert.Null(page["next"]);
        var shown = await Platform.Admin.GetJsonAsync($"/v1/queues/submit/dead/{last["id"]}");
        Assert.Equal(odd, Convert.FromBase64String(shown["body"].Text()));
        Assert.Null(shown["text"]);
        shown = await Platform.Admin.GetJsonAsync($"/v1/queues/submit/dead/{first["id"]}");
        Assert.Equal($"{message.Id}", JsonNode.Parse(shown["text"].Text())!["id"].Text());

        Assert.Equal(["no route"], (await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead?account=acme&reason=ROUTE")).Ids("reason"));
        Assert.Empty((await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead?state=replayed"))["items"]!.AsArray());
        var submit = (await Platform.Admin.GetJsonAsync("/v1/queues"))["items"]!
            .AsArray()
            .Single(queue => queue!["name"].Text() == "submit")!;
        Assert.Equal(6, submit["dead"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_replay_sends_back_what_matches_with_failures_forgotten_and_its_origin_kept()
    {
        var first = Message("acme");
        await KeepAsync(QueueNames.Submit, first, "no route");
        await KeepAsync(QueueNames.Submit, Message("acme"), "something else");
        var raw = """{"f":2,"m":{"no":"message"}}""";
        await Store.KeepAsync(
            [Letter("dispatch-gone", Encoding.UTF8.GetBytes(raw), "unreadable") with { Kind = (short)DeadLetterKind.Item }],
            default
        );

        var answer = await ReplayAsync("submit", new { reason = "route", limit = 10 });

        Assert.Equal((1, 0), (answer["replayed"]!.GetValue<int>(), answer["notConfirmed"]!.GetValue<int>()));
        Assert.Equal([first.Id], Platform.Submitted().Select(message => message.Id));
        var codec = new EnvelopeCodec<MessageSubmitted>(ContractsJson.Default.MessageSubmitted);
        Assert.True(codec.TryDecode(Assert.Single(Platform.Queue.Peek("submit")).Body, out var envelope, out _));
        Assert.Equal((BootId, first.AcceptedAt), (envelope.BootId, envelope.At));
        Assert.Equal((0, null), (envelope.Items[0].Failures, envelope.Items[0].Reason));
        Assert.Equal(["something else"], (await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead")).Ids("reason"));
        Assert.Equal(["no route"], (await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead?state=replayed")).Ids("reason"));

        // A queue that nothing else knows any more has its dead letters still, and they go back as they came.
        Assert.Equal(1, (await ReplayAsync("dispatch-gone", new { }))["replayed"]!.GetValue<int>());
        Assert.Contains(
            $"[{raw}]",
            Encoding.UTF8.GetString(Assert.Single(Platform.Queue.Peek("dispatch-gone")).Body.Span),
            StringComparison.Ordinal
        );
        Assert.Equal(0, (await ReplayAsync("submit", new { ids = new[] { long.MaxValue } }))["replayed"]!.GetValue<int>());

        var audit = await Platform.Admin.GetJsonAsync("/v1/audit?entity=dead-letters");
        Assert.Equal(["dispatch-gone", "submit"], audit.Ids("entityId"));
        Assert.Equal(("replayed", "admin-key"), (audit["items"]![1]!["action"].Text(), audit["items"]![1]!["actor"].Text()));
        Assert.Equal(
            """{"reason":"route","letters":1}""",
            audit["items"]![1]!["after"]!.ToJsonString().Replace(" ", "", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task What_the_queue_does_not_confirm_waits_on()
    {
        await KeepAsync(QueueNames.Events, Message("acme"), "broken");
        Platform.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 1000)]);

        using var refused = await Platform.Admin.PostAsJsonAsync("/v1/queues/events/dead:replay", new { });

        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Single((await Platform.Admin.GetJsonAsync("/v1/queues/events/dead"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_purge_needs_a_filter_or_all_and_takes_no_more_than_it_says()
    {
        await KeepAsync(QueueNames.Events, Message("acme"), "one");
        await KeepAsync(QueueNames.Events, Message("other"), "two");
        await KeepAsync(QueueNames.Inbound, Message("acme"), "three");

        await Platform.Admin.DeleteAsync("/v1/queues/events/dead").RefusesAsync("all");
        await Platform.Admin.DeleteAsync("/v1/queues/events/dead?account=&all=yes").RefusesAsync("all");
        Assert.Equal(1, (await PurgeAsync("events?account=acme"))["purged"]!.GetValue<int>());
        Assert.Equal(["two"], (await Platform.Admin.GetJsonAsync("/v1/queues/events/dead")).Ids("reason"));
        Assert.Equal(1, (await PurgeAsync("events?all=true"))["purged"]!.GetValue<int>());
        Assert.Single((await Platform.Admin.GetJsonAsync("/v1/queues/inbound/dead"))["items"]!.AsArray());
    }

    [Fact]
    public async Task An_accepted_message_that_is_purged_ends_as_rejected_and_one_that_cannot_stays_in_the_books_as_dead()
    {
        var message = Message("acme");
        await Platform.Ledger.CheckpointAsync(BootId, [new AcceptCount("acme", 3, 0)], default);
        await KeepAsync(QueueNames.Submit, message, "the router broke");
        await KeepAsync(QueueNames.Submit, Message("acme") with { Reference = "no text\0" }, "refused by the database");
        await Store.KeepAsync(
            [Letter(QueueNames.Submit, "??"u8.ToArray(), "unreadable") with { Kind = (short)DeadLetterKind.Envelope }],
            default
        );
        Assert.Equal((3, 3), await BooksAsync());

        var answer = await PurgeAsync("submit?all=true");

        Assert.Equal("""{"purged":3,"rejected":1,"unended":2}""", answer.ToJsonString());
        Assert.Equal((2, 2), await BooksAsync());
        var row = (await Platform.Ledger.FindAsync(message.Id, default))!;
        Assert.Equal("given up as a dead letter: the router broke", row.Reason);
        var codec = new EnvelopeCodec<MessageEvent>(ContractsJson.Default.MessageEvent);
        Assert.True(codec.TryDecode(Assert.Single(Platform.Queue.Peek("events")).Body, out var told, out _));
        Assert.Equal(message.Id, Assert.IsType<MessageRejected>(Assert.Single(told.Items).Value).Id);
        Assert.Equal(2, (await Platform.Admin.GetJsonAsync("/v1/queues/submit/dead?state=purged"))["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_message_that_was_recorded_all_the_same_goes_its_way_when_its_letter_is_purged()
    {
        var message = Message("acme");
        await Platform.Ledger.RecordAsync([new Verdict(BootId, message, "north", "default", null)], default);
        await KeepAsync(QueueNames.Submit, message, "received 21 times");

        Assert.Equal("""{"purged":1,"rejected":0,"unended":0}""", (await PurgeAsync("submit?all=true")).ToJsonString());
        Assert.Equal(MessageState.Routed, (await Platform.Ledger.FindAsync(message.Id, default))!.State);
        Assert.Empty(Platform.Queue.Peek("events"));
    }

    [Fact]
    public async Task Only_administrators_see_them_and_what_is_wrong_is_named()
    {
        var customer = await Platform.CustomerAsync("acme");
        foreach (var path in new[] { "/v1/queues/submit/dead", "/v1/queues/submit/dead/1" })
        {
            await customer.GetAsync(path).ProblemAsync(HttpStatusCode.Forbidden);
            await Platform.Anonymous.GetAsync(path).ProblemAsync(HttpStatusCode.Unauthorized);
        }

        await customer.DeleteAsync("/v1/queues/submit/dead?all=true").ProblemAsync(HttpStatusCode.Forbidden);
        await customer.PostAsJsonAsync("/v1/queues/submit/dead:replay", new { }).ProblemAsync(HttpStatusCode.Forbidden);
        await Platform.Admin.GetAsync("/v1/queues/nowhere/dead").ProblemAsync(HttpStatusCode.NotFound);
        await Platform.Admin.GetAsync("/v1/queues/submit/dead/7").ProblemAsync(HttpStatusCode.NotFound);
        await Platform.Admin.GetAsync("/v1/queues/submit/dead/seven").ProblemAsync(HttpStatusCode.NotFound);
        await Platform.Admin.DeleteAsync("/v1/queues/nowhere/dead?all=true").ProblemAsync(HttpStatusCode.NotFound);
        await Platform.Admin.GetAsync("/v1/queues/submit/dead?limit=0").RefusesAsync("limit");
        await Platform.Admin.GetAsync("/v1/queues/submit/dead?after=x&state=gone").RefusesAsync("after", "state");
        await Platform.Admin.GetAsync("/v1/queues/submit/dead?ids=1,x").RefusesAsync("ids");
        await Platform
            .Admin.PostAsJsonAsync("/v1/queues/submit/dead:replay", new { limit = 1001, ids = Array.Empty<long>() })
            .RefusesAsync("limit", "ids");
    }

    private async Task<(int NotYetRecorded, int Dead)> BooksAsync()
    {
        var total = (await Platform.Admin.GetJsonAsync("/v1/stats"))["total"]!;
        return (total["notYetRecorded"]!.GetValue<int>(), total["dead"]!.GetValue<int>());
    }

    private async Task<JsonObject> ReplayAsync(string queue, object request)
    {
        using var response = await Platform.Admin.PostAsJsonAsync($"/v1/queues/{queue}/dead:replay", request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private async Task<JsonObject> PurgeAsync(string queueAndFilter)
    {
        using var response = await Platform.Admin.DeleteAsync(
            $"/v1/queues/{queueAndFilter.Replace("?", "/dead?", StringComparison.Ordinal)}"
        );
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private Task<int> KeepAsync(string queue, MessageSubmitted message, string reason) =>
        Store.KeepAsync(
            [
                Letter(queue, JsonSerializer.SerializeToUtf8Bytes(message, ContractsJson.Default.MessageSubmitted), reason) with
                {
                    ItemId = message.Id.Value,
                    Account = message.Account,
                    SentAt = message.AcceptedAt,
                },
            ],
            default
        );

    private static NewDeadLetter Letter(string queue, byte[] body, string reason) =>
        new()
        {
            Queue = queue,
            EnvelopeId = Guid.NewGuid(),
            Position = 0,
            Kind = (short)DeadLetterKind.Message,
            Failures = 11,
            Reason = reason,
            BootId = BootId,
            DeadAt = DateTimeOffset.Parse("2026-11-20T10:00:00Z", CultureInfo.InvariantCulture),
            Body = body,
        };

    private static MessageSubmitted Message(string account)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        return new MessageSubmitted
        {
            Id = MessageId.New(at),
            Account = account,
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            Content = "hello"u8.ToArray(),
            AcceptedAt = at,
            ValidUntil = at + TimeSpan.FromHours(48),
        };
    }
}
