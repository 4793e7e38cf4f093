using System.Net;
using System.Net.Http.Json;

namespace AdminApi.IntegrationTests;

public sealed class ApiKeysTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    [Fact]
    public async Task The_secret_is_shown_once_and_opens_the_accounts_messages()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "keys", name = "x" });

        using var response = await platform.Admin.PostAsJsonAsync("/v1/accounts/keys/api-keys", new { name = "shop" });
        var created = await response.JsonAsync();
        var id = created["id"].Text();
        var secret = created["secret"].Text();

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal($"/v1/accounts/keys/api-keys/{id}", response.Headers.Location?.OriginalString);
        Assert.StartsWith($"{id}.", secret, StringComparison.Ordinal);
        Assert.Equal(32 + 1 + 43, secret.Length);
        var listed = await platform.Admin.GetJsonAsync("/v1/accounts/keys/api-keys");
        Assert.Equal([id], listed.Ids());
        Assert.DoesNotContain("secret", listed.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("shop", (await platform.Admin.GetJsonAsync($"/v1/accounts/keys/api-keys/{id}"))["name"].Text());
        await platform.Client(secret).GetJsonAsync("/v1/messages");
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_and_stays_listed()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "revoked", name = "x" });
        var created = await platform.CreateAsync("/v1/accounts/revoked/api-keys", new { name = "old" });
        var path = $"/v1/accounts/revoked/api-keys/{created["id"].Text()}";

        using var revoked = await platform.Admin.DeleteAsync(path);
        using var again = await platform.Admin.DeleteAsync(path);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        await platform.Client(created["secret"].Text()).GetAsync("/v1/messages").ProblemAsync(HttpStatusCode.Unauthorized);
        var listed = await platform.Admin.GetJsonAsync("/v1/accounts/revoked/api-keys");
        Assert.NotNull(listed["items"]![0]!["revokedAt"]);
    }

    [Fact]
    public async Task What_is_wrong_is_said()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "wrong", name = "x" });

        await platform.Admin.PostAsJsonAsync("/v1/accounts/wrong/api-keys", new { }).RefusesAsync("name");
        await platform.Admin.PostAsJsonAsync("/v1/accounts/wrong/api-keys", new { name = "x", secret = "mine" }).RefusesAsync("secret");
        await platform.Admin.GetAsync("/v1/accounts/wrong/api-keys?after=x").RefusesAsync("after");
        await platform.Admin.PostAsJsonAsync("/v1/accounts/nobody/api-keys", new { name = "x" }).ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.DeleteAsync("/v1/accounts/wrong/api-keys/1").ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.GetAsync($"/v1/accounts/wrong/api-keys/{Guid.NewGuid():N}").ProblemAsync(HttpStatusCode.NotFound);
    }
}
