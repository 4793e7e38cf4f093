using System.Globalization;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp.Fuzz.Tests;

/// <summary>A response as the corpus states it.</summary>
readonly record struct ExpectedAnswer(CommandId Command, CommandStatus Status, uint Sequence);

/// <summary>
/// One file of the corpus. Its comments are read strictly, in this order:
/// <code>
/// # wrong: what is wrong, in words
/// # session: smsc trx                          smsc or esme; open, tx, rx or trx; ", submit_sm waits": it has sent one, sequence 2
/// # answer: submit_sm_resp 0x00000015 ESME_RINVSERTYP sequence 2         one for each, or "none"
/// # reply: malformed                           what became of the request that waited: malformed, or answered and the status
/// # after: kept                                or "closed" and the reason
/// </code>
/// </summary>
sealed record CorpusCase
{
    static readonly Dictionary<string, CommandId> commands = Enum.GetValues<CommandId>().ToDictionary(SpecificationName);

    public required string Wrong { get; init; }
    public required SessionRole Role { get; init; }

    /// <summary>How the session is bound; null when it is not.</summary>
    public required BindMode? Mode { get; init; }

    /// <summary>What the session has sent and waits for.</summary>
    public CommandId? Waiting { get; init; }

    public required IReadOnlyList<ExpectedAnswer> Answers { get; init; }

    /// <summary>What its sender is told; null where nothing waits.</summary>
    public (ReplyOutcome Outcome, CommandStatus? Status)? Reply { get; init; }

    /// <summary>None: the session goes on.</summary>
    public required SmppCloseReason After { get; init; }

    public required byte[] Octets { get; init; }

    public static CorpusCase Parse(string text)
    {
        var comments = new Queue<string>(
            text.Split('\n').TakeWhile(line => line.StartsWith("# ", StringComparison.Ordinal)).Select(line => line[2..])
        );
        var wrong = Take("wrong");
        var session = Take("session").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        var answers = new List<string>();
        do
        {
            answers.Add(Take("answer"));
        } while (comments.Peek().StartsWith("answer: ", StringComparison.Ordinal));
        var reply = comments.Peek().StartsWith("reply: ", StringComparison.Ordinal) ? Take("reply") : null;
        return new CorpusCase
        {
            Wrong = wrong,
            Role = Enum.Parse<SessionRole>(session[0], ignoreCase: true),
            Mode = session[1] switch
            {
                "open" => null,
                "tx" => BindMode.Transmitter,
                "rx" => BindMode.Receiver,
                "trx" => BindMode.Transceiver,
                _ => throw new FormatException($"session: {session[1]}"),
            },
            Waiting = session.Length > 2 ? commands[session[2]] : null,
            Answers = answers is ["none"] ? [] : [.. answers.Select(AnswerOf)],
            Reply = reply is null ? null : ReplyOf(reply.Split(' ')),
            After = AfterOf(Take("after").Split(' ')),
            Octets = HexFile.Parse(text),
        };

        string Take(string key) =>
            comments.TryDequeue(out var line) && line.StartsWith($"{key}: ", StringComparison.Ordinal)
                ? line[(key.Length + 2)..]
                : throw new FormatException($"'{line}' where '{key}: ' is expected");
    }

    static ExpectedAnswer AnswerOf(string text) =>
        text.Split(' ') is [var command, var status, _, "sequence", var sequence]
            ? new ExpectedAnswer(commands[command], StatusOf(status), uint.Parse(sequence, CultureInfo.InvariantCulture))
            : throw new FormatException($"answer: {text}");

    static (ReplyOutcome, CommandStatus?) ReplyOf(string[] words) =>
        words switch
        {
            ["malformed"] => (ReplyOutcome.Malformed, null),
            ["answered", var status] => (ReplyOutcome.Answered, StatusOf(status)),
            _ => throw new FormatException($"reply: {string.Join(' ', words)}"),
        };

    static SmppCloseReason AfterOf(string[] words) =>
        words switch
        {
            ["kept"] => SmppCloseReason.None,
            ["closed", var reason] => Enum.Parse<SmppCloseReason>(reason),
            _ => throw new FormatException($"after: {string.Join(' ', words)}"),
        };

    static CommandStatus StatusOf(string text) => (CommandStatus)Convert.ToUInt32(text, 16);

    // BindTransceiverResp is bind_transceiver_resp.
    static string SpecificationName(CommandId command) =>
        string.Concat(command.ToString().Select((letter, at) => at > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{letter}"))
            .ToLowerInvariant();
}
