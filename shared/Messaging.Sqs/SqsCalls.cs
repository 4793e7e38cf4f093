using System.Net;
using Amazon.Runtime;
using Aws;
using Aws.Sqs;
using Microsoft.Extensions.Logging;

namespace Messaging.Sqs;

/// <summary>Every request to SQS goes through here: bounded in time, counted, its failure named.</summary>
internal sealed class SqsCalls(AmazonSQSClient client, SqsQueueOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>One request, once: what became of it is what this call tells.</summary>
    /// <exception cref="TimeoutException">No answer in time; it may have been carried out.</exception>
    public async Task<T> OnceAsync<T>(
        string operation,
        string queue,
        TimeSpan timeout,
        Func<AmazonSQSClient, CancellationToken, Task<T>> call,
        CancellationToken ct
    )
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        SqsTelemetry.Calls.Count(operation, queue);
        try
        {
            return await call(client, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            SqsTelemetry.Errors.Count(operation, queue, "Timeout");
            throw new TimeoutException($"SQS did not answer {operation} within {timeout}.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            SqsTelemetry.Errors.Count(operation, queue, (e as AmazonServiceException)?.ErrorCode ?? e.GetType().Name);
            throw;
        }
    }

    /// <summary>A request that may be carried out twice: repeated, with a pause, a few times.</summary>
    /// <exception cref="AwsJsonException">SQS refused it; repeating is of no use.</exception>
    /// <exception cref="IOException">SQS could not be reached, or is in trouble.</exception>
    public async Task<T> RepeatAsync<T>(
        string operation,
        string queue,
        Func<AmazonSQSClient, CancellationToken, Task<T>> call,
        CancellationToken ct
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await OnceAsync(operation, queue, options.CallTimeout, call, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (IsPassing(e))
            {
                if (attempt >= options.Attempts)
                {
                    throw new IOException($"SQS did not carry out {operation}: {e.Message}", e);
                }
                await PauseAsync(operation, queue, attempt, e, ct).ConfigureAwait(false);
            }
        }
    }

    public async Task PauseAsync(string operation, string queue, int attempt, Exception? error, CancellationToken ct)
    {
        var delay = options.Retry.Delay(attempt);
        logger.Repeating(operation, queue, attempt, delay, error);
        await Task.Delay(delay, time, ct).ConfigureAwait(false);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Throttled, SQS in trouble, no connection, no answer, no credentials for now.</summary>
    public static bool IsPassing(Exception error) =>
        error switch
        {
            OperationCanceledException => false,
            AwsJsonException e => e.IsThrottling || (int)e.StatusCode >= 500 || e.StatusCode == HttpStatusCode.RequestTimeout,
            _ => error is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or TimeoutException,
        };

    /// <summary>Whether the request was certainly not carried out: it never left, or SQS said no.</summary>
    public static bool IsRefused(Exception error)
    {
        if (error is AwsJsonException answer)
        {
            return answer.IsThrottling
                || ((int)answer.StatusCode is >= 400 and < 500 && answer.StatusCode != HttpStatusCode.RequestTimeout);
        }
        // Of the client's own errors: no credentials, no endpoint. What it could not read of an answer is a service exception.
        if (error is AmazonClientException)
        {
            return true;
        }
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (
                cause is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError
                        or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError
                }
            )
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The queue is not there (any more).</summary>
    public static bool IsNoSuchQueue(Exception error) =>
        error is AwsJsonException { ErrorCode: "QueueDoesNotExist" or "AWS.SimpleQueueService.NonExistentQueue" };
}
