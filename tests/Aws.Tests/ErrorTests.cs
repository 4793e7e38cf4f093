using System.Net;
using Amazon.Runtime;
using Aws.Sqs;
using Xunit;

namespace Aws.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("com.amazonaws.sqs#QueueDoesNotExist", "QueueDoesNotExist")]
    [InlineData("QueueDoesNotExist", "QueueDoesNotExist")]
    [InlineData("aws#QueueDoesNotExist:http://internal.amazon.com/coral/", "QueueDoesNotExist")]
    public async Task The_code_comes_without_its_namespace(string type, string code)
    {
        var error = await FailAsync(400, $$"""{"__type":"{{type}}","message":"no such queue"}""");

        Assert.Equal(code, error.ErrorCode);
        Assert.Equal("no such queue", error.Message);
        Assert.Equal(HttpStatusCode.BadRequest, error.StatusCode);
        Assert.Equal(ErrorType.Sender, error.ErrorType);
        Assert.False(error.IsThrottling);
    }

    [Theory]
    [InlineData(400, "RequestThrottled")]
    [InlineData(400, "KMS.ThrottlingException")]
    [InlineData(429, "Whatever")]
    public async Task A_refusal_for_the_rate_says_so(int status, string code)
    {
        Assert.True((await FailAsync(status, $$"""{"__type":"{{code}}"}""")).IsThrottling);
    }

    [Theory]
    [InlineData("<html>Service Unavailable</html>")]
    [InlineData("")]
    [InlineData("[1,2]")]
    public async Task An_answer_that_is_not_the_services_is_told_by_its_status(string page)
    {
        var error = await FailAsync(503, page, "text/html");

        Assert.Equal("ServiceUnavailable", error.ErrorCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Equal(ErrorType.Receiver, error.ErrorType);
    }

    [Fact]
    public async Task An_operation_that_returns_nothing_may_answer_with_nothing()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(200, "");
        using var client = Client(endpoint.Url);

        await client.TagQueueAsync(
            new()
            {
                QueueUrl = "http://x/1/q",
                Tags = new() { ["a"] = "b" },
            },
            CancellationToken.None
        );

        Assert.Single(endpoint.Requests);
    }

    [Fact]
    public async Task What_the_answer_says_beyond_our_types_is_passed_over()
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(
            200,
            """{"Messages":[{"MessageId":"m","Body":"b","New":{"a":[1]}}],"AlsoNew":1}"""
        );
        using var client = Client(endpoint.Url);

        var answer = await client.ReceiveMessageAsync(new() { QueueUrl = "http://x/1/q" }, CancellationToken.None);

        Assert.Equal("b", Assert.Single(answer.Messages!).Body);
    }

    private static async Task<AwsJsonException> FailAsync(int status, string body, string contentType = "application/x-amz-json-1.0")
    {
        await using var endpoint = await RecordingEndpoint.StartAsync(status, body, contentType);
        using var client = Client(endpoint.Url);
        return await Assert.ThrowsAsync<AwsJsonException>(() => client.GetQueueUrlAsync(new() { QueueName = "q" }, CancellationToken.None));
    }

    private static AmazonSQSClient Client(string url) =>
        new(new AwsJsonConfig(AmazonSQSClient.Service, url) { MaxErrorRetry = 0 }, new BasicAWSCredentials("id", "secret"));
}
