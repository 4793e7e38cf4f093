using Npgsql;
using Persistence;
using Persistence.Leases;

namespace Workers;

/// <content>Keeping the leases, telling of the binds, and giving back.</content>
internal sealed partial class HoldBindSlots
{
    /// <summary>
    /// Renews at the renewal interval; soon when a bind came or went, here or elsewhere; and every second while a bind has less of its connector's
    /// parts a second than it is to have, for the others' word that they go slower may have been lost.
    /// </summary>
    private async Task NextReportAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.ChangeInterval, time, cancellationToken);
        var longest = isShort ? options.AcquireInterval : options.RenewInterval;
        await reportNow.WaitAsync(longest - options.ChangeInterval, cancellationToken);
    }

    private async Task NextLookAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(options.ChangeInterval, time, cancellationToken);
        await lookNow.WaitAsync(options.AcquireInterval - options.ChangeInterval, cancellationToken);
    }

    private void OnSlotsChanged()
    {
        reportNow.Call();
        lookNow.Call();
    }

    private void OnChanged(ClaimAndSend lane)
    {
        lane.Wake();
        reportNow.Call();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var held = lanes.Values.SelectMany(lane => lane.Sessions).Concat(leaving.Keys).Distinct().ToList();
        if (held.Count == 0)
        {
            isShort = false;
            return;
        }

        var sentAt = time.GetTimestamp();
        var reports = held.ConvertAll(Report);
        var ours = await slots.RenewAsync(reports, cancellationToken);
        isShort = false;
        for (var i = 0; i < held.Count; i++)
        {
            var session = held[i];
            if (ours.TryGetValue((session.Lease.Connector, session.Lease.Slot), out var share))
            {
                if (reports[i] is { IsBound: true, Tps: { } tps })
                {
                    TakeShare(session, tps, reports[i].Granted, share);
                }

                session.Renewed(sentAt);
                TellOthers(session, reports[i]);
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

    private SlotReport Report(OperatorSession session)
    {
        var tps = lanes[session.Lease.Connector].Connector.Tps;
        session.LimitPace(tps);
        return session.Report(tps);
    }

    /// <summary>Goes slower and says so at once, or as fast as is granted.</summary>
    private void TakeShare(OperatorSession session, int tps, double kept, SlotShare share)
    {
        var next = Math.Min(share.Fair, share.Granted);
        var lane = lanes[session.Lease.Connector];
        var burst = lane.Connector.Burst ?? tps / 10.0;
        session.Pace.Share(next, burst * next / tps);
        if (kept == 0 && next > 0)
        {
            // It may receive from now on.
            lane.Wake();
        }

        if (next < kept)
        {
            reportNow.Call();
        }

        isShort |= share.Granted < share.Fair * Enough;
    }

    /// <summary>Others with a bind of the connector wait for this: one more is to have its share, or some of it is free.</summary>
    private void TellOthers(OperatorSession session, SlotReport report)
    {
        if (report.Tps is null)
        {
            return;
        }

        if (session.Told is not { } told || told.IsBound != report.IsBound || told.Granted > report.Granted)
        {
            notifications.Notify(Notifications.Slots);
        }

        session.Told = report;
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
        notifications.Notify(Notifications.Slots);
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
