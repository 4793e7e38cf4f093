using Xunit;

namespace Aws.Tests;

/// <summary>Expected by AWS's published lists: "Amazon SQS endpoints and quotas", "Dual-stack endpoints", "FIPS endpoints".</summary>
public sealed class AwsEndpointsTests
{
    [Theory]
    [InlineData("eu-central-1", false, false, "https://sqs.eu-central-1.amazonaws.com")]
    [InlineData("us-east-1", true, false, "https://sqs-fips.us-east-1.amazonaws.com")]
    [InlineData("us-east-1", false, true, "https://sqs.us-east-1.api.aws")]
    [InlineData("us-east-1", true, true, "https://sqs-fips.us-east-1.api.aws")]
    [InlineData("cn-north-1", false, false, "https://sqs.cn-north-1.amazonaws.com.cn")]
    [InlineData("cn-northwest-1", false, true, "https://sqs.cn-northwest-1.api.amazonwebservices.com.cn")]
    [InlineData("us-gov-west-1", false, false, "https://sqs.us-gov-west-1.amazonaws.com")]
    [InlineData("us-gov-west-1", true, false, "https://sqs.us-gov-west-1.amazonaws.com")]
    [InlineData("us-iso-east-1", false, false, "https://sqs.us-iso-east-1.c2s.ic.gov")]
    [InlineData("eusc-de-east-1", false, false, "https://sqs.eusc-de-east-1.amazonaws.eu")]
    public void Each_partition_has_its_hosts(string region, bool fips, bool dualStack, string expected) =>
        Assert.Equal(expected, AwsEndpoints.Resolve("sqs", region, fips, dualStack));
}
