using Microsoft.EntityFrameworkCore;
using Persistence.Configuration;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class AuditTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Every_change_is_written_down_with_who_made_it_and_what_was_before_and_after()
    {
        await using (var context = database.OpenContext("alice"))
        {
            context.Add(new Account { Id = "changed", Name = "Before" });
            await context.SaveChangesAsync();
        }

        await using (var context = database.OpenContext("bob"))
        {
            (await context.Accounts.SingleAsync(account => account.Id == "changed")).Name = "After";
            await context.SaveChangesAsync();
        }

        await using (var context = database.OpenContext("carol"))
        {
            context.Remove(await context.Accounts.SingleAsync(account => account.Id == "changed"));
            await context.SaveChangesAsync();
        }

        var entries = await ReadAsync("account", "changed");
        Assert.Equal(
            [("alice", "created"), ("bob", "updated"), ("carol", "deleted")],
            entries.Select(entry => (entry.Actor, entry.Action))
        );
        Assert.Equal([null, "Before", "After"], entries.Select(entry => NameIn(entry.Before)));
        Assert.Equal(["Before", "After", null], entries.Select(entry => NameIn(entry.After)));

        static string? NameIn(string? json) =>
            json is null ? null : System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("name").GetString();
    }

    [Fact]
    public async Task A_change_makes_a_new_version_and_a_save_without_one_does_not()
    {
        await using var context = database.OpenContext();
        context.Add(new Account { Id = "versioned", Name = "One" });
        await context.SaveChangesAsync();
        var version = await context.ConfigVersions.MaxAsync(v => v.Id);

        await context.SaveChangesAsync();
        Assert.Equal(version, await context.ConfigVersions.MaxAsync(v => v.Id));

        (await context.Accounts.SingleAsync(account => account.Id == "versioned")).RatePerSecond = 5;
        await context.SaveChangesAsync();
        Assert.True(await context.ConfigVersions.MaxAsync(v => v.Id) > version);
    }

    [Fact]
    public async Task Secrets_never_reach_the_audit_log()
    {
        var key = Guid.NewGuid();
        await using (var context = database.OpenContext())
        {
            context.Add(new Account { Id = "secretive", Name = "Secretive" });
            context.Add(
                new SmppUser
                {
                    SystemId = "secretive",
                    AccountId = "secretive",
                    PasswordHash = "the-stored-hash",
                }
            );
            context.Add(
                new Connector
                {
                    Id = "secretive",
                    Operator = "op",
                    Host = "127.0.0.1",
                    SystemId = "us",
                    Password = "the-connector-password",
                }
            );
            context.Add(
                new ApiKey
                {
                    Id = key,
                    AccountId = "secretive",
                    Name = "key",
                    SecretHash = "the-secret-hash"u8.ToArray(),
                    CreatedAt = Sample.Now,
                }
            );
            await context.SaveChangesAsync();
        }

        await using (var context = database.OpenContext())
        {
            (await context.SmppUsers.SingleAsync(user => user.SystemId == "secretive")).PasswordHash = "the-next-stored-hash";
            (await context.Connectors.SingleAsync(connector => connector.Id == "secretive")).Password = "the-next-connector-password";
            await context.SaveChangesAsync();
        }

        var entries = new List<AuditEntry>();
        entries.AddRange(await ReadAsync("smpp-user", "secretive"));
        entries.AddRange(await ReadAsync("connector", "secretive"));
        entries.AddRange(await ReadAsync("api-key", key.ToString()));
        Assert.Equal(5, entries.Count);
        var secretHash = Convert.ToBase64String("the-secret-hash"u8);
        Assert.All(
            entries.Select(entry => entry.Before + entry.After),
            text =>
            {
                Assert.NotEmpty(text);
                Assert.DoesNotContain("the-", text, StringComparison.Ordinal);
                Assert.DoesNotContain(secretHash, text, StringComparison.Ordinal);
            }
        );
    }

    private async Task<List<AuditEntry>> ReadAsync(string entity, string id)
    {
        await using var context = database.OpenContext();
        return await context
            .AuditLog.Where(entry => entry.Entity == entity && entry.EntityId == id)
            .OrderBy(entry => entry.Id)
            .ToListAsync();
    }
}
