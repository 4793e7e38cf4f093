using Npgsql;

namespace Workers;

/// <content>Keeping the leases, telling of the binds, and giving back.</content>
internal sealed partial class HoldBindSlots
{
    /// <summary>Renews at the renewal interval; at once, but no faster than a few times a second, when a bind came or went.</summary>
    private async Task NextReportAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.ShareInterval, time, cancellationToken);
        await reportNow.WaitAsync(options.RenewInterval - options.ShareInterval, cancellationToken);
    }

    private void OnChanged(ClaimAndSend lane)
    {
        lane.Wake();
        lock (gate)
        {
            if (reportNow.CurrentCount == 0)
            {
                reportNow.Release();
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var held = lanes.Values.SelectMany(lane => lane.Sessions).Concat(leaving.Keys).Distinct().ToList();
        if (held.Count == 0)
        {
            return;
        }

        var sentAt = time.GetTimestamp();
        var binds = held.ConvertAll(session => session.Binds);
        var reports = held.ConvertAll(session => session.Report());
        var ours = await slots.RenewAsync(reports, cancellationToken);
        for (var i = 0; i < held.Count; i++)
        {
            var session = held[i];
            if (ours.Contains((session.Lease.Connector, session.Lease.Slot)))
            {
                session.Renewed(sentAt);
                if (reports[i].IsBound && session.Binds == binds[i])
                {
                    session.Pace.Open(options.PaceSettles);
                }
            }
            else if (!session.IsClosing)
            {
                // Somebody else holds it and may be bound already: leave at once.
                WorkersLog.SlotLost(logger, session.Lease.Connector, session.Lease.Slot, session.Lease.Fence);
                Leave(lanes[session.Lease.Connector], session);
            }
        }
    }

    /// <summary>What an operator's staff asked for: a bind is unbound, and its link binds again. The slot stays ours.</summary>
    private async Task ObeyAsync(CancellationToken cancellationToken)
    {
        foreach (var lease in await slots.TakeUnbindsAsync(cancellationToken))
        {
            if (lanes.GetValueOrDefault(lease.Connector)?.Sessions.FirstOrDefault(session => session.Lease == lease) is { } told)
            {
                WorkersLog.ToldToUnbind(logger, lease.Connector, lease.Slot);
                told.Rebind();
            }
        }
    }

    private Task ShareAsync(CancellationToken cancellationToken)
    {
        var known = bound;
        var isFresh = known.At != long.MinValue && time.GetElapsedTime(known.At) < options.PaceSettles;
        foreach (var (connector, lane) in lanes)
        {
            lane.SharePace(known.Count.GetValueOrDefault(connector), isFresh);
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets a slot go beside everything else: what is on its wire has its time, and the other slots are looked after meanwhile.</summary>
    private void Leave(ClaimAndSend lane, OperatorSession session)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (leaving.TryAdd(session, done.Task))
        {
            _ = LetGoAsync();
        }

        async Task LetGoAsync()
        {
            try
            {
                await lane.RemoveAsync(session);
                await GiveBackAsync(session);
            }
            catch (Exception e)
            {
                // The lease runs out by itself: it is not renewed any more.
                WorkersLog.NotGivenBack(logger, session.Lease.Connector, session.Lease.Slot, e);
            }
            finally
            {
                leaving.TryRemove(session, out _);
                done.SetResult();
            }
        }
    }

    private async Task GiveBackAsync(OperatorSession session)
    {
        await session.DisposeAsync();
        await TryAsync(cancellationToken => slots.ReleaseAsync(session.Lease, cancellationToken));
    }

    private async Task TryAsync(Func<CancellationToken, Task> statement)
    {
        try
        {
            await statement(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            // The lease runs out by itself.
            WorkersLog.SlotsUnknown(logger, e.Message);
        }
    }
}
