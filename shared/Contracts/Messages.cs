using System.Text.Json.Serialization;

namespace Contracts;

/// <summary>An SMPP address: type of number, numbering plan and digits as the sender gave them (SMPP 3.4 section 5.2.5-5.2.9).</summary>
/// <param name="Ton">Type of number, 0-255.</param>
/// <param name="Npi">Numbering plan indicator, 0-255.</param>
/// <param name="Digits">Up to 20 characters; digits or an alphanumeric sender.</param>
public readonly record struct Party(byte Ton, byte Npi, string Digits);

/// <summary>How a message reached the platform.</summary>
public enum Origin : byte
{
    /// <summary>Over an SMPP bind.</summary>
    Smpp = 0,

    /// <summary>Over the REST API.</summary>
    Rest = 1,
}

/// <summary>An accepted message on its way to the router. Everything later services need is in here; none of them asks back.</summary>
public sealed record MessageSubmitted
{
    /// <summary>The message's id, made by the accepting service.</summary>
    public required MessageId Id { get; init; }

    /// <summary>The customer's account (its slug).</summary>
    public required string Account { get; init; }

    /// <summary>The SMPP user that submitted it; null over REST.</summary>
    public string? SystemId { get; init; }

    /// <summary>How it came in.</summary>
    public Origin Origin { get; init; }

    /// <summary>The id the customer was given when it is not the hexadecimal form of <see cref="Id"/>.</summary>
    public string? ClientId { get; init; }

    /// <summary>The sender as given.</summary>
    public required Party Source { get; init; }

    /// <summary>The recipient as given.</summary>
    public required Party Destination { get; init; }

    /// <summary>SMPP service_type; empty means the SMSC's default.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>SMPP esm_class as submitted.</summary>
    public byte EsmClass { get; init; }

    /// <summary>SMPP protocol_id.</summary>
    public byte ProtocolId { get; init; }

    /// <summary>SMPP priority_flag, 0-3 (SMPP 5.0: 0-4).</summary>
    public byte PriorityFlag { get; init; }

    /// <summary>SMPP registered_delivery as the customer asked for it.</summary>
    public byte RegisteredDelivery { get; init; }

    /// <summary>SMPP data_coding.</summary>
    public byte DataCoding { get; init; }

    /// <summary>The octets of short_message or message_payload, user data header included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>True when the content came as message_payload.</summary>
    public bool IsPayload { get; init; }

    /// <summary>The other TLVs as encoded on the wire, in order; empty when there are none.</summary>
    public ReadOnlyMemory<byte> Tlvs { get; init; }

    /// <summary>Segments the content takes on the radio side, at least 1. Rates, credit and the ledger count these.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>The customer's own reference.</summary>
    public string? Reference { get; init; }

    /// <summary>When the accepting service took it.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it stops being worth sending.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>Not to be sent before this moment; null: at once.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }
}

/// <summary>A routed message on its way to the workers that hold a bind of <see cref="Connector"/>.</summary>
public sealed record MessageRouted
{
    /// <summary>The message.</summary>
    public required MessageSubmitted Message { get; init; }

    /// <summary>The connector chosen.</summary>
    public required string Connector { get; init; }

    /// <summary>The attempt generation: a re-drive raises it, and older queue copies lose the claim.</summary>
    public short Generation { get; init; }
}

/// <summary>What became of a message, for the dlr-processor.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PartSubmitted), "submitted")]
[JsonDerivedType(typeof(PartFailed), "failed")]
[JsonDerivedType(typeof(MessageRejected), "rejected")]
[JsonDerivedType(typeof(MessageExpired), "expired")]
[JsonDerivedType(typeof(MessageCancelled), "cancelled")]
[JsonDerivedType(typeof(ReceiptReceived), "receipt")]
public abstract record MessageEvent
{
    /// <summary>When it happened, by the clock of the process that saw it.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>The operator accepted a part.</summary>
public sealed record PartSubmitted : MessageEvent
{
    /// <summary>The message.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Which part, from 0.</summary>
    public short Part { get; init; }

    /// <summary>The connector that sent it.</summary>
    public required string Connector { get; init; }

    /// <summary>True when the operator's answer was lost and the connector's policy gave the part up as submitted or not: see <see cref="MessageState.Uncertain"/>.</summary>
    public bool Uncertain { get; init; }
}

/// <summary>The operator refused a part for good, or it could not be sent at all.</summary>
public sealed record PartFailed : MessageEvent
{
    /// <summary>The message.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Which part, from 0.</summary>
    public short Part { get; init; }

    /// <summary>The connector that tried.</summary>
    public required string Connector { get; init; }

    /// <summary>How many parts the message has.</summary>
    public short Parts { get; init; } = 1;

