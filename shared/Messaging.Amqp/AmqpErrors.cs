using System.Net.Sockets;
using RabbitMQ.Client.Exceptions;

namespace Messaging.Amqp;

/// <summary>What the client throws, told as one: <see cref="IOException"/>, "not now".</summary>
internal static class AmqpErrors
{
    // AMQP 0-9-1, 1.5.3 reply codes.
    private const ushort NotFoundCode = 404;
    private const ushort ResourceLockedCode = 405;
    private const ushort PreconditionFailedCode = 406;

    /// <summary>Whether the broker, or the way to it, failed; anything else is a fault of ours.</summary>
    public static bool IsOfTheBroker(Exception e) =>
        e
            is RabbitMQClientException
                or IOException
                or SocketException
                or TimeoutException
                or OperationCanceledException
                or ObjectDisposedException
                // The client's channels of frames, completed when a connection ends.
                or System.Threading.Channels.ChannelClosedException;

    /// <summary>A call's time was up, before the broker answered.</summary>
    public static bool IsNoAnswer(Exception e) => e is OperationCanceledException or TimeoutException;

    public static bool IsNotFound(Exception e) => CodeOf(e) == NotFoundCode;

    public static bool IsOtherProperties(Exception e) => CodeOf(e) == PreconditionFailedCode;

    public static bool IsLocked(Exception e) => CodeOf(e) == ResourceLockedCode;

    public static IOException Wrap(string operation, string queue, Exception e) =>
        e is OperationCanceledException
            ? new IOException($"{operation} of {queue}: the broker did not answer in time.", e)
            : new IOException($"{operation} of {queue}: {e.Message}", e);

    private static ushort? CodeOf(Exception e) => (e as OperationInterruptedException)?.ShutdownReason?.ReplyCode;
}
