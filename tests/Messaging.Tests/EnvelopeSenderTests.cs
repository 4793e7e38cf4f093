using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.Tests;

public sealed class EnvelopeSenderTests
{
    private const string Name = "submit";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ManualTime _time = new();
    private readonly InMemoryQueue _queue;
    private readonly Guid _boot = Guid.NewGuid();

    public EnvelopeSenderTests() => _queue = new InMemoryQueue(_time);

    private EnvelopeSender<Sms> Sender(EnvelopeSenderOptions? options = null) =>
        new(_queue, Name, TestJson.SmsType, options ?? new(), _boot, _time, NullLogger.Instance);

    private static Envelope<Sms> Decode(OutgoingEnvelope sent)
    {
        Assert.True(new EnvelopeCodec<Sms>(TestJson.SmsType).TryDecode(sent.Body, out var envelope, out _));
        return envelope;
    }

    private void AwaitSends(int count) => Assert.True(SpinWait.SpinUntil(() => _queue.SendCount >= count, TimeSpan.FromSeconds(10)));

    [Fact]
    public async Task A_lone_item_goes_at_once_in_an_envelope_of_its_own()
    {
        await using var sender = Sender();

        // The clock stands still: nothing lingers.
        Assert.Equal(SendOutcome.Stored, await sender.SendAsync(new Sms(1), None));

        var sent = Assert.Single(_queue.Peek(Name));
        Assert.Equal(1, sent.Items);
        var envelope = Decode(sent);
        Assert.Equal(_boot, envelope.BootId);
        Assert.Equal(new Sms(1), Assert.Single(envelope.Items).Value);
    }

    [Fact]
    public async Task What_waits_while_a_send_is_under_way_goes_together()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = Sender(new() { MaxSendsInFlight = 1 });
        var first = sender.SendAsync(new Sms(0), None).AsTask();
        AwaitSends(1);
        var rest = Enumerable.Range(1, 250).Select(i => sender.SendAsync(new Sms(i), None).AsTask()).ToArray();
        gate.SetResult();

