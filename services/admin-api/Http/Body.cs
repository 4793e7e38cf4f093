using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;

namespace AdminApi.Http;

/// <summary>A part of a request that may have come out wrong; the group's filter answers with its problem before the handler runs.</summary>
internal interface IRequestPart
{
    IResult? Problem { get; }
}

/// <summary>A JSON body read into a document.</summary>
internal sealed class Body<T> : IRequestPart, IBindableFromHttpContext<Body<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    private readonly T? value;

    private Body(T? value, IResult? problem)
    {
        this.value = value;
        Problem = problem;
    }

    public IResult? Problem { get; }

    public T Value => value ?? throw new InvalidOperationException("the body has a problem: the filter is missing");

    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var (json, problem) = await BodyReader.ReadAsync(context, BodyReader.Json);
        if (json is null)
        {
            return new Body<T>(null, problem);
        }

        var errors = new FieldErrors();
        var read = JsonFields.Read<T>(json, errors);
        return new Body<T>(read, read is null ? Problems.Invalid(errors) : null);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata([BodyReader.Json], typeof(T)));
}

/// <summary>A JSON merge patch (RFC 7396) of a document.</summary>
internal sealed class Patch<T> : IRequestPart, IBindableFromHttpContext<Patch<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    private readonly JsonObject changes;

    private Patch(JsonObject? changes, IResult? problem)
    {
        this.changes = changes ?? [];
        Problem = problem;
    }

    public IResult? Problem { get; }

    public static async ValueTask<Patch<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var (json, problem) = await BodyReader.ReadAsync(context, BodyReader.MergePatch, BodyReader.Json);
        return new Patch<T>(json, problem);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata([BodyReader.MergePatch, BodyReader.Json], typeof(T)));

    /// <summary>The document as it is after the patch; null when it does not fit, with the reasons in <paramref name="errors"/>.</summary>
    public T? Apply(T current, FieldErrors errors)
    {
        var merged = JsonSerializer.SerializeToNode(current, ApiJson.Options)!.AsObject();
        JsonFields.Merge(merged, changes);
        return JsonFields.Read<T>(merged, errors);
    }
}

/// <summary>Reads a body as a JSON object: bounded, and with words for everything that is no such thing.</summary>
internal static class BodyReader
{
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";

    private static readonly JsonDocumentOptions documentOptions = new() { AllowDuplicateProperties = false };

    public static async Task<(JsonObject? Json, IResult? Problem)> ReadAsync(HttpContext http, params string[] mediaTypes)
    {
        if (!IsJson(http.Request, mediaTypes))
        {
            return (
                null,
                Problems.Of(StatusCodes.Status415UnsupportedMediaType, $"Send the body as {string.Join(" or ", mediaTypes)}, in UTF-8.")
            );
        }

        var limit = http.RequestServices.GetRequiredService<AdminApiOptions>().MaxBodyBytes;
        if (await ReadBytesAsync(http.Request, limit, http.RequestAborted) is not { } bytes)
        {
            return (
                null,
                Problems.Of(StatusCodes.Status413PayloadTooLarge, $"A body may have {limit} bytes at most; send several requests.")
            );
        }

        return Parse(bytes) is { } json
            ? (json, null)
            : (null, Problems.Of(StatusCodes.Status400BadRequest, "The body must be a JSON object, each name once."));
    }

    private static bool IsJson(HttpRequest request, string[] mediaTypes) =>
        request.GetTypedHeaders().ContentType is { } type
        && mediaTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
        && (type.Charset.Value is null || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async Task<ReadOnlyMemory<byte>?> ReadBytesAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            if (bytes.Length + count > limit)
            {
                return null;
            }

            bytes.Write(buffer, 0, count);
        }

        return bytes.ToArray();
    }

    private static JsonObject? Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            // The count makes the object read its names now: one with half a surrogate pair is found here.
            return JsonNode.Parse(bytes.Span, documentOptions: documentOptions) is JsonObject { Count: >= 0 } json ? json : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not JSON: the caller is told so.
            return null;
        }
    }
}
