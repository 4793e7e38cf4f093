using Amazon.Runtime.Internal;

namespace Aws;

/// <summary>What is fixed about one service that speaks AWS JSON.</summary>
/// <param name="ServiceId">AWS's service id, e.g. <c>SQS</c>: names <c>AWS_ENDPOINT_URL_SQS</c> and the profile's section.</param>
/// <param name="SigningName">The service in a signature's scope, e.g. <c>sqs</c>; also the first label of its host.</param>
/// <param name="TargetPrefix">What stands before the operation in <c>X-Amz-Target</c>, e.g. <c>AmazonSQS</c>.</param>
/// <param name="JsonVersion">1.0 or 1.1.</param>
public sealed record AwsJsonService(string ServiceId, string SigningName, string TargetPrefix, string JsonVersion) : IServiceMetadata
{
    /// <summary>Nothing is renamed.</summary>
    public IDictionary<string, string> OperationNameMapping { get; } = new Dictionary<string, string>();

    internal string ContentType { get; } = $"application/x-amz-json-{JsonVersion}";
}
