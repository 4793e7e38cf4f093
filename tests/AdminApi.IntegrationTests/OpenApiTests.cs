using System.Text.Json.Nodes;

namespace AdminApi.IntegrationTests;

public sealed class OpenApiTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    [Fact]
    public async Task Every_call_is_in_the_document_which_needs_no_credentials()
    {
        var document = await platform.Anonymous.GetJsonAsync("/openapi/v1.json");

        var calls = Operations(document).Select(operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal);
        string[] expected =
        [
            .. Crud("/v1/accounts", "id"),
            .. Crud("/v1/accounts/{account}/smpp-users", "systemId"),
            .. Crud("/v1/connectors", "id"),
            .. Crud("/v1/routes", "id"),
            "get /v1/accounts/{account}/api-keys",
            "post /v1/accounts/{account}/api-keys",
            "get /v1/accounts/{account}/api-keys/{id}",
            "delete /v1/accounts/{account}/api-keys/{id}",
            "post /v1/connectors/{id}:stop",
            "post /v1/connectors/{id}:start",
            "post /v1/routes:explain",
            "get /v1/messages",
            "post /v1/messages",
            "get /v1/messages/{id}",
            "post /v1/accounts/{account}/smpp-users/{systemId}:trace",
            "get /v1/accounts/{account}/smpp-users/{systemId}:trace",
            "delete /v1/accounts/{account}/smpp-users/{systemId}:trace",
            "get /v1/binds",
            "post /v1/binds/{id}:unbind",
            "get /v1/uncertain-submits",
            "get /v1/queues",
            "get /v1/queues/{name}/dead",
            "get /v1/queues/{name}/dead/{id}",
            "post /v1/queues/{name}/dead:replay",
            "delete /v1/queues/{name}/dead",
            "get /v1/stats",
            "get /v1/audit",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), calls);
    }

    [Fact]
    public async Task Every_call_is_named_described_and_says_how_it_fails()
    {
        var document = await platform.Anonymous.GetJsonAsync("/openapi/v1.json");

        var operations = Operations(document).ToList();
        Assert.Equal(operations.Count, operations.Select(operation => operation.Node["operationId"].Text()).Distinct().Count());
        Assert.All(
            operations,
            operation =>
            {
                Assert.NotEmpty(operation.Node["summary"].Text());
                var answers = operation.Node["responses"]!.AsObject().Select(answer => answer.Key).ToList();
                Assert.Contains(answers, answer => answer[0] == '2');
                Assert.Contains("401", answers);
                Assert.Contains("503", answers);
                if (
                    operation.Method is "put" or "patch"
                    || (operation.Method == "post" && !operation.Path.Contains("{id}:", StringComparison.Ordinal))
                )
                {
                    Assert.NotNull(operation.Node["requestBody"]);
                    Assert.Contains("400", answers);
                }
            }
        );
        Assert.Equal("bearer", document["components"]!["securitySchemes"]!["key"]!["scheme"].Text());
    }

    [Fact]
    public async Task Fields_have_descriptions_and_enums_their_values()
    {
        var document = await platform.Anonymous.GetJsonAsync("/openapi/v1.json");

        var schemas = document["components"]!["schemas"]!;
        Assert.Contains("Slug", schemas["AccountDocument"]!["properties"]!["id"]!["description"].Text(), StringComparison.Ordinal);
        Assert.Equal(["none", "prepaid", "postpaid"], schemas["CreditMode"]!["enum"]!.AsArray().Select(value => value.Text()));
        Assert.Contains("from", schemas["SendRequest"]!["required"]!.AsArray().Select(value => value.Text()));
        var limit = document["paths"]!["/v1/accounts"]!["get"]!["parameters"]!.AsArray().Single(p => p!["name"].Text() == "limit")!;
        Assert.Equal("integer", limit["schema"]!["type"].Text());
    }

    private static IEnumerable<string> Crud(string path, string id) =>
        [
            $"get {path}",
            $"post {path}",
            $"get {path}/{{{id}}}",
            $"put {path}/{{{id}}}",
            $"patch {path}/{{{id}}}",
            $"delete {path}/{{{id}}}",
        ];

    private static IEnumerable<(string Method, string Path, JsonObject Node)> Operations(JsonObject document) =>
        document["paths"]!
            .AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(call => (call.Key, path.Key, call.Value!.AsObject())));
}
