using System.Text.Json.Serialization;
using Amazon.Runtime;

namespace Aws.SecretsManager;

/// <summary>
/// The operation of AWS Secrets Manager that the platform uses, with AWS's own names (AWS Secrets Manager API Reference, 2017-10-17). Errors
/// are those of <see cref="AwsJsonClient.CallAsync"/>.
/// </summary>
public sealed class AmazonSecretsManagerClient : IDisposable
{
    /// <summary>Secrets Manager.</summary>
    public static readonly AwsJsonService Service = new("Secrets Manager", "secretsmanager", "secretsmanager", "1.1");

    private static readonly AwsJsonOperation<GetSecretValueRequest, GetSecretValueResponse> GetSecretValue = new(
        "GetSecretValue",
        SecretsManagerJson.Default.GetSecretValueRequest,
        SecretsManagerJson.Default.GetSecretValueResponse
    );

    private readonly AwsJsonClient _client;

    /// <summary>A client with the credentials given, or those that the runtime's chain finds.</summary>
    public AmazonSecretsManagerClient(AwsJsonConfig config, AWSCredentials? credentials = null) =>
        _client = new AwsJsonClient(Service, config, credentials);

    /// <summary>The value of a secret; its version AWSCURRENT where none is named.</summary>
    public Task<GetSecretValueResponse> GetSecretValueAsync(GetSecretValueRequest request, CancellationToken ct) =>
        _client.CallAsync(GetSecretValue, request, ct);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}

// Names, cases and types as in AWS's own package, so that it can replace this folder.
#pragma warning disable CS1591 // Documented in the AWS Secrets Manager API Reference, GetSecretValue.

public sealed class GetSecretValueRequest
{
    public required string SecretId { get; init; }

    public string? VersionId { get; init; }

    public string? VersionStage { get; init; }
}

public sealed class GetSecretValueResponse
{
    public string? ARN { get; init; }

    public string? Name { get; init; }

    public string? VersionId { get; init; }

    public string? SecretString { get; init; }
}

#pragma warning restore CS1591

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GetSecretValueRequest))]
[JsonSerializable(typeof(GetSecretValueResponse))]
internal sealed partial class SecretsManagerJson : JsonSerializerContext;
