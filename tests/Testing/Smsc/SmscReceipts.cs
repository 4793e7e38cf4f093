using System.Globalization;
using System.Text;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;
using Smpp.Tlvs;

namespace Testing.Smsc;

/// <summary>
/// A simulator's receipts: due after their delay, sent over any receiving bind of their system_id, sent again when not answered ok, kept
/// until there is such a bind.
/// </summary>
internal sealed class SmscReceipts : IAsyncDisposable
{
    const int MaxWaiting = 1_000_000;
    const int MaxAttempts = 30;
    const int MaxSending = 1000;
    const byte SmscDeliveryReceipt = 0x04;

    static readonly TimeSpan retryDelay = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan noBindDelay = TimeSpan.FromMilliseconds(200);

    readonly Func<string, SmppSession?> receiverOf;
    readonly TimeProvider time;
    readonly Lock gate = new();
    readonly PriorityQueue<Receipt, (TimeSpan Due, long Order)> waiting = new();
    readonly SemaphoreSlim wake = new(0);
    readonly SemaphoreSlim sending = new(MaxSending);
    readonly CancellationTokenSource stopping = new();
    readonly long startedAt;
    readonly Task pumping;
    long order;
    long queued;
    long sent;
    long answered;
    long givenUp;

    public SmscReceipts(Func<string, SmppSession?> receiverOf, TimeProvider time)
    {
        this.receiverOf = receiverOf;
        this.time = time;
        startedAt = time.GetTimestamp();
        pumping = PumpAsync();
    }

    public long Queued => Interlocked.Read(ref queued);
    public long Sent => Interlocked.Read(ref sent);
    public long Answered => Interlocked.Read(ref answered);
    public long GivenUp => Interlocked.Read(ref givenUp);

    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    public void Add(SmscMessage message, Address source, Address destination, SmscSettings settings)
    {
        var number = Interlocked.Increment(ref queued);
        if (IsNth(number, settings.ReceiptLoseEvery))
        {
            return;
        }
        var id = Spell(message.Id, settings);
        var text = new ReceiptText
        {
            Id = id,
            Sub = "001",
            Dlvrd = settings.ReceiptStat == "DELIVRD" ? "001" : "000",
            SubmitDate = message.Time.UtcDateTime,
            DoneDate = (message.Time + TimeSpan.FromMilliseconds(settings.ReceiptDelay)).UtcDateTime,
            Stat = settings.ReceiptStat,
            Err = settings.ReceiptErr,
            Text = message.Text,
        };
        var tlvs = TlvList.Empty.WithCString(TlvTag.ReceiptedMessageId, id);
        tlvs = text.MessageState is { } state ? tlvs.WithByte(TlvTag.MessageState, state) : tlvs;
        var pdu = new DeliverSm
        {
            Source = destination,
            Destination = source,
            EsmClass = SmscDeliveryReceipt,
            ShortMessage = settings.ReceiptForm == "tlv" ? default : Encoding.Latin1.GetBytes(text.ToString()),
            Tlvs = settings.ReceiptForm == "text" ? TlvList.Empty : tlvs,
        };
        var asDataSm = settings.ReceiptForm == "dataSm";
        var delay = TimeSpan.FromMilliseconds(settings.ReceiptDelay);
        Enqueue(new Receipt(message.SystemId, pdu, asDataSm, 0), delay);
        if (IsNth(number, settings.ReceiptDoubleEvery))
        {
            Enqueue(new Receipt(message.SystemId, pdu, asDataSm, 0), delay);
        }
    }

    // As operators do whose two interfaces print numbers in different ways.
    static string Spell(string id, SmscSettings settings)
    {
        if (settings.ReceiptId == "same")
        {
            return id;
        }
        var number = long.Parse(
            id,
            settings.MessageId == "hex" ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture
        );
        return number.ToString(settings.ReceiptId == "hex" ? "X" : "D", CultureInfo.InvariantCulture);
    }

    static bool IsNth(long number, int every) => every > 0 && number % every == 0;

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await pumping;
        for (var i = 0; i < MaxSending; i++)
        {
            await sending.WaitAsync(); // every send in flight has ended
        }
        stopping.Dispose();
        wake.Dispose();
        sending.Dispose();
    }

    void Enqueue(Receipt receipt, TimeSpan delay)
    {
        lock (gate)
        {
            if (waiting.Count == MaxWaiting)
            {
                Interlocked.Increment(ref givenUp);
                return;
            }
            waiting.Enqueue(receipt, (time.GetElapsedTime(startedAt) + delay, order++));
        }
        if (wake.CurrentCount == 0)
        {
            wake.Release();
        }
    }

    async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                if (TakeDue(out var wait) is { } receipt)
                {
                    await sending.WaitAsync(stopping.Token);
                    _ = SendAsync(receipt); // bounded by, and awaited through, the semaphore
                    continue;
                }
                await wake.WaitAsync(wait, stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The simulator ends, and its receipts with it.
        }
    }

    Receipt? TakeDue(out TimeSpan wait)
    {
        lock (gate)
        {
            if (!waiting.TryPeek(out var receipt, out var priority))
            {
                wait = Timeout.InfiniteTimeSpan;
                return null;
            }
            wait = priority.Due - time.GetElapsedTime(startedAt);
            if (wait > TimeSpan.Zero)
            {
                wait += TimeSpan.FromMilliseconds(1); // the semaphore's clock has whole milliseconds
                return null;
            }
            waiting.Dequeue();
            return receipt;
        }
    }

    async Task SendAsync(Receipt receipt)
    {
        try
        {
            if (receiverOf(receipt.SystemId) is not { } session)
            {
                Enqueue(receipt, noBindDelay);
                return;
            }
            Interlocked.Increment(ref sent);
            if (await SendAsync(session, receipt))
            {
                Interlocked.Increment(ref answered);
            }
            else if (receipt.Attempts + 1 < MaxAttempts)
            {
                Enqueue(receipt with { Attempts = receipt.Attempts + 1 }, retryDelay);
            }
            else
            {
                Interlocked.Increment(ref givenUp);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The simulator ends, and its receipts with it.
        }
        finally
        {
            sending.Release();
        }
    }

    async Task<bool> SendAsync(SmppSession session, Receipt receipt)
    {
        var pdu = receipt.Pdu;
        if (!receipt.AsDataSm)
        {
            return (await session.SendAsync(pdu, stopping.Token)).IsOk;
        }
        var data = new DataSm
        {
            Source = pdu.Source,
            Destination = pdu.Destination,
            EsmClass = pdu.EsmClass,
            Tlvs = pdu.Tlvs.With(TlvTag.MessagePayload, pdu.ShortMessage.Span),
        };
        return (await session.SendAsync(data, stopping.Token)).IsOk;
    }

    sealed record Receipt(string SystemId, DeliverSm Pdu, bool AsDataSm, int Attempts);
}
