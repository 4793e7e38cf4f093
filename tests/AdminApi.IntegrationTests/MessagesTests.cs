using System.Net;
using System.Text.Json.Nodes;
using Contracts;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Leases;
using Persistence.Ledger;
using Smpp.Text;

namespace AdminApi.IntegrationTests;

public sealed class MessagesTests : IAsyncLifetime
{
    private TestPlatform? started;

    private TestPlatform Platform => started!;

    public async Task InitializeAsync() => started = await TestPlatform.StartAsync();

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task A_message_shows_its_whole_story_in_order()
    {
        var message = await RecordAsync("acme", "Hello");
        var lease = Assert.Single(await Platform.Services.GetRequiredService<BindSlots>().AcquireAsync("north", 1, 1, default));
        var key = new SubmitKey(message.Id, 0, 0, 0);
        Assert.Equal(ClaimResult.Claimed, Assert.Single(await Platform.Ledger.ClaimAsync(lease, [key], default)).Result);
        var answeredAt = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(50_000);
        await Platform.Ledger.AnswerAsync(
            [new SubmitAnswer(key, SubmitOutcome.Accepted, 0, "tel", "AB12", "ab12", 1, answeredAt)],
            default
        );
        await FinishAsync(message.Id, MessageState.Delivered, "000", null, answeredAt + TimeSpan.FromSeconds(3));

        var shown = await Platform.Admin.GetJsonAsync($"/v1/messages/{message.Id}");

        Assert.Equal($"{message.Id}", shown["id"].Text());
        Assert.Equal("acme", shown["account"].Text());
        Assert.Equal("delivered", shown["state"].Text());
        Assert.Equal("Hello", shown["text"].Text());
        Assert.Equal("gsm7", shown["encoding"].Text());
        Assert.Equal("SENDER", shown["from"].Text());
        Assert.Equal("491711234567", shown["to"].Text());
        Assert.Equal("north", shown["connector"].Text());
        Assert.Equal("default", shown["route"].Text());
        Assert.Equal("ref", shown["reference"].Text());
        var timeline = shown["timeline"]!.AsArray();
        Assert.Equal(["accepted", "routed", "claimed", "submitted", "delivered"], timeline.Select(e => e!["event"].Text()));
        var submitted = timeline[3]!;
        Assert.Equal("AB12", submitted["operatorId"].Text());
        Assert.Equal("0x00000000", submitted["status"].Text());
        Assert.Equal(0, submitted["slot"]!.GetValue<int>());
        Assert.Equal(0, submitted["part"]!.GetValue<int>());
        Assert.Equal("north", submitted["connector"].Text());
    }

    [Fact]
    public async Task A_rejected_message_says_why()
    {
        var message = Sms("acme", "x", SmppEncoding.Gsm7Bit);
        await Platform.Ledger.RecordAsync([new Verdict(Guid.NewGuid(), message, null, null, "no route")], default);
        await FinishAsync(message.Id, MessageState.Rejected, null, "no route", DateTimeOffset.UnixEpoch + TimeSpan.FromDays(50_000));

        var shown = await Platform.Admin.GetJsonAsync($"/v1/messages/{message.Id}");

        Assert.Equal("rejected", shown["state"].Text());
        Assert.Equal("no route", shown["reason"].Text());
        var timeline = shown["timeline"]!.AsArray();
        Assert.Equal(["accepted", "rejected"], timeline.Select(e => e!["event"].Text()));
        Assert.Equal("no route", timeline[1]!["detail"].Text());
    }

    [Fact]
    public async Task Text_is_decoded_without_its_header_and_binary_is_base64()
    {
        var unicode = await RecordAsync("acme", "日本", SmppEncoding.Ucs2);
        var withHeader = Sms("acme", "part", SmppEncoding.Gsm7Bit);
        withHeader = withHeader with
        {
            EsmClass = 0x40,
            Content = (byte[])[.. UserDataHeader.Concatenate8(1, 2, 1), .. withHeader.Content.Span],
        };
        var binary = Sms("acme", "", SmppEncoding.Gsm7Bit) with { DataCoding = 4, Content = new byte[] { 0, 255 } };
        await Platform.Ledger.RecordAsync(
            [new Verdict(Guid.NewGuid(), withHeader, "north", "r", null), new Verdict(Guid.NewGuid(), binary, "north", "r", null)],
            default
        );

        Assert.Equal("日本", (await ShowAsync(unicode.Id))["text"].Text());
        Assert.Equal("part", (await ShowAsync(withHeader.Id))["text"].Text());
        var shown = await ShowAsync(binary.Id);
        Assert.Null(shown["text"]);
        Assert.Equal("AP8=", shown["binary"].Text());
        Assert.Equal("binary", shown["encoding"].Text());
    }

