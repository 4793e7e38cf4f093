using System.Text.Json;
using Amazon.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence.Configuration;
using Smpp;
using Testing;
using Xunit;

namespace Workers.Tests;

/// <summary>Against a stand-in for Secrets Manager.</summary>
public sealed class OperatorCredentialsTests : IAsyncLifetime
{
    private readonly FakeTime time = new();
    private WebApplication? standIn;
    private string secret = """{"password":"first"}""";
    private int status = 200;
    private int asked;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        standIn = builder.Build();
        standIn.Run(async context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(
                status == 200
                    ? JsonSerializer.Serialize(new { SecretString = secret })
                    : """{"__type":"ResourceNotFoundException","Message":"no such secret"}"""
            );
        });
        await standIn.StartAsync();
    }

    public async Task DisposeAsync() => await standIn!.DisposeAsync();

    [Fact]
    public async Task A_secret_is_kept_for_its_time_to_live_and_asked_for_anew_when_the_operator_refuses_it()
    {
        using var credentials = Credentials();
        var connector = Connector("smsc#password");

        Assert.Equal("first", await credentials.PasswordAsync(connector, null, default));
        secret = """{"password":"second"}""";
        Assert.Equal("first", await credentials.PasswordAsync(connector, null, default));
        Assert.Equal(1, asked);
        Assert.Equal("second", await credentials.PasswordAsync(connector, "first", default));
        // The other binds whose password was refused find it there.
        Assert.Equal("second", await credentials.PasswordAsync(connector, "first", default));
        Assert.Equal(2, asked);

        secret = """{"password":"third"}""";
        time.Advance(new WorkersOptions().SecretTtl);
        Assert.Equal("third", await credentials.PasswordAsync(connector, null, default));
    }

    [Fact]
    public async Task While_Secrets_Manager_is_away_what_was_known_goes_on()
    {
        using var credentials = Credentials();
        var connector = Connector("smsc#password");
        Assert.Equal("first", await credentials.PasswordAsync(connector, null, default));

        status = 400;
        time.Advance(new WorkersOptions().SecretTtl);
        Assert.Equal("first", await credentials.PasswordAsync(connector, null, default));
        Assert.Equal(2, asked);
    }

    [Theory]
    [InlineData("smsc#password", 400, "{}", "no such secret")]
    [InlineData("smsc#password", 200, """{"other":"hidden"}""", "no text under password")]
    [InlineData("smsc#password", 200, "hidden", "no text under password")]
    [InlineData("env:NOT_SET", 200, "{}", "PLATFORM_SECRET_NOT_SET is not set")]
    public async Task What_cannot_be_had_is_said_without_the_secret(string reference, int answer, string value, string said)
    {
        (status, secret) = (answer, value);
        using var credentials = Credentials();

        var error = await Assert.ThrowsAsync<SmppException>(async () =>
            await credentials.PasswordAsync(Connector(reference), null, default)
        );

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_secret_a_variable_and_a_sealed_password_are_taken_as_they_are()
    {
        secret = "whole";
        using var credentials = Credentials();

        Assert.Equal("whole", await credentials.PasswordAsync(Connector("smsc"), null, default));
        Assert.Equal("of the environment", await credentials.PasswordAsync(Connector("env:MNO"), null, default));
        var sealedOne = Connector(null);
        sealedOne.Password = Seal().Seal(sealedOne.Id, "sealed");
        Assert.Equal("sealed", await credentials.PasswordAsync(sealedOne, null, default));
        Assert.Equal("", await credentials.PasswordAsync(Connector(null), null, default));
    }

    [Fact]
    public async Task The_password_that_an_operator_calls_with_is_found_in_the_same_places_and_none_is_any()
    {
        secret = "whole";
        using var credentials = Credentials();
        var connector = Connector(null);
        Assert.Null(await credentials.OutbindPasswordAsync(connector, null, default));

        connector.OutbindPassword = Seal().Seal(connector.OutbindSealName, "sealed");
        Assert.Equal("sealed", await credentials.OutbindPasswordAsync(connector, null, default));
        connector.OutbindPassword = Seal().Seal(connector.Id, "of our own bind");
        await Assert.ThrowsAsync<SmppException>(async () => await credentials.OutbindPasswordAsync(connector, null, default));
        connector.OutbindSecretRef = "env:MNO";
        Assert.Equal("of the environment", await credentials.OutbindPasswordAsync(connector, null, default));
        connector.OutbindSecretRef = "smsc";
        Assert.Equal("whole", await credentials.OutbindPasswordAsync(connector, null, default));
        secret = "changed";
        Assert.Equal("changed", await credentials.OutbindPasswordAsync(connector, "whole", default));
    }

    [Fact]
    public void Another_outbind_password_is_another_bind()
    {
        using var credentials = Credentials();

        Assert.True(credentials.AreSame(With("one"), With("one")));
        Assert.False(credentials.AreSame(With("one"), With("other")));
        Assert.False(credentials.AreSame(With("one"), Connector(null)));

        static Connector With(string password)
        {
            var connector = Connector(null);
            connector.OutbindPassword = Seal().Seal(connector.OutbindSealName, password);
            return connector;
        }
    }

    [Fact]
    public void Sealed_anew_it_is_the_same_bind_and_with_another_password_or_reference_it_is_not()
    {
        using var credentials = Credentials();

        Assert.True(credentials.AreSame(With("one"), With("one")));
        Assert.False(credentials.AreSame(With("one"), With("other")));
        Assert.False(credentials.AreSame(With("one"), Connector(null)));
        Assert.False(credentials.AreSame(Connector("smsc"), Connector("smsc#password")));
        Assert.True(credentials.AreSame(Connector("smsc"), Connector("smsc")));

        static Connector With(string password)
        {
            var connector = Connector(null);
            connector.Password = Seal().Seal(connector.Id, password);
            return connector;
        }
    }

    private static PasswordSeal Seal() => new(Settings(""));

    private static IConfiguration Settings(string endpoint) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    [PasswordSeal.Setting] = $"k1={Convert.ToBase64String(new byte[32])}",
                    ["PLATFORM_SECRET_MNO"] = "of the environment",
                    ["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = endpoint,
                }
            )
            .Build();

    private OperatorCredentials Credentials()
    {
        var settings = Settings(standIn!.Urls.First());
        return new OperatorCredentials(
            new PasswordSeal(settings),
            settings,
            new WorkersOptions(),
            time,
            NullLogger<OperatorCredentials>.Instance,
            new BasicAWSCredentials("id", "key")
        );
    }

    private static Connector Connector(string? secretRef) =>
        new()
        {
            Id = "mno",
            Operator = "mno",
            Host = "127.0.0.1",
            SystemId = "us",
            SecretRef = secretRef,
        };
}