    /// <summary>The operator's command_status; 0 when the failure was ours.</summary>
    public uint Status { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Reason { get; init; }
}

/// <summary>The router's verdict was no.</summary>
public sealed record MessageRejected : MessageEvent
{
    /// <summary>The message.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Reason { get; init; }
}

/// <summary>The message's validity passed before it could be handed over.</summary>
public sealed record MessageExpired : MessageEvent
{
    /// <summary>The message.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Where it was when its time ran out.</summary>
    public required string Reason { get; init; }
}

/// <summary>The customer cancelled the message before anything of it was sent, and nothing of it can be sent any more.</summary>
public sealed record MessageCancelled : MessageEvent
{
    /// <summary>The message.</summary>
    public required MessageId Id { get; init; }
}

/// <summary>An operator's delivery receipt, as parsed by the worker that received it.</summary>
public sealed record ReceiptReceived : MessageEvent
{
    /// <summary>Names this receipt across redeliveries.</summary>
    public required Guid ReceiptId { get; init; }

    /// <summary>Whose ids these are: ids are scoped by operator, whichever connector or bind a receipt came by.</summary>
    public required string Operator { get; init; }

    /// <summary>The connector it came by.</summary>
    public required string Connector { get; init; }

    /// <summary>The operator's message id as received.</summary>
    public required string OperatorId { get; init; }

    /// <summary>The same in the form the ledger looks ids up by, made with the connector's id format; empty when the receipt had no id.</summary>
    public required string CanonicalId { get; init; }

    /// <summary>The id in the receipt's text, as received, where it differs from the TLV's; null where it does not.</summary>
    public string? TextId { get; init; }

    /// <summary><see cref="TextId"/> in the form the ledger looks ids up by, made with the connector's id format.</summary>
    public string? CanonicalTextId { get; init; }

    /// <summary>The receipt's source address: the message's destination, or so the specification has it. Null when it had none.</summary>
    public Party? Source { get; init; }

    /// <summary>The receipt's destination address: the message's source, as a rule.</summary>
    public Party? Destination { get; init; }

    /// <summary>The reported state; null when the receipt's text named one this platform does not know.</summary>
    public MessageState? State { get; init; }

    /// <summary>True for ACCEPTD and ENROUTE: progress, not an end.</summary>
    public bool IsIntermediate { get; init; }

    /// <summary>The operator's stat word, as received (DELIVRD, UNDELIV, ...).</summary>
    public string Stat { get; init; } = "";

    /// <summary>The operator's err field, as received.</summary>
    public string Error { get; init; } = "";

    /// <summary>The operator's own time of the final state, when it gave one.</summary>
    public DateTimeOffset? DoneAt { get; init; }
}

/// <summary>Which part of which message, as its sender numbered it: parts of one sender, recipient, reference and total are one message.</summary>
/// <param name="Reference">The message's reference, 8 or 16 bits.</param>
/// <param name="Total">How many parts it has, 1-255.</param>
/// <param name="Sequence">Which one this is, from 1.</param>
public readonly record struct InboundPart(ushort Reference, byte Total, byte Sequence);

/// <summary>A mobile-originated message, or one part of one, as an operator delivered it.</summary>
public sealed record InboundReceived
{
    /// <summary>The id the platform gives it.</summary>
    public required MessageId Id { get; init; }

    /// <summary>The operator it came from.</summary>
    public required string Operator { get; init; }

    /// <summary>The connector it came by.</summary>
    public required string Connector { get; init; }

    /// <summary>The sender.</summary>
    public required Party Source { get; init; }

    /// <summary>The number it was sent to.</summary>
    public required Party Destination { get; init; }

    /// <summary>SMPP esm_class.</summary>
    public byte EsmClass { get; init; }

    /// <summary>SMPP data_coding.</summary>
    public byte DataCoding { get; init; }

    /// <summary>The octets of short_message or message_payload, user data header included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The other TLVs as encoded on the wire.</summary>
    public ReadOnlyMemory<byte> Tlvs { get; init; }

    /// <summary>Which part of a longer message it is, by its user data header or else its sar_ TLVs; null when it is a message of its own.</summary>
    public InboundPart? Part { get; init; }

    /// <summary>When the worker received it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>A receipt owed to a customer's ESME: one item of a pack in <c>deliveries</c>, dlr-processor → smpp-gateway.</summary>
public sealed record ReceiptDelivery
{
    /// <summary>The message's id in the form the customer was given.</summary>
    public required string MessageId { get; init; }

    /// <summary>The receipt's source: the message's destination as the customer gave it.</summary>
    public required Party Source { get; init; }

    /// <summary>The receipt's destination: the message's source.</summary>
    public required Party Destination { get; init; }

    /// <summary>The final state; of an intermediate notification, the state the message is in.</summary>
    public required MessageState State { get; init; }

    /// <summary>True for an intermediate notification (SMPP 5.0 section 4.7.21, bit 4): progress, the receipt comes later.</summary>
    public bool IsIntermediate { get; init; }

    /// <summary>The operator's word for that progress (ENROUTE, ACCEPTD, ...); empty in a receipt, whose state says it.</summary>
    public string Stat { get; init; } = "";

    /// <summary>The err field: the operator's, or 000.</summary>
    public string Error { get; init; } = "000";

    /// <summary>When the message was accepted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When it reached its final state.</summary>
    public required DateTimeOffset DoneAt { get; init; }
}