        Assert.Equal(SendOutcome.Stored, await first);
        Assert.All(await Task.WhenAll(rest), o => Assert.Equal(SendOutcome.Stored, o));
        Assert.Equal(2, _queue.Sends.Count);
        Assert.Equal([100, 100, 50], _queue.Sends[1].Batch.Select(e => e.Items));
        Assert.Equal(Enumerable.Range(0, 251), _queue.Peek(Name).SelectMany(e => Decode(e).Items).Select(i => i.Value.Id));
    }

    [Fact]
    public async Task A_tenant_with_much_gets_envelopes_of_its_own_and_those_with_little_share_and_go_first()
    {
        var batch = await SendBehindAnotherAsync(
            new()
            {
                MaxSendsInFlight = 1,
                MaxItems = 20,
                OwnEnvelopeFrom = 10,
            },
            [
                .. Enumerable
                    .Range(0, 45)
                    .Select(i => new Sms(
                        i,
                        i % 3 == 0 || i < 30 ? "big"
                            : i < 38 ? "a"
                            : "b"
                    )),
            ]
        );

        Assert.Equal([null, "big", "big"], batch.Select(envelope => envelope.Group));
        Assert.Equal([10, 20, 15], batch.Select(envelope => envelope.Items));
        Assert.All(Decode(batch[0]).Items, item => Assert.NotEqual("big", item.Value.Text));
        var big = batch.Skip(1).SelectMany(envelope => Decode(envelope).Items).Select(item => item.Value).ToList();
        Assert.All(big, sms => Assert.Equal("big", sms.Text));
        Assert.Equal(big.Select(sms => sms.Id).Order(), big.Select(sms => sms.Id));
    }

    [Fact]
    public async Task What_is_all_one_tenants_is_its_own_however_little()
    {
        var batch = await SendBehindAnotherAsync(
            new() { MaxSendsInFlight = 1, OwnEnvelopeFrom = 10 },
            [new Sms(1, "small"), new Sms(2, "small")]
        );

        Assert.Equal(("small", 2), (Assert.Single(batch).Group, batch[0].Items));
    }

    [Fact]
    public async Task A_queue_that_is_not_fair_gets_no_groups()
    {
        var batch = await SendBehindAnotherAsync(
            new() { MaxSendsInFlight = 1 },
            [.. Enumerable.Range(0, 40).Select(i => new Sms(i, i % 2 == 0 ? "a" : "b"))]
        );

        Assert.Equal((null, 40), (Assert.Single(batch).Group, batch[0].Items));
    }

    // The texts are the tenants.
    private async Task<IReadOnlyList<OutgoingEnvelope>> SendBehindAnotherAsync(EnvelopeSenderOptions options, Sms[] items)
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = new EnvelopeSender<Sms>(
            _queue,
            Name,
            TestJson.SmsType,
            options,
            _boot,
            _time,
            NullLogger.Instance,
            sms => sms.Text
        );
        var first = sender.SendAsync(new Sms(-1, "first"), None).AsTask();
        AwaitSends(1);
        var rest = sender.SendAllAsync(items, None);
        gate.SetResult();
        Assert.Equal((SendOutcome.Stored, SendOutcome.Stored), (await first, await rest));
        return _queue.Sends[1].Batch;
    }

    [Fact]
    public async Task An_envelope_keeps_to_its_bytes_and_an_oversize_item_goes_alone()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = Sender(new() { MaxSendsInFlight = 1, MaxBytes = 1000 });
        var sends = new List<Task<SendOutcome>> { sender.SendAsync(new Sms(0), None).AsTask() };
        AwaitSends(1);
        var texts = new[] { new string('a', 400), new string('b', 400), new string('c', 400), new string('d', 5000), "e" };
        sends.AddRange(texts.Select((t, i) => sender.SendAsync(new Sms(i, t), None).AsTask()));
        gate.SetResult();
        await Task.WhenAll(sends);

        Assert.Equal([2, 1, 1, 1], _queue.Sends[1].Batch.Select(e => e.Items));
        Assert.True(_queue.Sends[1].Batch[0].Body.Length <= 1000);
    }

    [Fact]
    public async Task Beyond_the_capacity_an_item_is_refused_at_once()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = Sender(new() { MaxSendsInFlight = 1, Capacity = 2 });
        var first = sender.SendAsync(new Sms(0), None).AsTask();
        AwaitSends(1);
        var waiting = new[] { sender.SendAsync(new Sms(1), None).AsTask(), sender.SendAsync(new Sms(2), None).AsTask() };

        var refused = sender.SendAsync(new Sms(3), None);

        Assert.True(refused.IsCompletedSuccessfully);
        Assert.Equal(SendOutcome.Refused, await refused);
        gate.SetResult();
        Assert.Equal(SendOutcome.Stored, await first);
        Assert.All(await Task.WhenAll(waiting), o => Assert.Equal(SendOutcome.Stored, o));
    }

    [Fact]
    public async Task A_send_without_an_answer_is_repeated_with_the_same_id()
    {
        _queue.FailNextSends(SendFault.LoseAnswer, SendFault.Vanish);
        await using var sender = Sender();
        var outcome = sender.SendAsync(new Sms(1), None).AsTask();
        await _time.AdvanceUntilAsync(outcome, TimeSpan.FromMilliseconds(50));

        Assert.Equal(SendOutcome.Stored, await outcome);
        Assert.Equal(3, _queue.Sends.Count);
        Assert.Single(_queue.Sends.SelectMany(s => s.Batch).Select(e => e.Id).Distinct());
        Assert.Single(_queue.Peek(Name));
    }

    [Theory]
    [InlineData(SendFault.Refuse, SendOutcome.Refused)]
    [InlineData(SendFault.Vanish, SendOutcome.Unknown)]
    [InlineData(SendFault.LoseAnswer, SendOutcome.Unknown)]
    public async Task At_the_deadline_an_item_has_its_answer(SendFault fault, SendOutcome expected)
    {
        _queue.FailNextSends([.. Enumerable.Repeat(fault, 1000)]);
        await using var sender = Sender();
        var started = _time.GetUtcNow();
        var outcome = sender.SendAsync(new Sms(1), None).AsTask();
        await _time.AdvanceUntilAsync(outcome, TimeSpan.FromMilliseconds(100));

        Assert.Equal(expected, await outcome);
        Assert.True(_queue.Sends.Count > 5, "it was repeated meanwhile");
        Assert.InRange(_time.GetUtcNow() - started, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task Once_it_may_be_stored_a_later_refusal_does_not_make_it_certain()
    {
        _queue.FailNextSends([SendFault.Vanish, .. Enumerable.Repeat(SendFault.Refuse, 1000)]);
        await using var sender = Sender();
        var outcome = sender.SendAsync(new Sms(1), None).AsTask();
        await _time.AdvanceUntilAsync(outcome, TimeSpan.FromMilliseconds(100));

        Assert.Equal(SendOutcome.Unknown, await outcome);
    }

    [Fact]
    public async Task A_send_that_hangs_is_cut_off_at_the_deadline()
    {
        _queue.FailNextSends(SendFault.Hang);
        await using var sender = Sender();
        var outcome = sender.SendAsync(new Sms(1), None).AsTask();
        await _time.AdvanceUntilAsync(outcome, TimeSpan.FromSeconds(1));

        Assert.Equal(SendOutcome.Unknown, await outcome);
    }

    [Fact]
    public async Task What_was_confirmed_of_a_batch_is_not_repeated()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = Sender(new() { MaxSendsInFlight = 1, MaxItems = 1 });
        var sends = new List<Task<SendOutcome>> { sender.SendAsync(new Sms(0), None).AsTask() };
        AwaitSends(1);
        sends.AddRange(Enumerable.Range(1, 3).Select(i => sender.SendAsync(new Sms(i), None).AsTask()));
        _queue.FailNextSends(SendFault.RefuseAllButFirst);
        gate.SetResult();
        var all = Task.WhenAll(sends);
        await _time.AdvanceUntilAsync(all, TimeSpan.FromMilliseconds(50));

        Assert.All(await all, o => Assert.Equal(SendOutcome.Stored, o));
        Assert.Equal([1, 3, 2], _queue.Sends.Select(s => s.Batch.Count));
    }

    [Fact]
    public async Task Disposal_sends_what_waits_and_refuses_what_comes_later()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        var sender = Sender(new() { MaxSendsInFlight = 1 });
        var sends = Enumerable.Range(0, 5).Select(i => sender.SendAsync(new Sms(i), None).AsTask()).ToArray();
        var disposed = sender.DisposeAsync().AsTask();

        Assert.Equal(SendOutcome.Refused, await sender.SendAsync(new Sms(9), None));
        gate.SetResult();
        await disposed;
        Assert.All(await Task.WhenAll(sends), o => Assert.Equal(SendOutcome.Stored, o));
    }

    [Fact]
    public async Task Disposal_is_bounded_and_every_item_gets_its_outcome()
    {
        _queue.FailNextSends(SendFault.Hang, SendFault.Hang);
        var sender = Sender(new() { MaxSendsInFlight = 1 });
        var outcome = sender.SendAsync(new Sms(1), None).AsTask();
        AwaitSends(1);
        var disposed = sender.DisposeAsync().AsTask();
        await _time.AdvanceUntilAsync(disposed, TimeSpan.FromSeconds(1));

        Assert.Equal(SendOutcome.Unknown, await outcome);
    }

    [Fact]
    public async Task An_item_that_does_not_serialise_fails_alone()
    {
        var gate = new TaskCompletionSource();
        _queue.SendGate = gate.Task;
        await using var sender = new EnvelopeSender<Fickle>(
            _queue,
            Name,
            TestJson.Default.Fickle,
            new() { MaxSendsInFlight = 1 },
            _boot,
            _time,
            NullLogger.Instance
        );
        var first = sender.SendAsync(new Fickle("first"), None).AsTask();
        AwaitSends(1);
        var good = sender.SendAsync(new Fickle("good"), None).AsTask();
        var bad = sender.SendAsync(new Fickle("bad"), None).AsTask();
        var last = sender.SendAsync(new Fickle("last"), None).AsTask();
        gate.SetResult();

        await Assert.ThrowsAnyAsync<Exception>(() => bad);
        Assert.Equal([SendOutcome.Stored, SendOutcome.Stored, SendOutcome.Stored], await Task.WhenAll(first, good, last));
        Assert.True(new EnvelopeCodec<Fickle>(TestJson.Default.Fickle).TryDecode(_queue.Peek(Name)[1].Body, out var envelope, out _));
        Assert.Equal(["good", "last"], envelope.Items.Select(i => i.Value.Text));
    }

    [Fact]
    public async Task Many_are_sent_as_one()
    {
        await using var sender = Sender();

        Assert.Equal(SendOutcome.Stored, await sender.SendAllAsync([.. Enumerable.Range(0, 150).Select(i => new Sms(i))], None));

        Assert.Equal([100, 50], _queue.Peek(Name).Select(e => e.Items));
    }

    [Fact]
    public async Task Many_without_room_for_all_are_refused_whole()
    {
        await using var sender = Sender(new() { Capacity = 10 });

        Assert.Equal(SendOutcome.Refused, await sender.SendAllAsync([.. Enumerable.Range(0, 11).Select(i => new Sms(i))], None));

        Assert.Empty(_queue.Peek(Name));
    }

    [Fact]
    public async Task A_cancelled_token_sends_nothing()
    {
        await using var sender = Sender();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sender.SendAsync(new Sms(1), new(true)));

        Assert.Equal(0, _queue.SendCount);
    }
}
