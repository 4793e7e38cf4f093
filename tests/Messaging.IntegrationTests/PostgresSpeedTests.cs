using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Messaging.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Xunit.Abstractions;

namespace Messaging.IntegrationTests;

/// <summary>Loose bounds here; the figures, printed, are in the adapter's README.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Disposed of by xUnit, through IAsyncLifetime.")]
public sealed class PostgresSpeedTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private TestDatabase _database = null!;
    private PostgresQueue _queue = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _queue = new PostgresQueue(_database.DataSource, new(), TimeProvider.System, NullLogger.Instance);
        await _queue.EnsureSchemaAsync(None);
    }

    public async Task DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(100, 500)]
    [InlineData(1, 2000)]
    public async Task Messages_go_through_fast_enough(int items, int envelopes)
    {
        var body = Body(items);
        await ThroughAsync("warm", body, items, 20);
        var started = Stopwatch.GetTimestamp();
        await ThroughAsync("speed", body, items, envelopes);
        var rate = items * envelopes / Stopwatch.GetElapsedTime(started).TotalSeconds;

        output.WriteLine($"{items} x 500 B per envelope, send + receive + complete, 2 senders, 1 receiver: {rate:N0} messages/s");
        Assert.True(rate > (items == 1 ? 100 : 2000), $"{rate:N0} messages/s");
    }

    [Fact]
    public async Task A_receive_costs_the_same_whatever_waits_behind_it()
    {
        var shallow = await ReceiveCostAsync("shallow", 1_000);
        await FillAsync("deep", 300_000);
        var deep = await ReceiveCostAsync("deep", 0);

        output.WriteLine(
            $"receive of 10 + complete: {shallow.TotalMilliseconds:N2} ms with 1,000 waiting, {deep.TotalMilliseconds:N2} ms with 300,000"
        );
        Assert.True(deep < (shallow * 5) + TimeSpan.FromMilliseconds(5), $"{shallow} against {deep}");
        Assert.Equal(300_000 - 500, (await _queue.DepthAsync("deep", None)).Total);
    }

    private async Task ThroughAsync(string name, byte[] body, int items, int envelopes)
    {
        var senders = Enumerable.Range(0, 2).Select(_ => SendAsync(name, body, items, envelopes / 2));
        var receiver = Task.Run(async () =>
        {
            for (var left = envelopes / 2 * 2; left > 0; )
            {
                var received = await _queue.ReceiveAsync(name, 10, TimeSpan.FromSeconds(20), None);
                await _queue.CompleteAsync(name, received, None);
                left -= received.Count;
            }
        });
        await Task.WhenAll([.. senders, receiver]);
    }

    private async Task SendAsync(string name, byte[] body, int items, int envelopes)
    {
        for (var sent = 0; sent < envelopes; sent += 10)
        {
            await _queue.SendAsync(
                name,
                [.. Enumerable.Range(0, 10).Select(_ => new OutgoingEnvelope(Guid.CreateVersion7(), body, items))],
                None
            );
        }
    }

    private async Task<TimeSpan> ReceiveCostAsync(string name, int envelopes)
    {
        await FillAsync(name, envelopes);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var received = await _queue.ReceiveAsync(name, 10, TimeSpan.Zero, None);
            await _queue.CompleteAsync(name, received, None);
            var took = Stopwatch.GetElapsedTime(started);
            Assert.Equal(10, received.Count);
            best = took < best ? took : best;
        }
        return best;
    }

    // Filled past the adapter, with statistics as stale as they can be: the server believes the table to be empty.
    private async Task FillAsync(string name, int envelopes)
    {
        await _queue.EnsureQueueAsync(name, None);
        await using var fill = _database.DataSource.CreateCommand(
            """
            WITH e AS (
                INSERT INTO queue.envelopes (id, queue_id, items, seq, visible_at, enqueued_at)
                SELECT gen_random_uuid(), (SELECT id FROM queue.queues WHERE name = $1), 1, nextval('queue.body_seq'),
                    now() + make_interval(secs => n * 0.000001), now()
                FROM generate_series(1, $2::int) AS n RETURNING seq)
            INSERT INTO queue.bodies (seq, body) SELECT seq, 'x' FROM e
            """
        );
        fill.Parameters.AddWithValue(name);
        fill.Parameters.AddWithValue(envelopes);
        fill.CommandTimeout = 120;
        await fill.ExecuteNonQueryAsync();
    }

    // As phones' text compresses: neither zeros nor noise.
    private static byte[] Body(int items)
    {
        var random = new Random(5);
        var words = "your code is 4711 valid until tomorrow please call back order shipped thank you регистрация подтверждена".Split(' ');
        var bytes = new List<byte>();
        while (bytes.Count < items * 500)
        {
            bytes.AddRange(System.Text.Encoding.UTF8.GetBytes($"{words[random.Next(words.Length)]} {random.Next(100_000)} "));
        }
        return [.. bytes.Take(items * 500)];
    }
}
