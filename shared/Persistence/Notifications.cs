using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Persistence.Ledger;

namespace Persistence;

/// <summary>
/// Wake-ups between processes over NOTIFY. They only shorten waits: whoever listens also polls, so a lost one costs a second, never a
/// message. One sender per process sends at most one notification per channel every 20 ms, on its own, outside every transaction
/// that matters: NOTIFY takes a lock over all commits of the database.
/// </summary>
public sealed class Notifications(NpgsqlDataSource source, TimeProvider time, ILogger<Notifications> logger) : IAsyncDisposable
{
    /// <summary>The configuration has a new version.</summary>
    public const string Configuration = "platform_configuration";

    /// <summary>Something was written to <c>deliveries</c>.</summary>
    public const string Deliveries = "platform_deliveries";

    /// <summary>A process was told something in <c>commands</c>.</summary>
    public const string Commands = "platform_commands";

    /// <summary>A bind slot was given back, or a connector's parts a second are to be divided anew.</summary>
    public const string Slots = "platform_slots";

    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, bool> pending = new();
    private readonly WakeUp wake = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock starting = new();
    private Task? sender;

    /// <summary>Wakes the listeners of a channel, soon. Never waits, never fails.</summary>
    public void Notify(string channel)
    {
        if (!pending.TryAdd(channel, true))
        {
            return;
        }

        lock (starting)
        {
            sender ??= SendAsync(stopping.Token);
        }

        wake.Call();
    }

    /// <summary>Calls <paramref name="received"/> for every notification until cancelled; reconnects for ever.</summary>
    public async Task ListenAsync(string channel, Action received, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, _) => received();
                await using (var listen = new NpgsqlCommand($"listen {channel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(cancellationToken);
                }

                // What was said while nobody listened.
                received();
                while (true)
                {
                    await connection.WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                PersistenceLog.ListenFailed(logger, e.Message);
                await Task.Delay(Retry, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Stops the sender. Wake-ups not sent yet are dropped: receivers poll.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (sender is not null)
        {
            await sender;
        }

        stopping.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
                var channels = pending.Keys.ToArray();
                foreach (var channel in channels)
                {
                    pending.TryRemove(channel, out _);
                }

                await using var command = source.CreateCommand("select pg_notify(channel, '') from unnest($1::text[]) as c (channel)");
                command.Parameters.Add(MessageLedger.Value(channels));
                await command.ExecuteNonQueryAsync(cancellationToken);
                await Task.Delay(Coalesce, time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                PersistenceLog.NotifyFailed(logger, e.Message);
            }
        }
    }
}
