using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Messaging.IntegrationTests;

/// <summary>A call on its way through the proxy.</summary>
/// <param name="Operation">E.g. SendMessageBatch.</param>
/// <param name="Number">How many of that operation came, this one included.</param>
/// <param name="Request">What was asked; what is changed in it is what the endpoint sees.</param>
/// <param name="Http">For answers of the test's own, and to cut the connection.</param>
internal sealed record ProxiedCall(string Operation, int Number, JsonObject Request, HttpContext Http)
{
    /// <summary>What the endpoint answers.</summary>
    public required Func<Task<JsonObject>> ForwardAsync { get; init; }

    /// <summary>Answers with the status set, by default 200 or the endpoint's.</summary>
    public Task AnswerAsync(JsonObject answer)
    {
        Http.Response.ContentType = "application/x-amz-json-1.0";
        return Http.Response.WriteAsync(answer.ToJsonString());
    }

    /// <summary>Answers as SQS, or a balancer before it, does when it is in trouble.</summary>
    public Task UnavailableAsync()
    {
        Http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Http.Response.WriteAsync("<html>Service Unavailable</html>");
    }

    /// <summary>Half an answer, then the connection is gone.</summary>
    public async Task CutAnswerAsync(JsonObject answer)
    {
        var text = answer.ToJsonString();
        Http.Response.ContentLength = text.Length;
        await Http.Response.WriteAsync(text[..(text.Length / 2)]);
        await Http.Response.Body.FlushAsync();
        Http.Abort();
    }
}

/// <summary>Stands between the adapter and the SQS-compatible endpoint, and does to the calls what the test says.</summary>
internal sealed class SqsFaultProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _endpoint = new() { BaseAddress = new Uri(SqsEndpoint.Url) };
    private readonly ConcurrentDictionary<string, int> _calls = new();

    private SqsFaultProxy()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Url => _app.Urls.First();

    /// <summary>What is done to a call; by default it passes.</summary>
    public Func<ProxiedCall, Task> OnCallAsync { get; set; } = PassAsync;

    public int CallsOf(string operation) => _calls.GetValueOrDefault(operation);

    public static async Task<SqsFaultProxy> StartAsync()
    {
        var proxy = new SqsFaultProxy();
        await proxy._app.StartAsync();
        return proxy;
    }

    public static async Task PassAsync(ProxiedCall call) => await call.AnswerAsync(await call.ForwardAsync());

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _endpoint.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        var operation = target[(target.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var number = _calls.AddOrUpdate(operation, 1, (_, n) => n + 1);
        var request = (await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body))!;
        var call = new ProxiedCall(operation, number, request, context)
        {
            ForwardAsync = () => ForwardAsync(target, request, context.Response),
        };
        await OnCallAsync(call);
    }

    private async Task<JsonObject> ForwardAsync(string target, JsonObject request, HttpResponse response)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request)),
        };
        message.Content.Headers.Add("Content-Type", "application/x-amz-json-1.0");
        message.Headers.Add("X-Amz-Target", target);
        using var answer = await _endpoint.SendAsync(message);
        response.StatusCode = (int)answer.StatusCode;
        return await JsonSerializer.DeserializeAsync<JsonObject>(await answer.Content.ReadAsStreamAsync()) ?? [];
    }
}
