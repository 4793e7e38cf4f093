using System.Text;
using Amazon.Runtime;
using Aws.SecretsManager;
using Xunit;

namespace Aws.Tests;

public sealed class SecretsManagerTests
{
    [Fact]
    public async Task A_secret_is_asked_for_by_name_and_its_text_comes_back()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(
            200,
            """{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:smsc-1a2b3c","Name":"smsc","VersionId":"v","SecretString":"{\"password\":\"s\"}","VersionStages":["AWSCURRENT"]}""",
            "application/x-amz-json-1.1"
        );
        using var client = Client(endpoint.Url);

        var answer = await client.GetSecretValueAsync(new() { SecretId = "smsc" }, CancellationToken.None);

        Assert.Equal("""{"password":"s"}""", answer.SecretString);
        var request = Assert.Single(endpoint.Requests);
        Assert.Equal("secretsmanager.GetSecretValue", request.Headers["x-amz-target"]);
        Assert.Equal("application/x-amz-json-1.1", request.Headers["content-type"]);
        Assert.Equal("""{"SecretId":"smsc"}""", Encoding.UTF8.GetString(request.Body));
    }

    [Fact]
    public async Task A_secret_that_is_not_there_is_told_by_its_code()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(
            400,
            """{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}"""
        );
        using var client = Client(endpoint.Url);

        var error = await Assert.ThrowsAsync<AwsJsonException>(() =>
            client.GetSecretValueAsync(new() { SecretId = "none" }, CancellationToken.None)
        );

        Assert.Equal("ResourceNotFoundException", error.ErrorCode);
    }

    private static AmazonSecretsManagerClient Client(string url) =>
        new(new AwsJsonConfig(AmazonSecretsManagerClient.Service, url) { MaxErrorRetry = 0 }, new BasicAWSCredentials("id", "secret"));
}
