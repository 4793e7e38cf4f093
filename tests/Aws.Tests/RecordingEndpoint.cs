using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aws.Tests;

/// <summary>One request as it arrived, byte for byte.</summary>
internal sealed record RecordedRequest(string Method, string Path, string Query, Dictionary<string, string> Headers, byte[] Body);

/// <summary>An HTTP server on loopback that keeps what it is asked, and answers what the test says.</summary>
internal sealed class RecordingEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Func<RecordedRequest, HttpResponse, Task> _answer;

    private RecordingEndpoint(Func<RecordedRequest, HttpResponse, Task> answer)
    {
        _answer = answer;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public ConcurrentQueue<RecordedRequest> Requests { get; } = new();

    public string Url => _app.Urls.First();

    public static async Task<RecordingEndpoint> StartAsync(Func<RecordedRequest, HttpResponse, Task> answer)
    {
        var endpoint = new RecordingEndpoint(answer);
        await endpoint._app.StartAsync();
        return endpoint;
    }

    public static Task<RecordingEndpoint> StartAsync(int status, string body, string contentType = "application/x-amz-json-1.0") =>
        StartAsync(
            (_, response) =>
            {
                response.StatusCode = status;
                response.ContentType = contentType;
                return response.WriteAsync(body);
            }
        );

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = new RecordedRequest(
            context.Request.Method,
            context.Request.Path,
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
            body.ToArray()
        );
        Requests.Enqueue(request);
        await _answer(request, context.Response);
    }
}
