using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Configuration;
using Persistence.Snapshot;

namespace AdminApi.IntegrationTests;

public sealed class SmppUsersTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    [Fact]
    public async Task A_created_user_is_in_force_at_once_and_its_password_is_never_shown()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "created", name = "x" });

        using var response = await platform.Admin.PostAsJsonAsync(
            "/v1/accounts/created/smpp-users",
            new
            {
                systemId = "esme1",
                password = "topsecrt",
                allowedIps = new[] { "10.1.2.3/8", "192.0.2.7" },
                maxBinds = 4,
                window = 20,
                bindTypes = new[] { "transceiver", "receiver" },
                messageIdFormat = "uuid",
            }
        );

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/v1/accounts/created/smpp-users/esme1", response.Headers.Location?.OriginalString);
        var user = await platform.Admin.GetJsonAsync("/v1/accounts/created/smpp-users/esme1");
        Assert.Equal(
            """{"systemId":"esme1","allowedIps":["10.0.0.0/8","192.0.2.7/32"],"maxBinds":4,"ratePerSecond":null,"window":20,"bindTypes":["transceiver","receiver"],"messageIdFormat":"uuid","enabled":true}""",
            user.ToJsonString()
        );
        var inForce = platform.Services.GetRequiredService<SnapshotSource>().Current.SmppUsers["esme1"];
        Assert.True(PasswordHash.Verify(inForce.PasswordHash, "topsecrt"));
    }

    [Fact]
    public async Task Short_message_ids_can_be_chosen()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "short-ids", name = "x" });
        await platform.CreateAsync(
            "/v1/accounts/short-ids/smpp-users",
            new
            {
                systemId = "esme33",
                password = "secret",
                messageIdFormat = "short",
            }
        );

        var inForce = platform.Services.GetRequiredService<SnapshotSource>().Current.SmppUsers["esme33"];
        Assert.Equal(MessageIdFormat.Short, inForce.MessageIdFormat);
    }

    [Fact]
    public async Task An_update_without_a_password_keeps_it_and_one_with_a_password_changes_it()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "update", name = "x" });
        await platform.CreateAsync("/v1/accounts/update/smpp-users", new { systemId = "esme2", password = "before" });

        using var replaced = await platform.Admin.PutAsJsonAsync("/v1/accounts/update/smpp-users/esme2", new { window = 7 });
        Assert.Equal(7, (await replaced.JsonAsync())["window"]!.GetValue<int>());
        Assert.True(Verifies("before"));

        using var patched = await platform.Admin.PatchJsonAsync("/v1/accounts/update/smpp-users/esme2", new { password = "after" });
        Assert.Equal(7, (await patched.JsonAsync())["window"]!.GetValue<int>());
        Assert.True(Verifies("after"));
        Assert.False(Verifies("before"));

        bool Verifies(string password) =>
            PasswordHash.Verify(platform.Services.GetRequiredService<SnapshotSource>().Current.SmppUsers["esme2"].PasswordHash, password);
    }

    [Fact]
    public async Task A_system_id_is_unique_in_the_platform()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "first", name = "x" });
        await platform.CreateAsync("/v1/accounts", new { id = "second", name = "x" });
        await platform.CreateAsync("/v1/accounts/first/smpp-users", new { systemId = "taken", password = "p" });

        await platform
            .Admin.PostAsJsonAsync("/v1/accounts/second/smpp-users", new { systemId = "taken", password = "p" })
            .ProblemAsync(HttpStatusCode.Conflict);
        await platform.Admin.GetAsync("/v1/accounts/second/smpp-users/taken").ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(["taken"], (await platform.Admin.GetJsonAsync("/v1/accounts/first/smpp-users")).Ids("systemId"));
        Assert.Empty((await platform.Admin.GetJsonAsync("/v1/accounts/second/smpp-users")).Ids("systemId"));
    }

    [Fact]
    public async Task What_is_wrong_is_said_field_by_field()
    {
        await platform.CreateAsync("/v1/accounts", new { id = "wrong", name = "x" });

        await platform.Admin.PostAsJsonAsync("/v1/accounts/wrong/smpp-users", new { }).RefusesAsync("systemId", "password");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/accounts/wrong/smpp-users",
                new
                {
                    systemId = "sixteen-letters-",
                    password = "nine-char",
                    window = 0,
                    maxBinds = 0,
                    ratePerSecond = -1,
                    allowedIps = new[] { "10.0.0.0/33", "::1", "host" },
                }
            )
            .RefusesAsync("systemId", "password", "window", "maxBinds", "ratePerSecond", "allowedIps[0]", "allowedIps[2]");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/accounts/wrong/smpp-users",
                new
                {
                    systemId = "x",
                    password = "p",
                    bindTypes = new[] { "transceiver", "x" },
                }
            )
            .RefusesAsync("bindTypes[1]");
        await platform
            .Admin.PostAsJsonAsync("/v1/accounts/nobody/smpp-users", new { systemId = "x", password = "p" })
            .ProblemAsync(HttpStatusCode.NotFound);
        await platform.Admin.GetAsync("/v1/accounts/nobody/smpp-users").ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_deleted_user_is_gone_unless_a_route_names_it()
    {
        await platform.CreateConnectorAsync("for-user");
        await platform.CreateAsync("/v1/accounts", new { id = "deletes", name = "x" });
        await platform.CreateAsync("/v1/accounts/deletes/smpp-users", new { systemId = "esme3", password = "p" });
        await platform.CreateAsync(
            "/v1/routes",
            new
            {
                id = "for-user",
                match = new { systemId = "esme3" },
                targets = new[] { new { connector = "for-user" } },
            }
        );

        await platform.Admin.DeleteAsync("/v1/accounts/deletes/smpp-users/esme3").ProblemAsync(HttpStatusCode.Conflict);
        using var route = await platform.Admin.DeleteAsync("/v1/routes/for-user");
        using var deleted = await platform.Admin.DeleteAsync("/v1/accounts/deletes/smpp-users/esme3");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await platform.Admin.DeleteAsync("/v1/accounts/deletes/smpp-users/esme3").ProblemAsync(HttpStatusCode.NotFound);
    }
}
