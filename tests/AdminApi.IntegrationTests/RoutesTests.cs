using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace AdminApi.IntegrationTests;

public sealed class RoutesTests : IAsyncLifetime
{
    private TestPlatform? started;

    private TestPlatform Platform => started!;

    public async Task InitializeAsync()
    {
        started = await TestPlatform.StartAsync();
        await Platform.CreateConnectorAsync("north");
        await Platform.CreateConnectorAsync("south");
        await Platform.CreateAsync("/v1/accounts", new { id = "acme", name = "x" });
    }

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task Every_field_can_be_set_and_read_back()
    {
        await Platform.CreateAsync("/v1/accounts/acme/smpp-users", new { systemId = "esme", password = "p" });
        var all = JsonNode.Parse(
            """{"id":"all","priority":7,"match":{"account":"acme","systemId":"esme","destinationPrefix":["49","43"],"sourcePattern":"^A","textPattern":"code \\d\u002B","timeWindow":{"from":"22:00","to":"06:30","zone":"Europe/Berlin","days":["monday","friday"]}},"targets":[{"connector":"north","weight":3},{"connector":"south","weight":1}],"strategy":"weighted","enabled":false}"""
        )!;

        var created = await Platform.CreateAsync("/v1/routes", all);

        Assert.Equal(all.ToJsonString(), created.ToJsonString());
        Assert.Equal(all.ToJsonString(), (await Platform.Admin.GetJsonAsync("/v1/routes/all")).ToJsonString());
    }

    [Fact]
    public async Task Routes_are_listed_in_the_order_in_which_they_are_tried()
    {
        foreach (var (id, priority) in new[] { ("late", 20), ("b", 10), ("a", 10), ("early", 5) })
        {
            await Platform.CreateAsync(
                "/v1/routes",
                new
                {
                    id,
                    priority,
                    targets = new[] { new { connector = "north" } },
                }
            );
        }

        var first = await Platform.Admin.GetJsonAsync("/v1/routes?limit=2");
        Assert.Equal(["early", "a"], first.Ids());
        var second = await Platform.Admin.GetJsonAsync($"/v1/routes?after={first["next"].Text()}");
        Assert.Equal(["b", "late"], second.Ids());
        Assert.Null(second["next"]);
        await Platform.Admin.GetAsync("/v1/routes?after=x").RefusesAsync("after");
    }

    [Fact]
    public async Task What_cannot_be_used_is_refused_field_by_field()
    {
        await Platform.Admin.PostAsJsonAsync("/v1/routes", new { id = "x" }).RefusesAsync("targets");
        await Platform.Admin.PostAsJsonAsync("/v1/routes", new { id = "x", targets = Array.Empty<object>() }).RefusesAsync("targets");
        await RefusesMatchAsync(new { sourcePattern = "(" }, "match.sourcePattern");
        // Back references need backtracking, which the services do not do.
        await RefusesMatchAsync(new { textPattern = "(a)\\1" }, "match.textPattern");
        await RefusesMatchAsync(new { timeWindow = new { from = "8", to = "25:00" } }, "match.timeWindow.from", "match.timeWindow.to");
        await RefusesMatchAsync(
            new
            {
                timeWindow = new
                {
                    from = "08:00",
                    to = "09:00",
                    zone = "Mars/Base",
                },
            },
            "match.timeWindow.zone"
        );
        await RefusesMatchAsync(new { destinationPrefix = new[] { "49", "x" } }, "match.destinationPrefix[1]");
        await RefusesMatchAsync(new { account = "nobody", systemId = "nobody" }, "match.account", "match.systemId");
        await RefusesMatchAsync(new { colour = "red" }, "match.colour");
        await Platform
            .Admin.PostAsJsonAsync(
                "/v1/routes",
                new
                {
                    id = "x",
                    priority = -1,
                    targets = new[] { new { connector = "north", weight = 0 }, new { connector = "north", weight = 1 } },
                }
            )
            .RefusesAsync("priority", "targets[0].weight", "targets[1].connector");
        await Platform
            .Admin.PostAsJsonAsync("/v1/routes", new { id = "x", targets = new[] { new { connector = "west" } } })
            .RefusesAsync("targets[0].connector");
        await Platform
            .Admin.PostAsJsonAsync("/v1/routes", new { id = "x", targets = new object?[] { new { weight = 1 }, null } })
            .RefusesAsync("targets[0].connector");
    }

