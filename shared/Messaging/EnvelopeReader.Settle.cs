using System.Runtime.InteropServices;

namespace Messaging;

public sealed partial class EnvelopeReader<T>
{
    // Group commit here too: leases settled while a round is under way go together in the next one. One round at a time.
    private readonly Queue<EnvelopeLease<T>> _settled = new();
    private readonly Action<EnvelopeLease<T>> _onSettled;
    private readonly EnvelopePacker<T> _settler;
    private bool _settling;

    private void OnSettled(EnvelopeLease<T> lease)
    {
        lock (_gate)
        {
            _settled.Enqueue(lease);
            if (_settling)
            {
                return;
            }
            _settling = true;
        }
        _ = Task.Run(SettleLeasesAsync);
    }

    private async Task SettleLeasesAsync()
    {
        while (true)
        {
            EnvelopeLease<T>[] round;
            TimeSpan linger;
            lock (_gate)
            {
                if (_settled.Count == 0)
                {
                    _settling = false;
                    return;
                }
                linger = _settled.Count < _options.MaxEnvelopesPerCall ? _options.SettleLinger : TimeSpan.Zero;
            }
            if (linger > TimeSpan.Zero)
            {
                await Task.Delay(linger, _time, _stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            lock (_gate)
            {
                round = [.. _settled];
                _settled.Clear();
            }
            try
            {
                await SettleRoundAsync(round).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // A fault of ours, not the queue's: these envelopes are delivered again when their visibility ends.
                _logger.SettleFailed("Settling", round.Length, _name, 1, e);
            }
            lock (_gate)
            {
                foreach (var lease in round)
                {
                    _open.Remove(lease);
                }
                SignalDrained();
            }
        }
    }

    private async Task SettleRoundAsync(EnvelopeLease<T>[] round)
    {
        var done = new List<EnvelopeLease<T>>(round.Length);
        var requeued = new List<Requeue>();
        var abandoned = new Dictionary<TimeSpan, List<EnvelopeLease<T>>>();
        foreach (var lease in round)
        {
            if (lease.Unreadable.Count == 0 && lease.Items.All(i => i.Settlement == Settlement.Completed))
            {
                done.Add(lease);
            }
            else if (lease.IsLost)
            {
                // Another consumer may have all of it: re-queueing a part of it would double that part. No failure is counted.
                continue;
            }
            else if (CanAbandon(lease, out var delay))
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(abandoned, delay, out _) ??= []).Add(lease);
            }
            else
            {
                requeued.Add(Repack(lease));
            }
        }

        done.AddRange(await RequeueAsync(requeued).ConfigureAwait(false));
        await CompleteAsync(done).ConfigureAwait(false);
        foreach (var (delay, leases) in abandoned)
        {
            await AbandonAsync(leases, delay).ConfigureAwait(false);
        }
    }

    private bool CanAbandon(EnvelopeLease<T> lease, out TimeSpan delay)
    {
        delay = Capped(lease.Items[0].Delay);
        // At the receive limit a release would be mistaken for a crash; a new envelope starts to count from zero.
        if (lease.Unreadable.Count > 0 || lease.ReceiveCount >= _options.SplitAfterReceives)
        {
            return false;
        }
        foreach (var item in lease.Items)
        {
            if (item.Settlement != Settlement.Released || Capped(item.Delay) != delay)
            {
                return false;
            }
        }
        return true;
    }

