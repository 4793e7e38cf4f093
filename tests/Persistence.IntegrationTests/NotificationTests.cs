using Microsoft.Extensions.Logging.Abstractions;
using Testing;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class NotificationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Wake_ups_within_20_ms_go_out_as_one()
    {
        using var stopping = new CancellationTokenSource();
        var heard = 0;
        await using var listener = new Notifications(database.Source, TimeProvider.System, NullLogger<Notifications>.Instance);
        var listening = listener.ListenAsync(Notifications.Deliveries, () => Interlocked.Increment(ref heard), stopping.Token);
        // Whoever begins to listen is woken once, for what was said before.
        await Eventually.TrueAsync(() => Volatile.Read(ref heard) == 1);

        var time = new FakeTime();
        await using (var sender = new Notifications(database.Source, time, NullLogger<Notifications>.Instance))
        {
            sender.Notify(Notifications.Deliveries);
            await Eventually.TrueAsync(() => Volatile.Read(ref heard) == 2);
            for (var i = 0; i < 1000; i++)
            {
                sender.Notify(Notifications.Deliveries);
            }

            await Eventually.TrueAsync(() =>
            {
                time.Advance(Coalesce);
                return Volatile.Read(ref heard) >= 3;
            });
            // One more, on its own: everything before it has arrived when it has.
            sender.Notify(Notifications.Deliveries);
            await Eventually.TrueAsync(() =>
            {
                time.Advance(Coalesce);
                return Volatile.Read(ref heard) >= 4;
            });
        }

        await stopping.CancelAsync();
        await listening;
        Assert.Equal(4, heard);
    }

    [Fact]
    public async Task A_channel_wakes_its_own_listeners_only()
    {
        using var stopping = new CancellationTokenSource();
        var (configuration, deliveries) = (0, 0);
        await using var notifications = new Notifications(database.Source, TimeProvider.System, NullLogger<Notifications>.Instance);
        var listening = Task.WhenAll(
            notifications.ListenAsync(Notifications.Configuration, () => Interlocked.Increment(ref configuration), stopping.Token),
            notifications.ListenAsync(Notifications.Deliveries, () => Interlocked.Increment(ref deliveries), stopping.Token)
        );
        await Eventually.TrueAsync(() => Volatile.Read(ref configuration) == 1 && Volatile.Read(ref deliveries) == 1);

        notifications.Notify(Notifications.Configuration);

        await Eventually.TrueAsync(() => Volatile.Read(ref configuration) == 2);
        await stopping.CancelAsync();
        await listening;
        Assert.Equal(1, deliveries);
    }

    [Fact]
    public async Task A_listener_whose_connection_was_cut_listens_again()
    {
        using var stopping = new CancellationTokenSource();
        var heard = 0;
        var time = new FakeTime();
        await using var notifications = new Notifications(database.Source, time, NullLogger<Notifications>.Instance);
        var listening = notifications.ListenAsync(Notifications.Deliveries, () => Interlocked.Increment(ref heard), stopping.Token);
        await Eventually.TrueAsync(() => Volatile.Read(ref heard) == 1);

        await database.ExecuteAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'"
        );

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref heard) >= 2;
        });
        await stopping.CancelAsync();
        await listening;
        Assert.Equal(2, heard);
    }
}
