using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Smpp.Fuzz.Inputs;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Wire;
using Testing;

namespace Smpp.Fuzz.Targets;

/// <summary>
/// Whole sessions, either role, fed with a mutated stream in pieces: every request is answered once and nothing else is, each sender
/// of ours learns what became of its request, and the session ends by itself, without an exception. The first octet of an input says
/// role (bit 0), bound or not (bit 1), and the rest how the stream is cut into pieces.
/// </summary>
sealed class SessionTarget : FuzzTarget
{
    const int MostPdus = 30;
    const int Submits = 4;
    const int MaxLength = 70 * 1024;
    const uint FirstSequence = 2; // 1 is the bind's
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    public override string Name => "session";
    public override int Weight => 3;

    public override FuzzInput Make(Random random)
    {
        var pdus = random.Next(1, MostPdus + 1);
        byte[] octets = [(byte)random.Next(256), .. OctetStream.Make(pdus, FirstSequence, keepLength: random.Next(3) != 0, random)];
        return new FuzzInput(octets, pdus);
    }

    public override async ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (octets.Length == 0)
        {
            return FuzzVerdict.Refused;
        }
        var role = (octets[0] & 1) == 0 ? SessionRole.Smsc : SessionRole.Esme;
        var errors = new ErrorLog();
        var handler = new Accepting();
        var (ours, theirs) = DuplexPipes.Create();
        var session = new SmppSession(ours, role, new SmppSessionOptions { Window = Submits }, handler, errors, new FakeTime());
        var running = session.RunAsync(CancellationToken.None);
        var reading = ReadAllAsync(theirs.Input);
        var sending = await PrepareAsync(session, theirs.Output, bound: (octets[0] & 2) != 0).WaitAsync(patience, TimeProvider.System);
        await FeedAsync(theirs.Output, octets.AsMemory(1), new Random(octets[0])).WaitAsync(patience, TimeProvider.System);
        await running.WaitAsync(patience, TimeProvider.System);
        await Task.WhenAll(sending).WaitAsync(patience, TimeProvider.System);
        var answers = await reading.WaitAsync(patience, TimeProvider.System);