    private Requeue Repack(EnvelopeLease<T> lease)
    {
        var again = new List<OutgoingEnvelope>();
        var dead = new List<OutgoingEnvelope>();
        var byDelay = new Dictionary<TimeSpan, List<EnvelopeItem<T>>>();
        var toDead = new List<EnvelopeItem<T>>();
        foreach (var item in lease.Items)
        {
            var failures = item.Failures + (item.Settlement is Settlement.Failed or Settlement.Dead ? 1 : 0);
            var next = new EnvelopeItem<T>(item.Value, failures, item.Reason);
            if (item.Settlement == Settlement.Dead || (item.Settlement == Settlement.Failed && failures > _options.MaxFailures))
            {
                _logger.ItemDead(_name, failures, item.Reason);
                toDead.Add(next);
            }
            else if (item.Settlement == Settlement.ReleasedAlone)
            {
                Pack(lease, [next], Capped(item.Delay), again);
            }
            else if (item.Settlement != Settlement.Completed)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(byDelay, Capped(item.Delay), out _) ??= []).Add(next);
            }
        }
        foreach (var (delay, items) in byDelay)
        {
            Pack(lease, items, delay, again);
        }
        Pack(lease, toDead, TimeSpan.Zero, dead);
        PackUnreadable(lease, dead);
        return new Requeue(lease, again, dead);
    }

    private void Pack(EnvelopeLease<T> lease, List<EnvelopeItem<T>> items, TimeSpan delay, List<OutgoingEnvelope> into)
    {
        if (items.Count == 0)
        {
            return;
        }
        _settler.Begin(lease.BootId, lease.EnqueuedAt);
        foreach (var item in items)
        {
            if (!_settler.TryAdd(item))
            {
                into.Add(Close(delay));
                _settler.Begin(lease.BootId, lease.EnqueuedAt);
                _settler.TryAdd(item);
            }
        }
        into.Add(Close(delay));
    }

    private void PackUnreadable(EnvelopeLease<T> lease, List<OutgoingEnvelope> into)
    {
        foreach (var item in lease.Unreadable)
        {
            _logger.Unreadable(_name, lease.Id, item.Reason);
            _settler.Begin(lease.BootId, lease.EnqueuedAt);
            _settler.TryAddRaw(item.Json);
            into.Add(Close(TimeSpan.Zero, $"unreadable: {item.Reason}"));
        }
    }

    private OutgoingEnvelope Close(TimeSpan delay, string? because = null)
    {
        var items = _settler.Count;
        return new OutgoingEnvelope(Guid.CreateVersion7(_time.GetUtcNow()), _settler.Finish(because), items, delay);
    }

    // What must go on is confirmed before the original is completed: a crash between doubles, it never loses.
    private async Task<List<EnvelopeLease<T>>> RequeueAsync(List<Requeue> requeues)
    {
        if (requeues.Count == 0)
        {
            return [];
        }
        var unsent = new HashSet<OutgoingEnvelope>(ReferenceEqualityComparer.Instance);
        await SendAsync(_name, requeues.SelectMany(r => r.Again).ToList(), unsent).ConfigureAwait(false);
        await SendAsync(DeadLetters.QueueFor(_name), requeues.SelectMany(r => r.Dead).ToList(), unsent).ConfigureAwait(false);
        foreach (var dead in requeues.SelectMany(r => r.Dead).Where(d => !unsent.Contains(d)))
        {
            QueueTelemetry.DeadLettered.Count(_name, dead.Items);
        }
        return requeues.Where(r => !r.Again.Any(unsent.Contains) && !r.Dead.Any(unsent.Contains)).Select(r => r.Lease).ToList();
    }

    private async Task SendAsync(string queue, List<OutgoingEnvelope> envelopes, HashSet<OutgoingEnvelope> unsent)
    {
        foreach (var chunk in envelopes.Chunk(_options.MaxEnvelopesPerCall))
        {
            var open = chunk.ToList();
            var sent = await RepeatAsync("Re-queueing", open.Count, SendOpenAsync).ConfigureAwait(false);
            if (!sent)
            {
                unsent.UnionWith(open);
            }

            async Task SendOpenAsync(CancellationToken ct)
            {
                try
                {
                    await _queue.SendAsync(queue, open, ct).ConfigureAwait(false);
                }
                catch (QueueSendException e)
                {
                    // The same envelopes with the same ids are repeated; what was confirmed is not.
                    var ids = e.Unconfirmed.Select(u => u.Id).ToHashSet();
                    open.RemoveAll(o => !ids.Contains(o.Id));
                    throw;
                }
            }
        }
    }

    private async Task CompleteAsync(List<EnvelopeLease<T>> leases)
    {
        if (leases.Count == 0)
        {
            return;
        }
        var received = leases.ConvertAll(l => l.Received);
        if (await RepeatAsync("Completing", leases.Count, ct => _queue.CompleteAsync(_name, received, ct)).ConfigureAwait(false))
        {
            QueueTelemetry.Completed.Count(_name, CountOf(leases, Settlement.Completed));
            QueueTelemetry.Failed.Count(_name, CountOf(leases, Settlement.Failed));
            QueueTelemetry.Released.Count(_name, CountOf(leases, Settlement.Released) + CountOf(leases, Settlement.ReleasedAlone));
        }
    }

    private async Task AbandonAsync(List<EnvelopeLease<T>> leases, TimeSpan delay)
    {
        var received = leases.ConvertAll(l => l.Received);
        if (await RepeatAsync("Abandoning", leases.Count, ct => _queue.AbandonAsync(_name, received, delay, ct)).ConfigureAwait(false))
        {
            QueueTelemetry.Abandoned.Count(_name, leases.Count);
            QueueTelemetry.Released.Count(_name, CountOf(leases, Settlement.Released));
        }
    }

    private async Task<bool> RepeatAsync(string step, int envelopes, Func<CancellationToken, Task> call)
    {
        using var deadline = new CancellationTokenSource(_options.SettleDeadline, _time);
        for (var attempt = 1; !deadline.IsCancellationRequested; attempt++)
        {
            try
            {
                await call(deadline.Token).ConfigureAwait(false);
                return true;
            }
            catch (Exception e)
            {
                // Repeated until the deadline; then the envelope is left as it is and delivered again.
                _logger.SettleFailed(step, envelopes, _name, attempt, e);
            }
            await Task.Delay(_options.SettleRetry.Delay(attempt), _time, deadline.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _logger.SettleGivenUp(envelopes, _name, step);
        return false;
    }

    private TimeSpan Capped(TimeSpan delay) => delay < _options.MaxDelay ? delay : _options.MaxDelay;

    private static int CountOf(List<EnvelopeLease<T>> leases, Settlement settlement) =>
        leases.Sum(l => l.Items.Count(i => i.Settlement == settlement));

    private sealed record Requeue(EnvelopeLease<T> Lease, List<OutgoingEnvelope> Again, List<OutgoingEnvelope> Dead);
}
