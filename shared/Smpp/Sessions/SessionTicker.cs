using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Smpp.Sessions;

/// <summary>
/// One timer for all sessions of a clock and a period, in place of one each: thousands of idle binds then wake one thread once a period,
/// not thousands of them. Runs only while there are sessions.
/// </summary>
internal sealed class SessionTicker(TimeProvider time, TimeSpan period)
{
    static readonly ConditionalWeakTable<TimeProvider, ConcurrentDictionary<TimeSpan, SessionTicker>> all = [];

    readonly Lock gate = new();
    readonly ConcurrentDictionary<SmppSession, bool> sessions = new();
    ITimer? timer;

    public static SessionTicker Of(TimeProvider time, TimeSpan period) =>
        all.GetValue(time, static _ => new()).GetOrAdd(period, static (period, time) => new SessionTicker(time, period), time);

    public void Add(SmppSession session)
    {
        lock (gate)
        {
            sessions[session] = true;
            timer ??= time.CreateTimer(static ticker => ((SessionTicker)ticker!).Tick(), this, period, period);
        }
    }

    public void Remove(SmppSession session)
    {
        lock (gate)
        {
            if (sessions.TryRemove(session, out _) && sessions.IsEmpty)
            {
                timer?.Dispose();
                timer = null;
            }
        }
    }

    void Tick()
    {
        foreach (var (session, _) in sessions)
        {
            session.OnTick();
        }
    }
}
