namespace Messaging;

public sealed partial class EnvelopeSender<T>
{
    private void StartSending() => _ = Task.Run(SendWaitingAsync);

    // One of at most MaxSendsInFlight loops. It ends, under the lock, when nothing waits: the next item starts another.
    private async Task SendWaitingAsync()
    {
        var packer = _codec.NewPacker(_options.MaxItems, _options.MaxBytes);
        var taken = new List<PendingSend<T>>();
        var packed = new List<PackedEnvelope>();
        while (await TakeAsync(taken).ConfigureAwait(false))
        {
            foreach (var (group, items) in Groups(taken))
            {
                Pack(group, items, packer, packed);
            }
            for (var first = 0; first < packed.Count; first += _options.MaxEnvelopesPerSend)
            {
                var count = Math.Min(_options.MaxEnvelopesPerSend, packed.Count - first);
                var send = packed.GetRange(first, count);
                CompressIfItPays(send);
                await DeliverAsync(send).ConfigureAwait(false);
            }
            taken.Clear();
            packed.Clear();
        }
    }

    // False when nothing is left to do, and the slot given back.
    private async ValueTask<bool> TakeAsync(List<PendingSend<T>> taken)
    {
        TaskCompletionSource? mine = null;
        while (true)
        {
            lock (_gate)
            {
                // Another loop that lingers takes what waits, this one's time being over.
                if (_waiting.Count == 0 || (_lingering is not null && _lingering != mine))
                {
                    if (--_sends == 0 && _closed)
                    {
                        _drained.TrySetResult();
                    }
                    return false;
                }
                _lingering = null;
                var left = LingerLeft();
                if (left <= TimeSpan.Zero)
                {
                    var most = _options.MaxItems * _options.MaxEnvelopesPerSend;
                    while (taken.Count < most && _waiting.TryDequeue(out var pending))
                    {
                        taken.Add(pending);
                    }
                    return true;
                }
                mine = Linger(left);
            }
            await mine.Task.ConfigureAwait(false);
        }
    }

    private void Pack(string? group, List<PendingSend<T>> taken, EnvelopePacker<T> packer, List<PackedEnvelope> packed)
    {
        var at = _time.GetUtcNow();
        var items = new List<PendingSend<T>>(Math.Min(taken.Count, _options.MaxItems));
        packer.Begin(_bootId, at);
        foreach (var pending in taken)
        {
            try
            {
                var item = new EnvelopeItem<T>(pending.Value);
                if (!packer.TryAdd(item))
                {
                    packed.Add(Close(packer, items, at, group));
                    items = new List<PendingSend<T>>(_options.MaxItems);
                    packer.Begin(_bootId, at);
                    packer.TryAdd(item);
                }
                items.Add(pending);
            }
            catch (Exception e)
            {
                // Does not serialise: its sender gets the exception, the others go on.
                pending.Finish(e);
            }
        }
        if (items.Count > 0)
        {
            packed.Add(Close(packer, items, at, group));
        }
    }

    private static PackedEnvelope Close(EnvelopePacker<T> packer, List<PendingSend<T>> items, DateTimeOffset at, string? group) =>
        new(new OutgoingEnvelope(Guid.CreateVersion7(at), packer.Finish(), items.Count, Group: group), items);

    // A request is billed by its size: ten envelopes of 60 KB are ten units, compressed two or three.
    private void CompressIfItPays(List<PackedEnvelope> send)
    {
        var bytes = send.Sum(e => (long)e.Outgoing.Body.Length);
        if (_options.BilledBytes <= 0 || bytes <= _options.BilledBytes)
        {
            return;
        }
        var compressed = send.ConvertAll(e => e.Outgoing with { Body = CompressedBody.Compress(e.Outgoing.Body) });
        if (Units(compressed.Sum(e => (long)e.Body.Length)) < Units(bytes))
        {
            for (var i = 0; i < send.Count; i++)
            {
                send[i].Outgoing = compressed[i];
            }
        }
    }

    private long Units(long bytes) => (bytes + _options.BilledBytes - 1) / _options.BilledBytes;

