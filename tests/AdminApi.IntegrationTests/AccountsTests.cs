using System.Net;
using System.Net.Http.Json;

namespace AdminApi.IntegrationTests;

public sealed class AccountsTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    [Fact]
    public async Task A_created_account_has_its_defaults_and_a_location_that_answers_it()
    {
        using var response = await platform.Admin.PostAsJsonAsync("/v1/accounts", new { id = "acme", name = "Acme" });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/v1/accounts/acme", response.Headers.Location?.OriginalString);
        var account = await platform.Admin.GetJsonAsync("/v1/accounts/acme");
        Assert.Equal(
            """{"id":"acme","name":"Acme","enabled":true,"ratePerSecond":null,"burst":null,"creditMode":"none"}""",
            account.ToJsonString()
        );
        Assert.Equal(account.ToJsonString(), (await response.JsonAsync()).ToJsonString());
    }

    [Fact]
    public async Task Put_replaces_and_patch_changes_only_what_it_names()
    {
        await platform.CreateAsync(
            "/v1/accounts",
            new
            {
                id = "change",
                name = "Before",
                ratePerSecond = 10,
                creditMode = "prepaid",
            }
        );

        using var patched = await platform.Admin.PatchJsonAsync("/v1/accounts/change", new { enabled = false, ratePerSecond = (int?)null });
        var account = await patched.JsonAsync();
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
        Assert.False(account["enabled"]!.GetValue<bool>());
        Assert.Null(account["ratePerSecond"]);
        Assert.Equal("prepaid", account["creditMode"].Text());

        using var replaced = await platform.Admin.PutAsJsonAsync("/v1/accounts/change", new { name = "After" });
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.Equal(
            """{"id":"change","name":"After","enabled":true,"ratePerSecond":null,"burst":null,"creditMode":"none"}""",
            (await replaced.JsonAsync()).ToJsonString()
        );
    }

    [Fact]
    public async Task What_is_wrong_is_said_field_by_field()
    {
        await platform.Admin.PostAsJsonAsync("/v1/accounts", new { }).RefusesAsync("name");
        await platform.Admin.PostAsJsonAsync("/v1/accounts", new { name = "x" }).RefusesAsync("id");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/accounts",
                new
                {
                    id = "Not A Slug",
                    name = "",
                    ratePerSecond = -1,
                    burst = 0,
                }
            )
            .RefusesAsync("id", "name", "ratePerSecond", "burst");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/accounts",
                new
                {
                    id = "x",
                    name = 5,
                    enabled = "yes",
                    creditMode = "gold",
                    colour = "red",
                }
            )
            .RefusesAsync("name", "enabled", "creditMode", "colour");
        await platform.Admin.PostAsJsonAsync("/v1/accounts", new { id = "x", name = (string?)null }).RefusesAsync("name");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/accounts",
                new
                {
                    id = "x",
                    name = "x",
                    ratePerSecond = "10",
                }
            )
            .RefusesAsync("ratePerSecond");
    }

    [Fact]
    public async Task An_id_is_given_once_and_never_changes()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "once", name = "Once" });

        await platform.Admin.PostAsJsonAsync("/v1/accounts", new { id = "once", name = "Again" }).ProblemAsync(HttpStatusCode.Conflict);
        await platform.Admin.PutAsJsonAsync("/v1/accounts/once", new { id = "twice", name = "Once" }).RefusesAsync("id");
        await platform.Admin.PatchJsonAsync("/v1/accounts/once", new { id = "twice" }).RefusesAsync("id");
    }

    [Fact]
    public async Task An_unknown_account_is_not_found()
    {
        await platform.Admin.GetAsync("/v1/accounts/nobody").ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.PutAsJsonAsync("/v1/accounts/nobody", new { name = "x" }).ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.PatchJsonAsync("/v1/accounts/nobody", new { name = "x" }).ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.DeleteAsync("/v1/accounts/nobody").ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_account_in_use_is_not_deleted_and_the_answer_says_what_uses_it()
    {
        await platform.CreateConnectorAsync("used-by-route");
        await platform.CreateAsync("/v1/accounts", new { id = "used", name = "Used" });
        await platform.CreateAsync("/v1/accounts/used/smpp-users", new { systemId = "used", password = "p4ssw0rd" });
        var key = await platform.CreateAsync("/v1/accounts/used/api-keys", new { name = "key" });
        await platform.CreateAsync(
            "/v1/routes",
            new
            {
                id = "used",
                match = new { account = "used" },
                targets = new[] { new { connector = "used-by-route" } },
            }
        );

        Assert.Contains("SMPP users", await WhyNotDeletedAsync(), StringComparison.Ordinal);
        using var user = await platform.Admin.DeleteAsync("/v1/accounts/used/smpp-users/used");
        Assert.Contains("API keys", await WhyNotDeletedAsync(), StringComparison.Ordinal);
        using var revoked = await platform.Admin.DeleteAsync($"/v1/accounts/used/api-keys/{key["id"].Text()}");
        Assert.Contains("Route used", await WhyNotDeletedAsync(), StringComparison.Ordinal);
        using var route = await platform.Admin.DeleteAsync("/v1/routes/used");
        using var deleted = await platform.Admin.DeleteAsync("/v1/accounts/used");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await platform.Admin.GetAsync("/v1/accounts/used").ProblemAsync(HttpStatusCode.NotFound);

        async Task<string> WhyNotDeletedAsync() =>
            (await platform.Admin.DeleteAsync("/v1/accounts/used").ProblemAsync(HttpStatusCode.Conflict))["detail"].Text();
    }

    [Fact]
    public async Task An_account_with_messages_is_not_deleted()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "busy", name = "Busy" });
        await platform.Ledger.CheckpointAsync(Guid.NewGuid(), [new("busy", 1, 0)], CancellationToken.None);

        await platform.Admin.DeleteAsync("/v1/accounts/busy").ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Pages_follow_each_other_to_the_end()
    {
        foreach (var id in new[] { "page-c", "page-a", "page-b" })
        {
            await platform.CreateAsync("/v1/accounts", new { id, name = id });
        }

        var first = await platform.Admin.GetJsonAsync("/v1/accounts?limit=2&after=page");
        Assert.Equal(["page-a", "page-b"], first.Ids());
        Assert.Equal("page-b", first["next"].Text());
        var second = await platform.Admin.GetJsonAsync($"/v1/accounts?limit=1&after={first["next"].Text()}");
        Assert.Equal(["page-c"], second.Ids());
        var last = await platform.Admin.GetJsonAsync("/v1/accounts?after=zzz");
        Assert.Empty(last.Ids());
        Assert.Null(last["next"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("ten")]
    public Task A_limit_out_of_range_is_refused(string limit) =>
        platform.Admin.GetAsync($"/v1/accounts?limit={limit}").RefusesAsync("limit");
}
