using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace AdminApi.IntegrationTests;

public sealed class ErrorsTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    [Theory]
    [InlineData("GET", "/v1/accounts")]
    [InlineData("POST", "/v1/accounts")]
    [InlineData("GET", "/V1/accounts")]
    [InlineData("GET", "/v1/accounts/acme/smpp-users")]
    [InlineData("GET", "/v1/accounts/acme/api-keys")]
    [InlineData("GET", "/v1/connectors")]
    [InlineData("POST", "/v1/connectors/x:stop")]
    [InlineData("GET", "/v1/routes")]
    [InlineData("POST", "/v1/routes:explain")]
    [InlineData("GET", "/v1/messages")]
    [InlineData("POST", "/v1/messages")]
    [InlineData("GET", "/v1/binds")]
    [InlineData("GET", "/v1/queues")]
    [InlineData("GET", "/v1/stats")]
    [InlineData("GET", "/v1/audit")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("PATCH", "/v1/stats")]
    [InlineData("GET", "/v1")]
    public async Task Without_credentials_every_call_is_unauthorized(string method, string path)
    {
        // Not JSON either: who has no credentials learns nothing about what a call takes.
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = method == "GET" ? null : new StringContent("<x/>", Encoding.UTF8, "text/xml");

        using var response = await platform.Anonymous.SendAsync(request);

        await response.ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer 0123456789abcdef0123456789abcdee")]
    [InlineData("Bearer 0123456789abcdef0123456789abcdef0")]
    [InlineData("Bearer ")]
    [InlineData("Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public async Task Wrong_credentials_are_none(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/accounts");
        request.Headers.TryAddWithoutValidation("Authorization", header);

        using var response = await platform.Anonymous.SendAsync(request);

        await response.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_customers_key_with_another_secret_is_none()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "guessed", name = "x" });
        var key = await platform.CreateAsync("/v1/accounts/guessed/api-keys", new { name = "x" });
        var secret = key["secret"].Text();
        var guessed = secret[..^1] + (secret[^1] == 'A' ? 'B' : 'A');

        await platform.Client(guessed).GetAsync("/v1/messages").ProblemAsync(HttpStatusCode.Unauthorized);
        await platform.Client(key["id"].Text() + ".").GetAsync("/v1/messages").ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_customers_key_is_forbidden_everything_but_messages()
    {
        var customer = await platform.CustomerAsync("customer");

        foreach (
            var path in new[]
            {
                "/v1/accounts",
                "/v1/accounts/customer",
                "/v1/accounts/customer/smpp-users",
                "/v1/accounts/customer/api-keys",
                "/v1/connectors",
                "/v1/routes",
                "/v1/binds",
                "/v1/queues",
                "/v1/stats",
                "/v1/audit",
            }
        )
        {
            await customer.GetAsync(path).ProblemAsync(HttpStatusCode.Forbidden);
        }

        await customer.PostAsJsonAsync("/v1/accounts/customer/api-keys", new { name = "x" }).ProblemAsync(HttpStatusCode.Forbidden);
        await customer.PostAsJsonAsync("/v1/routes:explain", new { }).ProblemAsync(HttpStatusCode.Forbidden);
        await customer.DeleteAsync("/v1/accounts/customer").ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"id\":\"x\",\"id\":\"y\"}")]
    [InlineData("{\"id\":\"x\",}")]
    [InlineData("{\"\\ud800\":1}")]
    public async Task A_body_that_is_no_json_object_is_a_bad_request(string body)
    {
        foreach (var path in new[] { "/v1/accounts", "/v1/messages", "/v1/connectors", "/v1/routes", "/v1/routes:explain" })
        {
            await PostAsync(path, body).ProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Half_a_surrogate_pair_and_nul_are_bad_requests()
    {
        await PostAsync("/v1/accounts", """{"id":"x","name":"\ud800"}""").RefusesAsync("name");
        await PostAsync("/v1/accounts", """{"id":"x","name":"a\u0000b"}""").RefusesAsync("name");
        await PostAsync("/v1/messages", """{"account":"x","from":"A","to":"1","text":"\udc00"}""").RefusesAsync("text");
        await platform.Admin.GetAsync("/v1/accounts?after=%00").ProblemAsync(HttpStatusCode.BadRequest);
        await platform.Admin.GetAsync("/v1/messages?reference=%00").ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Deep_nesting_is_a_bad_request() =>
        await PostAsync("/v1/accounts", new string('[', 100_000)).ProblemAsync(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_a_bad_request()
    {
        using var content = new ByteArrayContent([.. "{\"id\":\""u8, 0xFF, .. "\",\"name\":\"x\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await platform.Admin.PostAsync("/v1/accounts", content);

        await response.ProblemAsync(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Another_media_type_is_unsupported(string? mediaType)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);

        using var response = await platform.Admin.PostAsync("/v1/accounts", content);

        await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_too_large_with_and_without_a_declared_length()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":"x","name":"{{new string('x', 1024 * 1024)}}"}""");
        using var declared = new ByteArrayContent(body);
        declared.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await platform.Admin.PostAsync("/v1/accounts", declared).ProblemAsync(HttpStatusCode.RequestEntityTooLarge);

        using var chunked = new StreamContent(new UnseekableStream(body));
        chunked.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await platform.Admin.PostAsync("/v1/accounts", chunked).ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found_and_another_method_is_not_allowed()
    {
        await platform.Admin.GetAsync("/v1/nothing").ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.GetAsync("/nothing").ProblemAsync(HttpStatusCode.NotFound);
        using var response = await platform.Admin.DeleteAsync("/v1/stats");
        await response.ProblemAsync(HttpStatusCode.MethodNotAllowed);
        Assert.Contains("GET", response.Content.Headers.Allow);
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) =>
        platform.Admin.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Its length is not known ahead: it goes out in chunks.</summary>
    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
