using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Persistence.Configuration;

namespace AdminApi.IntegrationTests;

public sealed class SealPasswordsTests
{
    private readonly string key = $"k1={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";

    [Fact]
    public async Task A_connectors_password_is_sealed_in_the_database_and_shown_nowhere()
    {
        await using var platform = await TestPlatform.StartAsync(sealingKeys: key);
        await platform.CreateConnectorAsync("closed");

        var stored = await StoredAsync(platform, "closed");
        Assert.StartsWith("sealed$k1$", stored, StringComparison.Ordinal);
        Assert.True(platform.Services.GetRequiredService<PasswordSeal>().TryOpen("closed", stored, out var password, out _));
        Assert.Equal("s3cret", password);
        Assert.Null((await platform.Admin.GetJsonAsync("/v1/connectors/closed"))["password"]);
        var audit = (await platform.Admin.GetJsonAsync("/v1/audit")).ToJsonString();
        Assert.DoesNotContain("s3cret", audit, StringComparison.Ordinal);
        Assert.DoesNotContain("sealed$", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_seals_what_was_stored_before_there_was_a_key_and_only_that()
    {
        await using var platform = await TestPlatform.StartAsync(sealingKeys: key);
        await platform.CreateConnectorAsync("plain");
        await platform.CreateConnectorAsync("closed");
        var closed = await StoredAsync(platform, "closed");
        await using (
            var command = platform
                .Services.GetRequiredService<NpgsqlDataSource>()
                .CreateCommand("update connectors set password = 'early', outbind_password = 'called early' where id = 'plain'")
        )
        {
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        await platform.Services.GetRequiredService<SealPasswords>().SealAsync(CancellationToken.None);

        var stored = await StoredAsync(platform, "plain");
        Assert.StartsWith("sealed$k1$", stored, StringComparison.Ordinal);
        Assert.True(platform.Services.GetRequiredService<PasswordSeal>().TryOpen("plain", stored, out var password, out _));
        Assert.Equal("early", password);
        var outbind = await StoredAsync(platform, "plain", "outbind_password");
        Assert.StartsWith("sealed$k1$", outbind, StringComparison.Ordinal);
        Assert.True(platform.Services.GetRequiredService<PasswordSeal>().TryOpen("plain/outbind", outbind, out var calledWith, out _));
        Assert.Equal("called early", calledWith);
        Assert.Equal(closed, await StoredAsync(platform, "closed"));
    }

    private static async Task<string> StoredAsync(TestPlatform platform, string connector, string column = "password")
    {
        await using var command = platform
            .Services.GetRequiredService<NpgsqlDataSource>()
            .CreateCommand($"select {column} from connectors where id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = connector });
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
