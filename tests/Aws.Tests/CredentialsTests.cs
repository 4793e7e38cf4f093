using System.Text;
using Amazon.Runtime.Credentials;
using Aws.Sqs;
using Xunit;

namespace Aws.Tests;

/// <summary>The environment belongs to the process: these run alone.</summary>
[CollectionDefinition(nameof(Environment), DisableParallelization = true)]
public sealed class EnvironmentCollection;

[Collection(nameof(Environment))]
public sealed class CredentialsTests : IDisposable
{
    // Everything that could lead the runtime to credentials, an endpoint or a region of this machine's.
    private static readonly string[] Variables =
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_STS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
    ];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(v => v, Environment.GetEnvironmentVariable);
    private readonly string _tokenFile = Path.GetTempFileName();

    public CredentialsTests()
    {
        Array.ForEach(Variables, v => Environment.SetEnvironmentVariable(v, null));
        Environment.SetEnvironmentVariable("AWS_REGION", "eu-west-1");
    }

    public void Dispose()
    {
        File.Delete(_tokenFile);
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    /// <summary>IRSA: EKS gives the pod a token and a role; the runtime trades them for credentials with STS.</summary>
    [Fact]
    public async Task A_web_identity_is_traded_for_credentials()
    {
        await File.WriteAllTextAsync(_tokenFile, "the.service.accounts.token");
        await using var sts = await RecordingEndpoint.StartAsync(
            200,
            """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>web-session</SessionToken>
            <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """,
            "text/xml"
        );
        Environment.SetEnvironmentVariable("AWS_WEB_IDENTITY_TOKEN_FILE", _tokenFile);
        Environment.SetEnvironmentVariable("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/platform");
        Environment.SetEnvironmentVariable("AWS_ROLE_SESSION_NAME", "test");
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", sts.Url);

        var request = await CallAsync();

        var form = Encoding.UTF8.GetString(Assert.Single(sts.Requests).Body);
        Assert.Contains("WebIdentityToken=the.service.accounts.token", form, StringComparison.Ordinal);
        Assert.Contains("Credential=ASIAWEB/", request.Headers["authorization"], StringComparison.Ordinal);
        Assert.Equal("web-session", request.Headers["x-amz-security-token"]);
    }

    /// <summary>EKS Pod Identity: an agent on the node gives credentials for a token.</summary>
    [Fact]
    public async Task A_pod_identity_gives_credentials()
    {
        await File.WriteAllTextAsync(_tokenFile, "pod-token");
        await using var agent = await RecordingEndpoint.StartAsync(
            200,
            """{"AccessKeyId":"ASIAPOD","SecretAccessKey":"s","Token":"pod-session","Expiration":"2099-01-01T00:00:00Z"}""",
            "application/json"
        );
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.Url + "/v1/credentials");
        Environment.SetEnvironmentVariable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", _tokenFile);

        var request = await CallAsync();

        Assert.Equal("pod-token", Assert.Single(agent.Requests).Headers["authorization"]);
        Assert.Contains("Credential=ASIAPOD/", request.Headers["authorization"], StringComparison.Ordinal);
        Assert.Equal("pod-session", request.Headers["x-amz-security-token"]);
    }

    [Theory]
    [InlineData("AWS_ENDPOINT_URL_SQS")]
    [InlineData("AWS_ENDPOINT_URL")]
    public async Task An_endpoint_configured_for_AWSs_SDKs_is_ours_too(string variable)
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, "{}");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "AKIDENV");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "s");
        Environment.SetEnvironmentVariable(variable, endpoint.Url);
        using var client = NewClient(new AwsJsonConfig(AmazonSQSClient.Service));

        await client.ListQueuesAsync(new(), CancellationToken.None);

        var authorization = Assert.Single(endpoint.Requests).Headers["authorization"];
        Assert.Contains("Credential=AKIDENV/", authorization, StringComparison.Ordinal);
        Assert.Contains("/eu-west-1/sqs/aws4_request", authorization, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AWS_USE_FIPS_ENDPOINT", "https://sqs-fips.us-west-2.amazonaws.com/")]
    [InlineData("AWS_USE_DUALSTACK_ENDPOINT", "https://sqs.us-west-2.api.aws/")]
    [InlineData("AWS_PROFILE", "https://sqs.us-west-2.amazonaws.com/")]
    public void The_environment_chooses_the_kind_of_endpoint(string variable, string expected)
    {
        if (variable != "AWS_PROFILE")
        {
            Environment.SetEnvironmentVariable(variable, "true");
        }
        // The runtime reads these once; asked again, it reads them again.
        Amazon.Runtime.Internal.FallbackInternalConfigurationFactory.Reset();
        try
        {
            var config = new AwsJsonConfig(AmazonSQSClient.Service, region: "us-west-2");

            Assert.Equal(new Uri(expected), new Uri(config.DetermineServiceOperationEndpoint(null!).URL));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
            Amazon.Runtime.Internal.FallbackInternalConfigurationFactory.Reset();
        }
    }

    // The chain that a client without credentials asks, made anew: the process keeps what it found first.
    private static AmazonSQSClient NewClient(AwsJsonConfig config) =>
        new(config, new DefaultAWSCredentialsIdentityResolver().ResolveIdentity(config));

    private static async Task<RecordedRequest> CallAsync()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, "{}");
        using var client = NewClient(new AwsJsonConfig(AmazonSQSClient.Service, endpoint.Url));
        await client.ListQueuesAsync(new(), CancellationToken.None);
        return Assert.Single(endpoint.Requests);
    }
}