    [Fact]
    public async Task A_fresh_id_without_a_row_is_accepted_to_the_admin_and_any_other_is_not_found()
    {
        var now = TimeProvider.System.GetUtcNow();
        var fresh = MessageId.New(now);
        var customer = await Platform.CustomerAsync("curious");

        Assert.Equal(
            $$"""{"id":"{{fresh}}","state":"accepted","timeline":[]}""",
            (await Platform.Admin.GetJsonAsync($"/v1/messages/{fresh}")).ToJsonString()
        );
        await NotFoundAsync(customer, $"{fresh}");
        await NotFoundAsync(Platform.Admin, $"{MessageId.New(now.AddMinutes(-2))}");
        await NotFoundAsync(Platform.Admin, $"{MessageId.New(now.AddMinutes(2))}");
        await NotFoundAsync(Platform.Admin, $"{Guid.NewGuid():N}");
        await NotFoundAsync(Platform.Admin, "7");
    }

    [Fact]
    public async Task A_customer_sees_its_own_messages_and_no_others()
    {
        var mine = await RecordAsync("mine", "a");
        var theirs = await RecordAsync("theirs", "b");
        var customer = await Platform.CustomerAsync("mine");

        Assert.Equal([$"{mine.Id}"], (await customer.GetJsonAsync("/v1/messages")).Ids());
        Assert.Equal("a", (await customer.GetJsonAsync($"/v1/messages/{mine.Id}"))["text"].Text());
        await NotFoundAsync(customer, $"{theirs.Id}");
        await customer.GetAsync("/v1/messages?account=theirs").ProblemAsync(HttpStatusCode.Forbidden);
        // A page that starts at another's message is still only of one's own.
        Assert.Equal([$"{mine.Id}"], (await customer.GetJsonAsync($"/v1/messages?after={theirs.Id}")).Ids());
    }

    [Fact]
    public async Task A_search_finds_by_every_filter_newest_first()
    {
        var first = await RecordAsync("acme", "1", to: "491711111111", reference: "r1");
        var second = await RecordAsync("acme", "2", to: "491722222222", reference: "r2");
        var third = await RecordAsync("other", "3", to: "491722222222", reference: "r1");
        await FinishAsync(second.Id, MessageState.Failed, "012", "x", DateTimeOffset.UnixEpoch + TimeSpan.FromDays(50_000));

        Assert.Equal([$"{third.Id}", $"{second.Id}", $"{first.Id}"], await SearchAsync(""));
        Assert.Equal([$"{second.Id}", $"{first.Id}"], await SearchAsync("account=acme"));
        Assert.Equal([$"{third.Id}", $"{second.Id}"], await SearchAsync("to=%2B491722222222"));
        Assert.Equal([$"{third.Id}", $"{first.Id}"], await SearchAsync("reference=r1"));
        Assert.Equal([$"{second.Id}"], await SearchAsync("state=failed"));
        Assert.Equal(3, (await SearchAsync("from=SENDER")).Count);
        Assert.Empty(await SearchAsync("from=NOBODY"));

        var page = await Platform.Admin.GetJsonAsync("/v1/messages?limit=2");
        Assert.Equal([$"{third.Id}", $"{second.Id}"], page.Ids());
        Assert.Equal([$"{first.Id}"], await SearchAsync($"after={page["next"].Text()}"));
        await Platform.Admin.GetAsync("/v1/messages?state=lost&after=x").RefusesAsync("state", "after");
    }

    private static Task<JsonObject> NotFoundAsync(HttpClient client, string id) =>
        client.GetAsync($"/v1/messages/{id}").ProblemAsync(HttpStatusCode.NotFound);

    private static MessageSubmitted Sms(string account, string text, SmppEncoding encoding)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new MessageSubmitted
        {
            Id = MessageId.New(now),
            Account = account,
            Origin = Origin.Rest,
            Source = new Party(5, 0, "SENDER"),
            Destination = new Party(1, 1, "491711234567"),
            DataCoding = encoding.DataCoding,
            Content = encoding.Encode(text),
            Reference = "ref",
            AcceptedAt = now,
            ValidUntil = now.AddDays(2),
        };
    }

    private async Task<MessageSubmitted> RecordAsync(
        string account,
        string text,
        SmppEncoding? encoding = null,
        string to = "491711234567",
        string reference = "ref"
    )
    {
        // One millisecond apart: ids sort by time, and these tests ask for their order.
        var message = Sms(account, text, encoding ?? SmppEncoding.Gsm7Bit) with
        {
            Id = MessageId.New(TimeProvider.System.GetUtcNow().AddMilliseconds(Interlocked.Increment(ref recorded))),
            Destination = new Party(1, 1, to),
            Reference = reference,
        };
        await Platform.Ledger.RecordAsync([new Verdict(Guid.NewGuid(), message, "north", "default", null)], default);
        return message;
    }

    private int recorded;

    private async Task FinishAsync(MessageId id, MessageState state, string? error, string? reason, DateTimeOffset at)
    {
        await using var transaction = await Platform.Ledger.BeginAsync(default);
        await transaction.ApplyAsync([new PartEnd(id, 0, 1, state, error, reason, at)], [], default);
        await transaction.CommitAsync([], default);
    }

    private Task<JsonObject> ShowAsync(MessageId id) => Platform.Admin.GetJsonAsync($"/v1/messages/{id}");

    private async Task<List<string>> SearchAsync(string query) => (await Platform.Admin.GetJsonAsync($"/v1/messages?{query}")).Ids();
}
