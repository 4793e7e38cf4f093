using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Transform;

namespace Aws;

/// <summary>
/// Calls any service that speaks AWS JSON, over AWSSDK.Core's runtime: its signing, credential chain (IRSA, pod identity, SSO,
/// profiles, instance roles, …), retries and endpoints. Thread-safe.
/// </summary>
public sealed class AwsJsonClient : AmazonServiceClient
{
    private static readonly AwsJsonService NotYetKnown = new("unknown", "unknown", "", "1.0");
    private readonly AwsJsonService? _service;

    /// <summary>A client with the credentials given, or those that the runtime's chain finds.</summary>
    public AwsJsonClient(AwsJsonService service, AwsJsonConfig config, AWSCredentials? credentials = null)
        // The runtime looks for credentials itself where none are given.
        : base(credentials!, config) => _service = service;

    /// <inheritdoc/>
    // Asked for by the base's constructor too, before there is an answer.
    protected override IServiceMetadata ServiceMetadata => _service ?? NotYetKnown;

    /// <summary>One call, repeated as the configuration says.</summary>
    /// <exception cref="AwsJsonException">The service answered with an error.</exception>
    /// <exception cref="AmazonClientException">No credentials, or a response that cannot be read.</exception>
    /// <exception cref="HttpRequestException">No connection, or it broke: the call may have been carried out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled or timed out: the call may have been carried out.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        AwsJsonOperation<TRequest, TResponse> operation,
        TRequest request,
        CancellationToken ct
    )
        where TRequest : class
        where TResponse : class, new()
    {
        var options = new InvokeOptions
        {
            RequestMarshaller = new RequestWriter<TRequest, TResponse>(_service!),
            ResponseUnmarshaller = new ResponseReader<TRequest, TResponse>(operation),
        };
        var call = new Call<TRequest, TResponse>(operation, request);
        return (await InvokeAsync<Answer<TResponse>>(call, options, ct).ConfigureAwait(false)).Body;
    }

    /// <inheritdoc/>
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.AddHandlerAfter<Marshaller>(new EndpointResolver());
        pipeline.AddHandlerAfter<Marshaller>(new SignatureV4());
    }

    private sealed class Call<TRequest, TResponse>(AwsJsonOperation<TRequest, TResponse> operation, TRequest body) : AmazonWebServiceRequest
        where TRequest : class
        where TResponse : class, new()
    {
        public AwsJsonOperation<TRequest, TResponse> Operation => operation;

        public TRequest Body => body;
    }

    private sealed class Answer<TResponse> : AmazonWebServiceResponse
        where TResponse : class, new()
    {
        public TResponse Body { get; init; } = new();
    }

    private sealed class EndpointResolver : BaseEndpointResolver
    {
        protected override EndpointParameters MapEndpointsParameters(IRequestContext requestContext) =>
            AwsJsonConfig.Rules.ParametersOf(requestContext.ClientConfig);
    }

    private sealed class SignatureV4 : BaseAuthResolverHandler
    {
        private static readonly List<IAuthSchemeOption> Options = [new AuthSchemeOption { SchemeId = "aws.auth#sigv4" }];

        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) => Options;
    }

    // AWS JSON: POST /, the operation in a header, the parameters as one JSON object.
    private sealed class RequestWriter<TRequest, TResponse>(AwsJsonService service) : IMarshaller<IRequest, AmazonWebServiceRequest>
        where TRequest : class
        where TResponse : class, new()
    {
        public IRequest Marshall(AmazonWebServiceRequest input)
        {
            var call = (Call<TRequest, TResponse>)input;
            var request = new DefaultRequest(call, service.ServiceId)
            {
                HttpMethod = "POST",
                ResourcePath = "/",
                Content = JsonSerializer.SerializeToUtf8Bytes(call.Body, call.Operation.Request),
            };
            request.Headers["X-Amz-Target"] = $"{service.TargetPrefix}.{call.Operation.Name}";
            request.Headers["Content-Type"] = service.ContentType;
            return request;
        }
    }

    private sealed class ResponseReader<TRequest, TResponse>(AwsJsonOperation<TRequest, TResponse> operation) : JsonResponseUnmarshaller
        where TRequest : class
        where TResponse : class, new()
    {
        public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext context)
        {
            // The length is not always told beforehand (chunked), and operations that return nothing (TagQueue) send no body at all.
            using var body = new MemoryStream((int)Math.Clamp(context.ResponseData.ContentLength, 256, 1024 * 1024));
            context.Stream.CopyTo(body);
            if (body.Length == 0)
            {
                return new Answer<TResponse>();
            }
            var json = body.GetBuffer().AsSpan(0, (int)body.Length);
            return new Answer<TResponse> { Body = JsonSerializer.Deserialize(json, operation.Response) ?? new TResponse() };
        }

        public override AmazonServiceException UnmarshallException(
            JsonUnmarshallerContext input,
            Exception innerException,
            HttpStatusCode statusCode
        )
        {
            var code = statusCode.ToString();
            string? message = null;
            try
            {
                using var document = JsonDocument.Parse(input.Stream);
                foreach (var property in document.RootElement.EnumerateObject())
                {
                    if (property.NameEquals("__type"u8) && property.Value.GetString() is { } type)
                    {
                        code = WithoutNamespace(type);
                    }
                    else if (property.Name.Equals("message", StringComparison.OrdinalIgnoreCase))
                    {
                        message = property.Value.GetString();
                    }
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Not the service's own answer: a proxy's or a balancer's page. The status says what there is to say.
                message = $"HTTP {(int)statusCode} without an AWS JSON error";
            }
            var requestId = input.ResponseData.GetHeaderValue("x-amzn-RequestId") ?? "";
            var errorType = (int)statusCode >= 500 ? ErrorType.Receiver : ErrorType.Sender;
            return new AwsJsonException(message ?? code, innerException, errorType, code, requestId, statusCode);
        }

        // "com.amazonaws.sqs#QueueDoesNotExist", sometimes with ":http://…" behind it.
        private static string WithoutNamespace(string type)
        {
            var name = type.AsSpan(type.LastIndexOf('#') + 1);
            var colon = name.IndexOf(':');
            return (colon < 0 ? name : name[..colon]).ToString();
        }
    }
}
