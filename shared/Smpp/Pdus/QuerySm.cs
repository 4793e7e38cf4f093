using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>query_sm: section 4.5.1.1.</summary>
public sealed record QuerySm : IRequest<QuerySmResp>
{
    /// <summary>message_id of the message asked about.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>source_addr of that message.</summary>
    public Address Source { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.QuerySm;

    int IPdu.BodyBound => MessageId.Length + 1 + Source.Bound;

    internal static QuerySm ReadFrom(ref PduReader reader) =>
        new()
        {
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
    }
}

/// <summary>query_sm_resp: section 4.5.1.2.</summary>
public sealed record QuerySmResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>final_date, empty while the message is on its way.</summary>
    public string FinalDate { get; init; } = "";

    /// <summary>message_state, section 4.7.15.</summary>
    public byte MessageState { get; init; }

    /// <summary>error_code of the network.</summary>
    public byte ErrorCode { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.QuerySmResp;

    /// <summary>Refused.</summary>
    public static QuerySmResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => MessageId.Length + FinalDate.Length + 4;

    internal static QuerySmResp ReadFrom(ref PduReader reader, CommandStatus status)
    {
        if (!reader.HasMore)
        {
            return Rejected(status);
        }
        return new()
        {
            Status = status,
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            // Any length up to the limit: SMSCs of 3.3 send dates in formats of their own, and the state is what is asked for.
            FinalDate = reader.CString("final_date", FieldSize.Time, CommandStatus.InvExpiry),
            MessageState = reader.Byte("message_state"),
            ErrorCode = reader.Byte("error_code"),
        };
    }

    void IPdu.WriteTo(ref PduWriter writer)
    {
        if (Status != CommandStatus.Ok && MessageId.Length == 0)
        {
            return; // an error response has no body
        }
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.CString("final_date", FinalDate, FieldSize.Time, CommandStatus.InvExpiry);
        writer.Byte(MessageState);
        writer.Byte(ErrorCode);
    }
}
