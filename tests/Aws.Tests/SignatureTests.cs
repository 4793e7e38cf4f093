using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Aws.SecretsManager;
using Aws.Sqs;
using Xunit;

namespace Aws.Tests;

/// <summary>Signature Version 4 recomputed from the documentation alone ("Create a signed AWS API request"), over what arrived.</summary>
public sealed class SignatureTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    [Theory]
    [InlineData(null)]
    [InlineData("session/token+with=signs==")]
    public async Task Every_request_carries_the_signature_of_what_arrives(string? token)
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, "{}");
        var config = new AwsJsonConfig(AmazonSQSClient.Service, endpoint.Url, "eu-west-1");
        AWSCredentials credentials = token is null
            ? new BasicAWSCredentials("AKIDEXAMPLE", Secret)
            : new SessionAWSCredentials("AKIDEXAMPLE", Secret, token);
        using var client = new AmazonSQSClient(config, credentials);
        var random = new Random(11);
        for (var i = 0; i < 25; i++)
        {
            var body = string.Concat(Enumerable.Range(0, random.Next(1, 2000)).Select(_ => (char)random.Next(0x20, 0x2000)));
            await client.SendMessageBatchAsync(
                new() { QueueUrl = $"{endpoint.Url}/1/q", Entries = [new() { Id = "0", MessageBody = body }] },
                CancellationToken.None
            );
        }

        Assert.Equal(25, endpoint.Requests.Count);
        foreach (var request in endpoint.Requests)
        {
            Assert.Equal(token, request.Headers.GetValueOrDefault("x-amz-security-token"));
            Assert.Equal(Expected(request, "eu-west-1", "sqs"), request.Headers["authorization"]);
        }
    }

    [Fact]
    public async Task A_request_for_a_secret_is_signed_for_its_own_service()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, """{"SecretString":"s"}""");
        using var client = new AmazonSecretsManagerClient(
            new AwsJsonConfig(AmazonSecretsManagerClient.Service, endpoint.Url, "eu-west-1"),
            new BasicAWSCredentials("AKIDEXAMPLE", Secret)
        );

        await client.GetSecretValueAsync(new() { SecretId = "smsc/mno" }, CancellationToken.None);

        var request = Assert.Single(endpoint.Requests);
        Assert.Equal(Expected(request, "eu-west-1", "secretsmanager"), request.Headers["authorization"]);
    }

    [Fact]
    public async Task A_request_names_its_operation_and_version()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, "{\"QueueUrl\":\"http://x/1/q\"}");
        using var client = new AmazonSQSClient(
            new AwsJsonConfig(AmazonSQSClient.Service, endpoint.Url),
            new BasicAWSCredentials("AKIDEXAMPLE", Secret)
        );

        var answer = await client.GetQueueUrlAsync(new() { QueueName = "q" }, CancellationToken.None);

        Assert.Equal("http://x/1/q", answer.QueueUrl);
        var request = Assert.Single(endpoint.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal("/", request.Path);
        Assert.Equal("AmazonSQS.GetQueueUrl", request.Headers["x-amz-target"]);
        Assert.Equal("application/x-amz-json-1.0", request.Headers["content-type"]);
        Assert.Equal("{\"QueueName\":\"q\"}", Encoding.UTF8.GetString(request.Body));
    }

    private static string Expected(RecordedRequest request, string region, string service)
    {
        var given = request.Headers["authorization"];
        var names = given.Split("SignedHeaders=")[1].Split(',')[0].Split(';');
        // What must be signed is: host, the time, the operation, the session token where there is one.
        Assert.Contains("host", names);
        Assert.Contains("x-amz-date", names);
        Assert.Contains("x-amz-target", names);
        Assert.Equal(request.Headers.ContainsKey("x-amz-security-token"), names.Contains("x-amz-security-token"));
        Assert.Equal(names.Order(StringComparer.Ordinal), names);

        var canonical = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{request.Method}\n{request.Path}\n{request.Query}\n")
            .AppendJoin("", names.Select(n => $"{n}:{request.Headers[n].Trim()}\n"))
            .Append(CultureInfo.InvariantCulture, $"\n{string.Join(';', names)}\n{Hex(SHA256.HashData(request.Body))}");
        var time = request.Headers["x-amz-date"];
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in (string[])[time[..8], region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }
        var signature = Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
        return $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={string.Join(';', names)}, Signature={signature}";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