    private async Task DeliverAsync(List<PackedEnvelope> open)
    {
        for (var attempt = 1; ; attempt++)
        {
            FinishExpired(open);
            if (open.Count == 0)
            {
                return;
            }
            if (attempt > 1)
            {
                QueueTelemetry.RepeatedSends.Count(_name, open.Count);
            }
            if (await TrySendAsync(open).ConfigureAwait(false))
            {
                return;
            }
            await PauseAsync(open, attempt).ConfigureAwait(false);
        }
    }

    // True when nothing is left open.
    private async Task<bool> TrySendAsync(List<PackedEnvelope> open)
    {
        using var deadline = new CancellationTokenSource(Remaining(open), _time);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _abort.Token);
        try
        {
            await _queue.SendAsync(_name, open.ConvertAll(e => e.Outgoing), cut.Token).ConfigureAwait(false);
            Finish(open, SendOutcome.Stored);
            open.Clear();
        }
        catch (QueueSendException e)
        {
            _logger.SendNotConfirmed(_name, e.Outcome, e.Unconfirmed.Count, e);
            var unconfirmed = e.Unconfirmed.Select(u => u.Id).ToHashSet();
            var stored = open.FindAll(p => !unconfirmed.Contains(p.Outgoing.Id));
            Finish(stored, SendOutcome.Stored);
            open.RemoveAll(p => !unconfirmed.Contains(p.Outgoing.Id));
            if (e.Outcome == SendFailure.Unknown)
            {
                MarkUnknown(open);
            }
        }
        catch (Exception e)
        {
            // Cancelled at the deadline, or a fault the adapter did not classify: it may be stored. Repeated until the deadline.
            _logger.SendNotConfirmed(_name, SendFailure.Unknown, open.Count, e);
            MarkUnknown(open);
        }
        return open.Count == 0;
    }

    private async Task PauseAsync(List<PackedEnvelope> open, int attempt)
    {
        var pause = _options.RetryDelay.Delay(attempt);
        var remaining = Remaining(open);
        try
        {
            await Task.Delay(pause < remaining ? pause : remaining, _time, _abort.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping: FinishExpired gives every item its outcome.
        }
    }

    private void FinishExpired(List<PackedEnvelope> open)
    {
        var now = _time.GetTimestamp();
        var expired = open.FindAll(p => _abort.IsCancellationRequested || RemainingAt(p, now) <= TimeSpan.Zero);
        foreach (var envelope in expired)
        {
            envelope.Finish(envelope.MayBeStored ? SendOutcome.Unknown : SendOutcome.Refused);
            var counter = envelope.MayBeStored ? QueueTelemetry.UnknownSends : QueueTelemetry.RefusedSends;
            counter.Count(_name, envelope.Outgoing.Items);
            open.Remove(envelope);
        }
    }

    private void Finish(List<PackedEnvelope> envelopes, SendOutcome outcome)
    {
        QueueTelemetry.SentEnvelopes.Count(_name, envelopes.Count);
        foreach (var envelope in envelopes)
        {
            QueueTelemetry.Sent.Count(_name, envelope.Outgoing.Items);
            envelope.Finish(outcome);
        }
    }

    private static void MarkUnknown(List<PackedEnvelope> open)
    {
        foreach (var envelope in open)
        {
            envelope.MayBeStored = true;
        }
    }

    private TimeSpan Remaining(List<PackedEnvelope> open)
    {
        var now = _time.GetTimestamp();
        var least = open.Min(p => RemainingAt(p, now));
        // Timers count whole milliseconds; less than one would be none.
        var shortest = TimeSpan.FromMilliseconds(1);
        return least > shortest ? least : shortest;
    }

    private TimeSpan RemainingAt(PackedEnvelope envelope, long now) => _options.SendDeadline - _time.GetElapsedTime(envelope.OldestAt, now);

    private sealed class PackedEnvelope(OutgoingEnvelope outgoing, List<PendingSend<T>> items)
    {
        public OutgoingEnvelope Outgoing { get; set; } = outgoing;

        public long OldestAt { get; } = items[0].EnqueuedAt;

        public bool MayBeStored { get; set; }

        public void Finish(SendOutcome outcome)
        {
            foreach (var item in items)
            {
                item.Finish(outcome);
            }
        }
    }
}
