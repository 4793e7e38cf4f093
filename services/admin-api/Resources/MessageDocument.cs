using System.ComponentModel;
using Contracts;
using Persistence.Ledger;
using Smpp.Text;

namespace AdminApi.Resources;

/// <summary>A message as the ledger has it.</summary>
internal record MessageDocument
{
    [Description("32 lower-case hexadecimal digits, the same as over SMPP.")]
    public required string Id { get; init; }

    public required string Account { get; init; }

    public required MessageState State { get; init; }

    public required int Parts { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    [Description("The text; null when the content is no text.")]
    public required string? Text { get; init; }

    [Description("The octets; null when the content is text.")]
    public required byte[]? Binary { get; init; }

    public required string Encoding { get; init; }

    [Description("smpp or rest.")]
    public required Origin Origin { get; init; }

    [Description("The SMPP user; null over REST.")]
    public required string? SystemId { get; init; }

    [Description("The id given to the customer where it has another form.")]
    public required string? ClientId { get; init; }

    public required string? Connector { get; init; }

    public required string? Route { get; init; }

    [Description("The customer's own reference.")]
    public required string? Reference { get; init; }

    [Description("The operator's error code.")]
    public required string? Error { get; init; }

    [Description("Why it ended as it did, in words.")]
    public required string? Reason { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    [Description("When it reached its final state.")]
    public required DateTimeOffset? DoneAt { get; init; }

    public required DateTimeOffset ValidUntil { get; init; }

    public static MessageDocument Of(MessageRow row)
    {
        var encoding = SmppEncoding.FromDataCoding(row.DataCoding, SmppEncoding.Gsm7Bit);
        var isText = encoding != SmppEncoding.Octets;
        return new MessageDocument
        {
            Id = $"{row.Id}",
            Account = row.Account,
            State = row.State,
            Parts = row.Parts,
            From = row.Source.Digits,
            To = row.Destination.Digits,
            Text = isText ? encoding.Decode(WithoutHeader(row)) : null,
            Binary = isText ? null : row.Content,
            Encoding = isText ? encoding.Name : "binary",
            Origin = row.Origin,
            SystemId = row.SystemId,
            ClientId = row.ClientId,
            Connector = row.Connector,
            Route = row.Route,
            Reference = row.Reference,
            Error = row.ErrorCode,
            Reason = row.Reason,
            AcceptedAt = row.AcceptedAt,
            DoneAt = row.DoneAt,
            ValidUntil = row.ValidUntil,
        };
    }

    /// <summary>esm_class 0x40: a user data header comes first (SMPP 3.4 section 5.2.12).</summary>
    private static ReadOnlySpan<byte> WithoutHeader(MessageRow row) =>
        (row.EsmClass & 0x40) != 0 && UserDataHeader.TryParse(row.Content, out var header)
            ? row.Content.AsSpan(header!.Length)
            : row.Content;
}

/// <summary>A message and everything that happened to it.</summary>
internal sealed record MessageWithTimeline : MessageDocument
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public MessageWithTimeline(MessageDocument message)
        : base(message) { }

    [Description("What happened, in order.")]
    public IReadOnlyList<TimelineEvent> Timeline { get; init; } = [];
}

/// <summary>A message that the ledger does not have yet.</summary>
internal sealed record MessageJustAccepted(string Id, MessageState State, IReadOnlyList<TimelineEvent> Timeline);
