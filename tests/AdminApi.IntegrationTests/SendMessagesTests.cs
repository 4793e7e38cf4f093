using System.Net;
using System.Net.Http.Json;
using System.Text;
using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Ledger;

namespace AdminApi.IntegrationTests;

public sealed class SendMessagesTests : IAsyncLifetime
{
    private TestPlatform? started;

    private TestPlatform Platform => started!;

    public async Task InitializeAsync()
    {
        // A queue that does not confirm is given up soon.
        started = await TestPlatform.StartAsync(
            sending: new EnvelopeSenderOptions
            {
                SendDeadline = TimeSpan.FromMilliseconds(200),
                RetryDelay = new RetryPolicy { First = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(50) },
            }
        );
        await Platform.CreateAsync("/v1/accounts", new { id = "acme", name = "x" });
    }

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task An_accepted_message_is_in_the_queue_before_the_answer()
    {
        using var response = await Platform.Admin.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                account = "acme",
                from = "ACME",
                to = "+491711234567",
                text = "Grüße",
                reference = "order 7",
                priority = 2,
            }
        );

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var answer = await response.JsonAsync();
        var id = answer["id"].Text();
        Assert.Equal($$"""{"id":"{{id}}","state":"accepted","parts":1}""", answer.ToJsonString());
        Assert.Equal($"/v1/messages/{id}", response.Headers.Location?.OriginalString);
        var message = Assert.Single(Platform.Submitted());
        Assert.Equal(id, $"{message.Id}");
        Assert.Equal(7, message.Id.Value.Version);
        Assert.Equal("acme", message.Account);
        Assert.Null(message.SystemId);
        Assert.Equal(Origin.Rest, message.Origin);
        Assert.Equal(new Party(5, 0, "ACME"), message.Source);
        Assert.Equal(new Party(1, 1, "491711234567"), message.Destination);
        Assert.Equal("order 7", message.Reference);
        Assert.Equal(2, message.PriorityFlag);
        Assert.Equal(1, message.RegisteredDelivery);
        Assert.Equal(0, message.DataCoding);
        Assert.Equal([0x47, 0x72, 0x7E, 0x1E, 0x65], message.Content.ToArray());
        Assert.Equal(TimeSpan.FromHours(48), message.ValidUntil - message.AcceptedAt);
    }

    [Fact]
    public async Task Several_recipients_are_messages_of_their_own_in_order()
    {
        using var response = await SendAsync(new[] { "491711111111", "+491722222222", "12345" });

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var messages = (await response.JsonAsync())["messages"]!.AsArray();
        var submitted = Platform.Submitted();
        Assert.Equal(messages.Select(message => message!["id"].Text()), submitted.Select(message => $"{message.Id}"));
        Assert.Equal(
            [new Party(1, 1, "491711111111"), new Party(1, 1, "491722222222"), new Party(0, 1, "12345")],
            submitted.Select(message => message.Destination)
        );
    }

    [Fact]
    public async Task A_list_of_a_thousand_is_taken_and_one_more_is_not()
    {
        using var response = await SendAsync(Enumerable.Range(0, 1000).Select(i => $"49171{i:0000000}"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(1000, (await response.JsonAsync())["messages"]!.AsArray().Count);
        Assert.Equal(1000, Platform.Submitted().Count);

        await SendAsync(Enumerable.Repeat("491711111111", 1001)).RefusesAsync("to");
        await SendAsync(Array.Empty<string>()).RefusesAsync("to");
    }

    [Theory]
    [InlineData("auto", "plain", 0, 1)]
    [InlineData("auto", "日本", 8, 1)]
    [InlineData("ucs2", "plain", 8, 1)]
    [InlineData("latin1", "Größe", 3, 1)]
    [InlineData("gsm7", "€", 0, 1)]
    public async Task A_text_travels_in_the_encoding_asked_for(string encoding, string text, byte dataCoding, int parts)
    {
        using var response = await Platform.Admin.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                account = "acme",
                from = "A",
                to = "491711234567",
                text,
                encoding,
                receipt = false,
            }
        );

        Assert.Equal(parts, (await response.JsonAsync())["parts"]!.GetValue<int>());
        var message = Assert.Single(Platform.Submitted());
        Assert.Equal(dataCoding, message.DataCoding);
        Assert.Equal(0, message.RegisteredDelivery);
    }

    [Fact]
    public async Task A_long_text_is_one_message_that_says_how_many_parts_it_takes()
    {
        var text = new string('x', 161);
        using var response = await SendTextAsync(text);

        Assert.Equal(2, (await response.JsonAsync())["parts"]!.GetValue<int>());
        var message = Assert.Single(Platform.Submitted());
        Assert.Equal(2, message.Parts);
        Assert.Equal(Encoding.ASCII.GetBytes(text), message.Content.ToArray());

        using var longest = await SendTextAsync(new string('x', 1530));
        Assert.Equal(10, (await longest.JsonAsync())["parts"]!.GetValue<int>());
        await SendTextAsync(new string('x', 1531)).RefusesAsync("text");
    }

    [Fact]
    public async Task Binary_content_travels_as_it_is()
    {
        using var response = await Platform.Admin.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                account = "acme",
                from = "A",
                to = "491711234567",
                binary = "AAH/",
            }
        );

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var message = Assert.Single(Platform.Submitted());
        Assert.Equal(4, message.DataCoding);
        Assert.Equal([0, 1, 255], message.Content.ToArray());
    }

    [Fact]
    public async Task What_is_wrong_is_said_field_by_field()
    {
        await RefusesAsync(new { }, "to", "from");
        await RefusesAsync(
            new
            {
                from = "A",
                to = "1",
                text = "x",
            },
            "account"
        );
        await RefusesAsync(With(account: "nobody"), "account");
        await RefusesAsync(With(to: "49 171"), "to");
        await RefusesAsync(With(to: ""), "to");
        await RefusesAsync(With(to: "123456789012345678901"), "to");
        await RefusesAsync(With(to: 491711234567), "to");
        await RefusesAsync(With(to: new[] { "1", "x" }), "to[1]");
        await RefusesAsync(With(from: "twelve-chars"), "from");
        await RefusesAsync(With(from: "Grüße"), "from");
        await RefusesAsync(With(text: ""), "text");
        await RefusesAsync(With(text: null), "text");
        await RefusesAsync(With(text: "日本", encoding: "gsm7"), "encoding");
        await RefusesAsync(With(encoding: "binary"), "encoding");
        await RefusesAsync(With(encoding: "morse"), "encoding");
        await RefusesAsync(
            new
            {
                account = "acme",
                from = "A",
                to = "1",
                text = "x",
                binary = "AAE=",
                encoding = "ucs2",
            },
            "binary",
            "encoding"
        );
        await RefusesAsync(
            new
            {
                account = "acme",
                from = "A",
                to = "1",
                binary = "not base64",
            },
            "binary"
        );
        await RefusesAsync(
            new
            {
                account = "acme",
                from = "A",
                to = "1",
                text = "x",
                validitySeconds = 59,
                priority = 4,
                reference = new string('r', 101),
                scheduleAt = "2030-01-01T00:00:00Z",
            },
            "validitySeconds",
            "priority",
            "reference",
            "scheduleAt"
        );
        Assert.Empty(Platform.Submitted());
    }

    [Fact]
    public async Task A_refusing_queue_is_answered_with_503_and_nothing_is_counted()
    {
        Platform.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 100)]);

        using var response = await SendTextAsync("x");

        var problem = await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("refused", problem["state"].Text());
        Assert.Contains("nothing was accepted", problem["detail"].Text(), StringComparison.Ordinal);
        Assert.Equal((0, 0), await CountedAsync());
    }

    [Fact]
    public async Task An_unclear_outcome_is_answered_with_503_that_gives_the_id_and_counts_as_maybe()
    {
        Platform.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.LoseAnswer, 100)]);

        using var response = await SendTextAsync("x");

        var problem = await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal("unknown", problem["state"].Text());
        Assert.Contains("may have been accepted", problem["detail"].Text(), StringComparison.Ordinal);
        Assert.Equal($"{Assert.Single(Platform.Submitted()).Id}", problem["id"].Text());
        Assert.Equal((0, 1), await CountedAsync());
    }

    [Fact]
    public async Task Of_several_recipients_each_fate_is_told()
    {
        Platform.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 100)]);

        using var response = await SendAsync(new[] { "491711111111", "491722222222" });

        var problem = await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(["refused", "refused"], problem["messages"]!.AsArray().Select(message => message!["state"].Text()));
        Assert.Equal(["491711111111", "491722222222"], problem["messages"]!.AsArray().Select(message => message!["to"].Text()));
    }

    [Fact]
    public async Task What_was_answered_202_is_in_the_books()
    {
        using var one = await SendTextAsync("x");
        using var two = await SendAsync(new[] { "491711111111", "491722222222" });

        Assert.Equal((3, 0), await CountedAsync());
    }

    [Fact]
    public async Task A_disabled_account_cannot_send()
    {
        var customer = await Platform.CustomerAsync("disabled");
        using var disabled = await Platform.Admin.PatchJsonAsync("/v1/accounts/disabled", new { enabled = false });

        await customer
            .PostAsJsonAsync(
                "/v1/messages",
                new
                {
                    from = "A",
                    to = "1",
                    text = "x",
                }
            )
            .ProblemAsync(HttpStatusCode.Forbidden);
        await Platform
            .Admin.PostAsJsonAsync(
                "/v1/messages",
                new
                {
                    account = "disabled",
                    from = "A",
                    to = "1",
                    text = "x",
                }
            )
            .ProblemAsync(HttpStatusCode.Conflict);
        Assert.Empty(Platform.Submitted());
    }

    [Fact]
    public async Task A_customers_key_implies_its_account_and_no_other()
    {
        var customer = await Platform.CustomerAsync("implied");

        using var response = await customer.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                from = "A",
                to = "1",
                text = "x",
            }
        );
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("implied", Assert.Single(Platform.Submitted()).Account);
        await customer
            .PostAsJsonAsync(
                "/v1/messages",
                new
                {
                    account = "acme",
                    from = "A",
                    to = "1",
                    text = "x",
                }
            )
            .ProblemAsync(HttpStatusCode.Forbidden);
    }

    private static object With(
        string account = "acme",
        object? to = null,
        string from = "A",
        string? text = "x",
        string encoding = "auto"
    ) =>
        new
        {
            account,
            from,
            to = to ?? "491711234567",
            text,
            encoding,
        };

    private Task<HttpResponseMessage> SendAsync(IEnumerable<string> to) => Platform.Admin.PostAsJsonAsync("/v1/messages", With(to: to));

    private Task<HttpResponseMessage> SendTextAsync(string text) => Platform.Admin.PostAsJsonAsync("/v1/messages", With(text: text));

    private Task RefusesAsync(object message, params string[] fields) =>
        Platform.Admin.PostAsJsonAsync("/v1/messages", message).RefusesAsync(fields);

    /// <summary>Stops the counter, which writes its last checkpoint, and reads it.</summary>
    private async Task<(long Accepted, long Maybe)> CountedAsync()
    {
        await Platform.Services.GetRequiredService<AcceptCounter>().StopAsync(default);
        var balance = (await Platform.Ledger.ReadBalanceAsync(default)).SingleOrDefault();
        return (balance?.Accepted ?? 0, balance?.MaybeAccepted ?? 0);
    }
}
