using System.Collections.Concurrent;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;

namespace Testing.Load;

/// <summary>What becomes of a ticket after a submit.</summary>
internal enum SubmitEnding
{
    /// <summary>Accepted, refused for good, or uncertain.</summary>
    Resolved,

    /// <summary>Refused for now, or never sent: to be tried again as a new message.</summary>
    Again,
}

/// <summary>One run: its binds, its books, its report.</summary>
internal sealed partial class LoadRun : IDisposable
{
    static readonly TimeSpan watchPeriod = TimeSpan.FromMilliseconds(50);

    readonly LoadOptions options;
    readonly TimeProvider time;
    readonly LoadMessages messages;
    readonly UncertainRequests uncertain;
    readonly Tickets tickets;
    readonly ReceiptBook book;
    readonly LatencyHistogram latency = new();
    readonly ConcurrentDictionary<CommandStatus, long> refusals = new();
    readonly ConcurrentDictionary<ReplyOutcome, long> lost = new();
    readonly ConcurrentDictionary<string, long> receiptStates = new();
    readonly CancellationTokenSource finished = new();
    readonly LoadReceiver receiver;
    long startedAt;
    DateTimeOffset startedOn;
    TimeSpan startCpu;
    Pacer? pacer;
    long lastNumber;
    long ok;
    long lastAccept;
    long lastEvent;
    int up;
    long reconnects;

    /// <summary>When links were lost, from the run's start.</summary>
    readonly ConcurrentBag<TimeSpan> links = [];
    readonly ConcurrentBag<TimeSpan> rebinds = [];
    readonly ConcurrentDictionary<CommandStatus, long> bindRefusals = new();
    bool interrupted;

    LoadRun(LoadOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        messages = new LoadMessages(options, Marker.NewRun());
        uncertain = new UncertainRequests(messages);
        tickets = new Tickets(options.Messages == 0 ? long.MaxValue : options.Messages);
        book = new ReceiptBook((int)Math.Min(options.Messages, 20_000_000));
        receiver = new LoadReceiver(this);
        startedAt = time.GetTimestamp();
    }

    TimeSpan Now => time.GetElapsedTime(startedAt);

    /// <summary>
    /// Runs it to its report. <paramref name="stop"/> ends the submitting, <paramref name="giveUp"/> the waiting for receipts too. Throws
    /// <see cref="SmppException"/> when it cannot bind in time.
    /// </summary>
    public static async Task<LoadReport> RunAsync(
        LoadOptions options,
        TextWriter progress,
        TimeProvider time,
        CancellationToken stop,
        CancellationToken giveUp
    )
    {
        using var run = new LoadRun(options, time);
        var binds = Enumerable.Range(0, options.Binds).Select(_ => new LoadBind(run)).ToList();
        try
        {
            await Task.WhenAll(binds.Select(bind => bind.ConnectAsync(stop)));
        }
        catch
        {
            await Task.WhenAll(binds.Select(bind => bind.CloseAsync())); // thrown on: there is nothing to run on
            throw;
        }
        run.Start();
        var serving = binds.Select(bind => bind.ServeAsync(run.finished.Token)).ToList();
        try
        {
            await run.WatchAsync(serving, new LoadProgress(progress), stop, giveUp);
        }
        finally
        {
            run.pacer?.Open();
            await run.finished.CancelAsync();
            await Task.WhenAll(serving);
        }
        return run.Report();
    }

    public void Dispose()
    {
        pacer?.Dispose();
        finished.Dispose();
    }

    void Start()
    {
        startedAt = time.GetTimestamp();
        startedOn = time.GetUtcNow();
        startCpu = Environment.CpuUsage.TotalTime;
        pacer = options.Rate > 0 ? new Pacer(options.Rate, time) : null;
    }