        FuzzFailure.Unless(errors.First is null, $"logged as an error: {errors.First}");
        FuzzFailure.Unless(handler.Closed == 1, $"its owner was told {handler.Closed} times that it had closed");
        FuzzFailure.Unless(session.RequestsInFlight == 0 && session.State == SessionState.Closed, "closed, and yet not at rest");
        CheckAnswers(octets.AsSpan(1), answers, ownBind: role == SessionRole.Smsc && (octets[0] & 2) != 0);
        return session.CloseReason == SmppCloseReason.FramingLost ? FuzzVerdict.Refused : FuzzVerdict.Taken;
    }

    // As the ESME, requests wait for their answers, so that the stream's responses meet somebody.
    static async Task<List<Task>> PrepareAsync(SmppSession session, PipeWriter output, bool bound)
    {
        var bind = new Bind { Mode = BindMode.Transceiver, SystemId = "fuzz" };
        if (!bound)
        {
            return [];
        }
        if (session.Role == SessionRole.Smsc)
        {
            await output.WriteAsync(RawPeer.Bytes(bind, 1));
            return [];
        }
        var binding = session.SendAsync(bind).AsTask();
        await output.WriteAsync(RawPeer.Bytes(BindResp.Accepted("smsc", 0x50) with { Mode = BindMode.Transceiver }, 1));
        FuzzFailure.Unless((await binding).IsOk, "a good bind does not bind");
        return [.. Enumerable.Range(0, Submits).Select(_ => (Task)session.SendAsync(new SubmitSm { ServiceType = "FUZZ" }).AsTask())];
    }

    static async Task FeedAsync(PipeWriter output, ReadOnlyMemory<byte> stream, Random random)
    {
        while (!stream.IsEmpty)
        {
            var piece = stream[..Math.Min(stream.Length, random.Next(4) == 0 ? random.Next(1, 20) : random.Next(1, 2000))];
            stream = stream[piece.Length..];
            if ((await output.WriteAsync(piece)).IsCompleted)
            {
                break; // closed by the session, as it may
            }
        }
        await output.CompleteAsync();
    }

    static async Task<byte[]> ReadAllAsync(PipeReader input)
    {
        var all = new MemoryStream();
        await input.CopyToAsync(all);
        await input.CompleteAsync();
        return all.ToArray();
    }

    static void CheckAnswers(ReadOnlySpan<byte> stream, byte[] output, bool ownBind)
    {
        var (requests, badLength) = OctetStream.Cut(stream, MaxLength);
        if (ownBind)
        {
            requests.Add(RawPeer.Bytes(new Bind { Mode = BindMode.Transceiver }, 1));
        }
        var (answers, brokenOutput) = OctetStream.Cut(output, MaxLength);
        FuzzFailure.Unless(!brokenOutput && answers.Sum(answer => answer.Length) == output.Length, "what is sent is no PDUs");
        // Those without an answer last: a nack may be theirs, but rather is that of a command which does not exist.
        var open = requests
            .Where(IsAnswered)
            .GroupBy(Sequence)
            .ToDictionary(group => group.Key, group => group.Select(Command).OrderBy(IsOneWay).ToList());
        foreach (var answer in answers.Where(answer => Command(answer).IsResponse()))
        {
            var header = new PduHeader((uint)answer.Length, Command(answer), (CommandStatus)UInt32(answer, 8), Sequence(answer));
            FuzzFailure.Unless(PduCodec.TryRead(header, answer.AsSpan(PduHeader.Size), 256, out _, out _), "an answer that cannot be read");
            if (badLength && header is { CommandId: CommandId.GenericNack, Status: CommandStatus.InvCmdLen })
            {
                badLength = false; // the last word on lost framing, once
                continue;
            }
            var asked = open.GetValueOrDefault(header.Sequence);
            var index = asked?.FindIndex(request => AnswerTo(request) == header.CommandId) ?? -1;
            FuzzFailure.Unless(index >= 0, $"{header.CommandId} {header.Sequence} answers nothing");
            asked!.RemoveAt(index);
        }
        if (!requests.Exists(request => Command(request) == CommandId.Unbind)) // behind it, the connection goes
        {
            var silent = open.Values.SelectMany(left => left).Where(MustBeAnswered);
            FuzzFailure.Unless(!silent.Any(), $"no answer to {silent.FirstOrDefault()}");
        }
    }

    // A response is never answered, save one of a command that does not exist.
    static bool IsAnswered(byte[] frame) => !Command(frame).IsResponse() || !PduCodec.Knows(Command(frame));

    // The handler of a deliver_sm may still have been at work when the stream ended.
    static bool MustBeAnswered(CommandId command) => !IsOneWay(command) && command != CommandId.DeliverSm;

    static bool IsOneWay(CommandId command) => command is CommandId.Outbind or CommandId.AlertNotification;

    static CommandId AnswerTo(CommandId command) =>
        IsOneWay(command) || !PduCodec.Knows(command) ? CommandId.GenericNack : command.ResponseOf();

    static CommandId Command(byte[] frame) => (CommandId)UInt32(frame, 4);

    static uint Sequence(byte[] frame) => UInt32(frame, 12);

    static uint UInt32(byte[] frame, int at) => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(at));

    sealed class Accepting : SmppSessionHandler
    {
        int closed;

        public int Closed => Volatile.Read(ref closed);

        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken) =>
            new(BindResp.Accepted("smsc", 0x50));

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
            new(SubmitSmResp.Accepted("1"));

        public override async ValueTask<DeliverSmResp> OnDeliverSmAsync(
            SmppSession session,
            DeliverSm pdu,
            CancellationToken cancellationToken
        )
        {
            await Task.Yield(); // a handler that is not done at once
            return DeliverSmResp.Ok;
        }

        public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
        {
            Interlocked.Increment(ref closed);
            return default;
        }
    }

    // Errors are our bugs; what a peer does is logged below.
    sealed class ErrorLog : ILogger
    {
        public string? First { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                First ??= $"{formatter(state, exception)} {exception}";
            }
        }
    }
}
