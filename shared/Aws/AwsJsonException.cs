using System.Net;
using Amazon.Runtime;

namespace Aws;

/// <summary>A service's answer that is an error: <see cref="AmazonServiceException.ErrorCode"/> is the code without its namespace.</summary>
public sealed class AwsJsonException(
    string message,
    Exception? innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode)
{
    // Of botocore's list of throttling codes, those that services of AWS JSON use; KMS's stands for a queue encrypted with a key.
    private static readonly HashSet<string> ThrottlingCodes = new(StringComparer.Ordinal)
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "KmsThrottled",
        "KMS.ThrottlingException",
    };

    /// <summary>Refused for its rate: it was not carried out and may be repeated later.</summary>
    public bool IsThrottling => ThrottlingCodes.Contains(ErrorCode) || StatusCode == HttpStatusCode.TooManyRequests;
}