    [Fact]
    public async Task Updates_are_checked_like_creations()
    {
        await Platform.CreateAsync("/v1/routes", new { id = "up", targets = new[] { new { connector = "north" } } });

        using var patched = await Platform.Admin.PatchJsonAsync("/v1/routes/up", new { match = new { account = "acme" } });
        Assert.Equal("acme", (await patched.JsonAsync())["match"]!["account"].Text());
        using var removed = await Platform.Admin.PatchJsonAsync("/v1/routes/up", new { match = new { account = (string?)null } });
        Assert.Null((await removed.JsonAsync())["match"]!["account"]);
        await Platform
            .Admin.PatchJsonAsync("/v1/routes/up", new { match = new { sourcePattern = "[" } })
            .RefusesAsync("match.sourcePattern");
        await Platform
            .Admin.PutAsJsonAsync("/v1/routes/up", new { targets = new[] { new { connector = "west" } } })
            .RefusesAsync("targets[0].connector");
        await Platform
            .Admin.PostAsJsonAsync("/v1/routes", new { id = "up", targets = new[] { new { connector = "north" } } })
            .ProblemAsync(HttpStatusCode.Conflict);
        using var deleted = await Platform.Admin.DeleteAsync("/v1/routes/up");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await Platform.Admin.GetAsync("/v1/routes/up").ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Explain_says_every_route_considered_and_sends_nothing()
    {
        await Platform.CreateAsync(
            "/v1/routes",
            new
            {
                id = "germany",
                priority = 1,
                match = new { destinationPrefix = new[] { "+49" } },
                targets = new[] { new { connector = "north" } },
            }
        );
        await Platform.CreateAsync(
            "/v1/routes",
            new
            {
                id = "rest",
                priority = 2,
                targets = new[] { new { connector = "south" } },
            }
        );

        using var response = await Platform.Admin.PostAsJsonAsync(
            "/v1/routes:explain",
            new
            {
                account = "acme",
                from = "ACME",
                to = "+43171234567",
                text = "hi",
            }
        );

        var explanation = await response.JsonAsync();
        Assert.Equal("routed", explanation["verdict"].Text());
        Assert.Equal("south", explanation["connector"].Text());
        Assert.Equal("rest", explanation["route"].Text());
        Assert.Equal(["germany", "rest"], explanation["considered"]!.AsArray().Select(step => step!["route"].Text()));
        Assert.Equal([false, true], explanation["considered"]!.AsArray().Select(step => step!["matched"]!.GetValue<bool>()));
        Assert.All(explanation["considered"]!.AsArray(), step => Assert.NotEmpty(step!["why"].Text()));
        Assert.Empty(Platform.Submitted());
    }

    [Fact]
    public async Task Explain_says_why_a_message_has_no_route()
    {
        using var response = await Platform.Admin.PostAsJsonAsync(
            "/v1/routes:explain",
            new
            {
                account = "acme",
                from = "A",
                to = "1",
                text = "x",
            }
        );

        var explanation = await response.JsonAsync();
        Assert.Equal("rejected", explanation["verdict"].Text());
        Assert.Equal("no route", explanation["reason"].Text());
        await Platform
            .Admin.PostAsJsonAsync(
                "/v1/routes:explain",
                new
                {
                    account = "nobody",
                    from = "",
                    to = "x",
                }
            )
            .RefusesAsync("account", "from", "to", "text");
    }

    private Task RefusesMatchAsync(object match, params string[] fields) =>
        Platform
            .Admin.PostAsJsonAsync(
                "/v1/routes",
                new
                {
                    id = "x",
                    match,
                    targets = new[] { new { connector = "north" } },
                }
            )
            .RefusesAsync(fields);
}
