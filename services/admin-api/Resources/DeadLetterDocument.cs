using System.ComponentModel;
using System.Text;
using Messaging;
using Persistence.DeadLetters;

namespace AdminApi.Resources;

/// <summary>A message that failed too often. Its content is shown one by one, not in lists.</summary>
internal sealed record DeadLetterDocument
{
    private static readonly UTF8Encoding strict = new(false, true);

    [Description("Its number; later ones are higher.")]
    public required long Id { get; init; }

    [Description("The queue it died on.")]
    public required string Queue { get; init; }

    [Description("message; item: one of an envelope that no record fits; envelope: a whole body that cannot be read.")]
    public required DeadLetterKind Kind { get; init; }

    [Description("waiting; replayed; purged: given up without an end in the ledger, kept without its body to explain the books.")]
    public required DeadLetterState State { get; init; }

    [Description("The message's id, 32 hexadecimal digits; of a receipt, its own. Null where none can be read.")]
    public string? MessageId { get; init; }

    [Description("Null where it is not known.")]
    public string? Account { get; init; }

    [Description("Why it failed last.")]
    public required string Reason { get; init; }

    [Description("How often it failed.")]
    public required int Failures { get; init; }

    [Description("How many messages it stands for: 1 but for a whole body.")]
    public required int Messages { get; init; }

    [Description("When it was first sent.")]
    public DateTimeOffset? SentAt { get; init; }

    [Description("When its queue took it for dead.")]
    public required DateTimeOffset DeadAt { get; init; }

    [Description("When it was collected.")]
    public required DateTimeOffset FirstSeen { get; init; }

    [Description("When it was replayed or purged.")]
    public DateTimeOffset? ChangedAt { get; init; }

    [Description("The body's length.")]
    public required int Bytes { get; init; }

    [Description("The body as it came, in base64. In lists: null.")]
    public byte[]? Body { get; init; }

    [Description("The same as text, where it is UTF-8.")]
    public string? Text { get; init; }

    public static DeadLetterDocument From(DeadLetterRow row) =>
        new()
        {
            Id = row.Id,
            Queue = row.Queue,
            Kind = (DeadLetterKind)row.Kind,
            State = row.State,
            MessageId = row.ItemId?.ToString("N"),
            Account = row.Account,
            Reason = row.Reason,
            Failures = row.Failures,
            Messages = row.Items,
            SentAt = row.SentAt,
            DeadAt = row.DeadAt,
            FirstSeen = row.FirstSeen,
            ChangedAt = row.ChangedAt,
            Bytes = row.Bytes,
        };

    public static DeadLetterDocument WithBody(DeadLetterRow row) => From(row) with { Body = row.Body.ToArray(), Text = TextOf(row.Body) };

    private static string? TextOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            return strict.GetString(body.Span);
        }
        catch (DecoderFallbackException)
        {
            // Not text.
            return null;
        }
    }
}