    // Ends when everything is submitted and has its receipt, or the time for it is up.
    async Task WatchAsync(List<Task> serving, LoadProgress progress, CancellationToken stop, CancellationToken giveUp)
    {
        using var timer = new PeriodicTimer(watchPeriod, time);
        TimeSpan? submitted = null;
        var complete = TimeSpan.MaxValue;
        var seenUp = Now;
        var seconds = 1;
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var now = Now;
            if (now.TotalSeconds >= seconds)
            {
                progress.Line(Snapshot(now));
                seconds = (int)now.TotalSeconds + 1;
            }
            seenUp = Volatile.Read(ref up) > 0 ? now : seenUp;
            var outage = now - seenUp > options.OutageWait;
            if (stop.IsCancellationRequested || outage || (options.Duration > TimeSpan.Zero && now >= options.Duration))
            {
                interrupted |= stop.IsCancellationRequested || outage;
                tickets.Close();
                pacer?.Open();
            }
            if (outage || giveUp.IsCancellationRequested || serving.Exists(bind => bind.IsFaulted))
            {
                return; // a fault of ours is thrown where the binds are awaited
            }
            if (!tickets.AreDone)
            {
                continue;
            }
            submitted ??= now;
            if (!options.Receipts || now - submitted >= options.ReceiptWait)
            {
                return;
            }
            complete =
                book.Outstanding > 0 ? TimeSpan.MaxValue
                : complete == TimeSpan.MaxValue ? now
                : complete;
            if (complete != TimeSpan.MaxValue && now - complete >= options.Linger)
            {
                return;
            }
        }
    }

    SubmitEnding Record(uint number, SmppReply<SubmitSmResp> reply, long sentAt)
    {
        if (reply.IsOk)
        {
            latency.Record(time.GetElapsedTime(sentAt));
            Interlocked.Increment(ref ok);
            var now = Now;
            book.Accept(reply.Response!.MessageId, number, now);
            Volatile.Write(ref lastAccept, now.Ticks);
            Happened(now);
            return SubmitEnding.Resolved;
        }
        switch (reply.Outcome)
        {
            case ReplyOutcome.Answered:
                Count(refusals, reply.Status);
                if (reply.Status == CommandStatus.SysErr)
                {
                    uncertain.Add(number, Doubt.SystemError);
                }
                return options.Retry && reply.Status.Classify() is CommandStatusClass.Temporary or CommandStatusClass.Throttling
                    ? SubmitEnding.Again
                    : SubmitEnding.Resolved;

            case ReplyOutcome.NotSent:
                return SubmitEnding.Again;

            default:
                Count(lost, reply.Outcome);
                uncertain.Add(number, Doubt.AnswerLost);
                return SubmitEnding.Resolved;
        }
    }

    void Receive(DeliverSm receipt)
    {
        var content = receipt.Content.Span;
        var id = receipt.Tlvs.ReceiptedMessageId;
        var state = receipt.Tlvs.MessageState;
        if ((id is null || state is null) && ReceiptText.TryParse(content, out var text))
        {
            id ??= text!.Id;
            state ??= text!.MessageState;
        }
        Count(receiptStates, NameOf(state));
        if (state is Enroute or Accepted)
        {
            return; // on its way: the final one follows
        }
        var now = Now;
        book.Receipt(id, content, receipt.Source.Digits, now);
        Happened(now);
    }

    // SMPP 5.0 section 4.7.15
    const byte Enroute = 1;
    const byte Accepted = 6;

    static string NameOf(byte? state) =>
        state switch
        {
            Enroute => "ENROUTE",
            2 => "DELIVRD",
            3 => "EXPIRED",
            4 => "DELETED",
            5 => "UNDELIV",
            Accepted => "ACCEPTD",
            7 => "UNKNOWN",
            8 => "REJECTD",
            _ => "other",
        };

    void Happened(TimeSpan now) => Volatile.Write(ref lastEvent, now.Ticks);

    static void Count<TKey>(ConcurrentDictionary<TKey, long> counters, TKey key)
        where TKey : notnull => counters.AddOrUpdate(key, 1, static (_, count) => count + 1);

    /// <summary>Receipts of all binds; other messages are taken and not counted.</summary>
    sealed class LoadReceiver(LoadRun run) : SmppSessionHandler
    {
        public override ValueTask<DeliverSmResp> OnDeliverSmAsync(SmppSession session, DeliverSm pdu, CancellationToken cancellationToken)
        {
            if (pdu.IsReceipt)
            {
                run.Receive(pdu);
            }
            return new(DeliverSmResp.Ok);
        }
    }
}
