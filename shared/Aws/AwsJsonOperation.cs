using System.Text.Json.Serialization.Metadata;

namespace Aws;

/// <summary>One operation of a service that speaks AWS JSON 1.0 or 1.1.</summary>
/// <param name="Name">As AWS spells it, e.g. <c>SendMessageBatch</c>; sent in <c>X-Amz-Target</c>.</param>
/// <param name="Request">How the request is written.</param>
/// <param name="Response">How the response is read.</param>
public sealed record AwsJsonOperation<TRequest, TResponse>(string Name, JsonTypeInfo<TRequest> Request, JsonTypeInfo<TResponse> Response)
    where TRequest : class
    where TResponse : class, new();
