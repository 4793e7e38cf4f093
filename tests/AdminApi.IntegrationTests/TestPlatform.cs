using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Persistence.Configuration;
using Persistence.Ledger;

namespace AdminApi.IntegrationTests;

/// <summary>The admin API as a host composes it: real PostgreSQL, the queue in memory, requests without a socket.</summary>
public sealed class TestPlatform : IAsyncDisposable
{
    public const string AdminKey = "0123456789abcdef0123456789abcdef";

    /// <summary>Long enough for the slowest machine; nothing waits for it when all is well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TestDatabase database;
    private readonly string keyFile;
    private readonly WebApplication app;

    private TestPlatform(TestDatabase database, string keyFile, WebApplication app, InMemoryQueue queue)
    {
        this.database = database;
        this.keyFile = keyFile;
        this.app = app;
        Queue = queue;
        Anonymous = app.GetTestClient();
        Admin = Client(AdminKey);
    }

    public InMemoryQueue Queue { get; }

    /// <summary>A client with the admin key.</summary>
    public HttpClient Admin { get; }

    /// <summary>A client without credentials.</summary>
    public HttpClient Anonymous { get; }

    public IServiceProvider Services => app.Services;

    public MessageLedger Ledger => Services.GetRequiredService<MessageLedger>();

    internal static async Task<TestPlatform> StartAsync(
        bool demo = false,
        string? sealingKeys = null,
        EnvelopeSenderOptions? sending = null,
        Func<TestDatabase, Task>? beforeStart = null
    )
    {
        var database = await TestDatabase.CreateAsync();
        var keyFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(keyFile, AdminKey + "\n");
        var queue = new InMemoryQueue(TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["PLATFORM_DATABASE"] = database.ConnectionString,
                ["PLATFORM_ADMIN_KEY_FILE"] = keyFile,
                [PasswordSeal.Setting] = sealingKeys,
                ["PLATFORM_DEMO"] = demo ? "1" : null,
                ["Platform:BootId"] = $"{Guid.NewGuid()}",
                ["Platform:Service"] = "admin-api",
                // The test server's requests come in on no port.
                ["ADMIN_PORT"] = "0",
            }
        );
        builder.Services.AddSingleton<IMessageQueue>(queue);
        builder.Services.AddSingleton(new EnvelopeSenderOptions());
        if (sending is not null)
        {
            builder.Services.AddSingleton(provider => new EnvelopeSender<MessageSubmitted>(
                queue,
                QueueNames.Submit,
                ContractsJson.Default.MessageSubmitted,
                sending,
                Guid.NewGuid(),
                TimeProvider.System,
                provider.GetRequiredService<ILogger<EnvelopeSender<MessageSubmitted>>>()
            ));
        }

        builder.Services.AddAdminApi(builder.Configuration);
        var app = builder.Build();
        app.MapAdminApi();
        await (beforeStart?.Invoke(database) ?? Task.CompletedTask);
        await app.StartAsync();
        await app.Services.GetRequiredService<Persistence.Snapshot.SnapshotSource>().Loaded.WaitAsync(Patience);
        return new TestPlatform(database, keyFile, app, queue);
    }

    public HttpClient Client(string key)
    {
        var client = app.GetTestClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Makes an account with a key; gives the client of whoever has it.</summary>
    public async Task<HttpClient> CustomerAsync(string account)
    {
        await CreateAsync("/v1/accounts", new { id = account, name = account });
        var key = await CreateAsync($"/v1/accounts/{account}/api-keys", new { name = "test" });
        return Client(key["secret"]!.GetValue<string>());
    }

    public async Task<JsonObject> CreateAsync(string path, object document)
    {
        using var response = await Admin.PostAsJsonAsync(path, document);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.JsonAsync();
    }

    public Task<JsonObject> CreateConnectorAsync(string id) =>
        CreateAsync(
            "/v1/connectors",
            new
            {
                id,
                @operator = "tel",
                host = "127.0.0.1",
                systemId = "us",
                password = "s3cret",
            }
        );

    /// <summary>Everything that was sent to the router, in order.</summary>
    public List<MessageSubmitted> Submitted()
    {
        var codec = new EnvelopeCodec<MessageSubmitted>(ContractsJson.Default.MessageSubmitted);
        var messages = new List<MessageSubmitted>();
        foreach (var envelope in Queue.Peek(QueueNames.Submit))
        {
            Assert.True(codec.TryDecode(envelope.Body, out var decoded, out var error), error);
            messages.AddRange(decoded.Items.Select(item => item.Value));
        }

        return messages;
    }

    internal TestDatabase Database => database;

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
        File.Delete(keyFile);
    }
}

/// <summary>Reading answers.</summary>
internal static class Answers
{
    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

    public static async Task<JsonObject> GetJsonAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    public static Task<HttpResponseMessage> PatchJsonAsync(this HttpClient client, string path, object changes) =>
        client.PatchAsync(path, JsonContent.Create(changes, new MediaTypeHeaderValue("application/merge-patch+json")));

    /// <summary>Asserts that an answer is a problem (RFC 9457) of a status, and reads it.</summary>
    public static async Task<JsonObject> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal((int)status, problem["status"]!.GetValue<int>());
        Assert.False(string.IsNullOrEmpty(problem["title"]!.GetValue<string>()));
        return problem;
    }

    /// <summary>Asserts that an answer is a 400 with words about exactly these fields.</summary>
    public static async Task RefusesAsync(this Task<HttpResponseMessage> request, params string[] fields)
    {
        using var response = await request;
        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest);
        var errors = problem["errors"]!.AsObject();
        Assert.Equal(fields.Order(StringComparer.Ordinal), errors.Select(error => error.Key).Order(StringComparer.Ordinal));
        Assert.All(errors, error => Assert.NotEmpty(error.Value!.AsArray()));
    }

    public static async Task<JsonObject> ProblemAsync(this Task<HttpResponseMessage> request, HttpStatusCode status)
    {
        using var response = await request;
        return await response.ProblemAsync(status);
    }

    public static string Text(this JsonNode? node) => node!.GetValue<string>();

    public static List<string> Ids(this JsonObject page, string field = "id") =>
        [.. page["items"]!.AsArray().Select(item => item![field].Text())];
}

/// <summary>One platform for a class's tests; each uses names of its own.</summary>
public sealed class SharedPlatform : IAsyncLifetime
{
    private TestPlatform? platform;

    public TestPlatform Platform => platform ?? throw new InvalidOperationException("the platform did not start");

    public async Task InitializeAsync() => platform = await TestPlatform.StartAsync();

    public async Task DisposeAsync()
    {
        if (platform is not null)
        {
            await platform.DisposeAsync();
        }
    }
}
