using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

public sealed class EnvelopeSenderLingerTests : IAsyncLifetime
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private readonly EnvelopeSenderOptions _options = EnvelopeSenderOptions.ForBilledCalls();
    private readonly ManualTime _time = new();
    private readonly InMemoryQueue _queue;
    private EnvelopeSender<Sms> _sender = null!;

    public EnvelopeSenderLingerTests() => _queue = new InMemoryQueue(_time);

    public Task InitializeAsync()
    {
        _sender = Open();
        return Task.CompletedTask;
    }

    private EnvelopeSender<Sms> Open() => new(_queue, "submit", TestJson.SmsType, _options, Guid.NewGuid(), _time, NullLogger.Instance);

    public async Task DisposeAsync() => await _sender.DisposeAsync();

    private Task<SendOutcome> Send(int id = 0) => _sender.SendAsync(new Sms(id), CancellationToken.None).AsTask();

    private Task<SendOutcome>[] Send(int first, int count) => [.. Enumerable.Range(first, count).Select(id => Send(id))];

    // As many as make the next one wait for company, each answered while the clock stands still.
    private async Task ComeAliveAsync()
    {
        for (var i = 0; i < _options.LingerItems; i++)
        {
            Assert.Equal(SendOutcome.Stored, await Send());
        }
        _queue.Sends.Clear();
    }

    // The one timer set is the sender's: it lingers.
    private void AwaitLinger() => Assert.True(SpinWait.SpinUntil(() => _time.Timers == 1, TimeSpan.FromSeconds(10)));

    private static async Task AllStoredAsync(IEnumerable<Task<SendOutcome>> sends) =>
        Assert.All(await Task.WhenAll(sends).WaitAsync(TimeSpan.FromSeconds(10)), o => Assert.Equal(SendOutcome.Stored, o));

    private int[] ItemsOfSends() => [.. _queue.Sends.SelectMany(s => s.Batch).Select(e => e.Items)];

    [Fact]
    public async Task Items_that_come_now_and_then_go_at_once()
    {
        for (var i = 0; i < 30; i++)
        {
            // Answered while the clock stands still.
            Assert.Equal(SendOutcome.Stored, await Send().WaitAsync(TimeSpan.FromSeconds(10)));
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(Enumerable.Repeat(1, 30), ItemsOfSends());
    }

    [Fact]
    public async Task A_batch_out_of_silence_goes_at_once()
    {
        await ComeAliveAsync();
        _time.Advance(TimeSpan.FromMilliseconds(100));

        var batch = _sender.SendAllAsync([.. Enumerable.Range(0, 50).Select(i => new Sms(i))], CancellationToken.None);

        Assert.Equal(SendOutcome.Stored, await batch.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal([50], ItemsOfSends());
    }

    [Fact]
    public async Task Under_load_items_wait_for_company_no_longer_than_the_longest_linger()
    {
        await ComeAliveAsync();
        var sends = new List<Task<SendOutcome>>();
        for (var i = 0; i < 40; i++)
        {
            sends.Add(Send(i));
            AwaitLinger();
            Assert.Equal(0, _queue.SendCount);
            _time.Advance(Millisecond);
        }

        await AllStoredAsync(sends);
        Assert.Equal([40], ItemsOfSends());
    }

    [Fact]
    public async Task A_full_envelope_goes_at_once()
    {
        await ComeAliveAsync();
        var first = Send();
        AwaitLinger();

        await AllStoredAsync([first, .. Send(1, _options.MaxItems - 1)]);

        Assert.Equal([_options.MaxItems], ItemsOfSends());
    }

    [Fact]
    public async Task A_client_that_waits_for_its_ten_answers_is_not_held_longer_than_the_quiet()
    {
        await ComeAliveAsync();
        for (var round = 0; round < 20; round++)
        {
            var sends = Send(round * 10, 10);
            AwaitLinger();
            _time.Advance(_options.LingerQuiet);
            await AllStoredAsync(sends);
        }

        Assert.Equal(Enumerable.Repeat(10, 20), ItemsOfSends());
    }

    [Fact]
    public async Task When_the_load_ends_the_last_item_goes_after_the_quiet_and_the_next_at_once()
    {
        await ComeAliveAsync();
        var last = Send();
        AwaitLinger();
        _time.Advance(_options.LingerQuiet);
        await AllStoredAsync([last]);
        _time.Advance(2 * _options.MaxLinger);

        await AllStoredAsync([Send()]);
    }

    [Fact]
    public async Task Disposal_does_not_linger()
    {
        await ComeAliveAsync();
        var waiting = Send();
        AwaitLinger();

        await _sender.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        await AllStoredAsync([waiting]);
    }

    [Fact]
    public async Task What_comes_while_a_send_is_under_way_lingers_too_and_nothing_is_left_behind()
    {
        await ComeAliveAsync();
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        var first = Send();
        AwaitLinger();
        _time.Advance(_options.LingerQuiet);
        Assert.True(SpinWait.SpinUntil(() => _queue.SendCount == 1, TimeSpan.FromSeconds(10)));

        var second = Send(1, 3);
        // Two timers: the linger's, and the deadline of the send under way.
        Assert.True(SpinWait.SpinUntil(() => _time.Timers == 2, TimeSpan.FromSeconds(10)));
        gate.SetResult();
        await AllStoredAsync([first]);
        Assert.Equal(1, _queue.SendCount);
        _time.Advance(_options.LingerQuiet);

        await AllStoredAsync(second);
        Assert.Equal([1, 3], ItemsOfSends());
    }
}
