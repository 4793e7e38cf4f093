using RabbitMQ.Client;

namespace Messaging.Amqp;

/// <summary>Calls that the broker may leave unanswered, and channels that are of no more use.</summary>
internal static class ChannelCalls
{
    /// <summary>
    /// Asks the broker. Where no answer comes in time (<see cref="IChannel.ContinuationTimeout"/>), whether the call was carried out is not
    /// known, and the client takes the next answer of its kind for the late one (7.1.2, RpcContinuationQueue), so that no call of
    /// that kind would ever end again: the channel is let go, and all that came by it is the broker's again.
    /// </summary>
    public static async Task<T> AskAsync<T>(this IChannel channel, Func<IChannel, Task<T>> call)
    {
        try
        {
            return await call(channel).ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsNoAnswer(e))
        {
            channel.LetGo();
            throw;
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public static Task AskAsync(this IChannel channel, Func<IChannel, Task> call) =>
        channel.AskAsync(async asked =>
        {
            await call(asked).ConfigureAwait(false);
            return true;
        });

    /// <summary>Closes it, waited for by nobody: one that does not answer takes as long again to close.</summary>
    public static void LetGo(this IChannel channel) => _ = EndAsync(channel);

    private static async Task EndAsync(IChannel channel)
    {
        try
        {
            await channel.AbortAsync().ConfigureAwait(false);
            await channel.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (AmqpErrors.IsOfTheBroker(e))
        {
            // Gone with its connection: nothing is left to close.
        }
    }
}
