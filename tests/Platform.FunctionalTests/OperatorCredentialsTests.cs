using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Testing.Smsc;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>A worker binds with passwords from three places, and follows a secret that was changed.</summary>
public sealed class OperatorCredentialsTests
{
    [Fact]
    public async Task Passwords_come_sealed_from_the_environment_or_from_Secrets_Manager_and_a_changed_secret_binds_that_connector_alone()
    {
        await using var smsc = await SmscSimulator.StartAsync(new SmscOptions { Port = 0 }, NullLogger.Instance, TimeProvider.System);
        using var vault = new SecretsManagerStandIn { Secret = """{"password":"of-yesterday"}""" };
        var keys = $"k1={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";
        await using var platform = await RunningPlatform.StartAsync(
            ("PLATFORM_QUEUE", "postgres"),
            ("PLATFORM_CONNECTORS", "nobody"),
            ("PLATFORM_SEALING_KEYS", keys)
        );
        await AddAsync(platform, smsc, "sealed", password: "simulator");
        await AddAsync(platform, smsc, "variable", secretRef: "env:SIMULATOR");
        await AddAsync(platform, smsc, "vault", secretRef: "smsc/simulator#password");
        await using var worker = await WorkerProcess.StartAsync(
            platform,
            "worker-0",
            ("PLATFORM_SEALING_KEYS", keys),
            ("PLATFORM_SECRET_SIMULATOR", "simulator"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", vault.Url),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            // A refused password is tried again at the longest wait only: here soon.
            ("Workers__MaxReconnect", "00:00:02")
        );

        var before = await RunningPlatform.UntilAsync(
            platform.Rest,
            "v1/binds",
            binds =>
                IsBound(binds, "sealed")
                && IsBound(binds, "variable")
                && Bind(binds, "vault") is { ValueKind: JsonValueKind.Object } refused
                && refused.GetProperty("lastError").GetString()?.Contains("InvPaswd", StringComparison.Ordinal) == true
        );
        vault.Secret = """{"password":"simulator"}""";
        var after = await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => IsBound(binds, "vault"));

        foreach (var untouched in (string[])["sealed", "variable"])
        {
            Assert.Equal(
                Bind(before, untouched).GetProperty("stateAt").GetDateTimeOffset(),
                Bind(after, untouched).GetProperty("stateAt").GetDateTimeOffset()
            );
        }

        Assert.Equal(3, smsc.Stats.BindsTotal);
    }

    private static async Task AddAsync(
        RunningPlatform platform,
        SmscSimulator smsc,
        string id,
        string? password = null,
        string? secretRef = null
    )
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/connectors",
            new
            {
                id,
                @operator = id,
                host = "127.0.0.1",
                port = smsc.EndPoint.Port,
                systemId = "simulator",
                password,
                secretRef,
            }
        );
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.DoesNotContain("\"password\":", text, StringComparison.Ordinal);
    }

    private static JsonElement Bind(JsonElement binds, string connector) =>
        binds
            .GetProperty("items")
            .EnumerateArray()
            .FirstOrDefault(bind => bind.TryGetProperty("connector", out var of) && of.GetString() == connector);

    private static bool IsBound(JsonElement binds, string connector) =>
        Bind(binds, connector) is { ValueKind: JsonValueKind.Object } bind && bind.GetProperty("bound").GetBoolean();

    /// <summary>Answers every GetSecretValue with one secret.</summary>
    private sealed class SecretsManagerStandIn : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly Task answering;

        public SecretsManagerStandIn()
        {
            Url = $"http://127.0.0.1:{RunningPlatform.FreePorts(1)[0]}/";
            listener.Prefixes.Add(Url);
            listener.Start();
            answering = AnswerAsync();
        }

        public string Url { get; }

        public string Secret { get; set; } = "";

        public void Dispose()
        {
            listener.Close();
            answering.GetAwaiter().GetResult();
        }

        private async Task AnswerAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return; // closed
                }

                var isRead = context.Request.Headers["X-Amz-Target"] == "secretsmanager.GetSecretValue";
                context.Response.StatusCode = isRead ? 200 : 400;
                context.Response.ContentType = "application/x-amz-json-1.1";
                context.Response.Close(
                    Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { Name = "smsc/simulator", SecretString = Secret })),
                    willBlock: false
                );
            }
        }
    }
}
