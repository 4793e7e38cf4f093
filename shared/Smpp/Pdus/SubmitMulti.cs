using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>submit_multi: section 4.2.3.1.</summary>
public sealed record SubmitMulti : IRequest<SubmitMultiResp>
{
    /// <summary>service_type, at most 5 characters.</summary>
    public string ServiceType { get; init; } = "";

    /// <summary>source_addr.</summary>
    public Address Source { get; init; }

    /// <summary>dest_address(es), 1 to 255 of them.</summary>
    public IReadOnlyList<MultiDestination> Destinations { get; init; } = [];

    /// <summary>esm_class, section 4.7.12.</summary>
    public byte EsmClass { get; init; }

    /// <summary>protocol_id.</summary>
    public byte ProtocolId { get; init; }

    /// <summary>priority_flag.</summary>
    public byte PriorityFlag { get; init; }

    /// <summary>schedule_delivery_time: empty or 16 characters.</summary>
    public string ScheduleDeliveryTime { get; init; } = "";

    /// <summary>validity_period: empty or 16 characters.</summary>
    public string ValidityPeriod { get; init; } = "";

    /// <summary>registered_delivery, section 4.7.21.</summary>
    public byte RegisteredDelivery { get; init; }

    /// <summary>replace_if_present_flag.</summary>
    public byte ReplaceIfPresentFlag { get; init; }

    /// <summary>data_coding, section 4.7.7.</summary>
    public byte DataCoding { get; init; }

    /// <summary>sm_default_msg_id.</summary>
    public byte SmDefaultMsgId { get; init; }

    /// <summary>short_message, at most 255 octets, the user data header included.</summary>
    public ReadOnlyMemory<byte> ShortMessage { get; init; }

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.SubmitMulti;

    /// <summary>Whether short_message (or message_payload) begins with a user data header: esm_class bit 6.</summary>
    public bool HasUserDataHeader => (EsmClass & 0x40) != 0;

    /// <summary>The content: short_message, or message_payload when short_message is empty (section 4.8.4.36).</summary>
    public ReadOnlyMemory<byte> Content => ShortMessage.IsEmpty && Tlvs.MessagePayload is { } payload ? payload : ShortMessage;

    /// <summary>The addresses only: message text does not belong in logs.</summary>
    public override string ToString() => $"{CommandId} {Source} -> {Destinations.Count} destinations";

    int IPdu.BodyBound =>
        ServiceType.Length
        + Source.Bound
        + MultiDestination.Bound(Destinations)
        + ScheduleDeliveryTime.Length
        + ValidityPeriod.Length
        + ShortMessage.Length
        + Tlvs.Encoded.Length
        + 12;

    internal static SubmitMulti ReadFrom(ref PduReader reader)
    {
        var pdu = new SubmitMulti
        {
            ServiceType = reader.CString("service_type", FieldSize.ServiceType, CommandStatus.InvSerTyp),
            Source = reader.Address(FieldSize.Address, CommandStatus.InvSrcAdr),
            Destinations = MultiDestination.ReadFrom(ref reader),
            EsmClass = reader.Byte("esm_class", CommandStatus.InvEsmClass),
            ProtocolId = reader.Byte("protocol_id"),
            PriorityFlag = reader.Byte("priority_flag", CommandStatus.InvPrtFlg),
            ScheduleDeliveryTime = reader.Time("schedule_delivery_time", CommandStatus.InvSched),
            ValidityPeriod = reader.Time("validity_period", CommandStatus.InvExpiry),
            RegisteredDelivery = reader.Byte("registered_delivery", CommandStatus.InvRegDlvFlg),
            ReplaceIfPresentFlag = reader.Byte("replace_if_present_flag", CommandStatus.InvRepFlag),
            DataCoding = reader.Byte("data_coding", CommandStatus.InvDcs),
            SmDefaultMsgId = reader.Byte("sm_default_msg_id", CommandStatus.InvDftMsgId),
            ShortMessage = reader.ShortMessageAndTlvs(out var tlvs),
            Tlvs = tlvs,
        };
        return pdu;
    }

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("service_type", ServiceType, FieldSize.ServiceType, CommandStatus.InvSerTyp);
        writer.Address(Source, FieldSize.Address, CommandStatus.InvSrcAdr);
        MultiDestination.Write(ref writer, Destinations);
        writer.Byte(EsmClass);
        writer.Byte(ProtocolId);
        writer.Byte(PriorityFlag);
        writer.CString("schedule_delivery_time", ScheduleDeliveryTime, FieldSize.Time, CommandStatus.InvSched);
        writer.CString("validity_period", ValidityPeriod, FieldSize.Time, CommandStatus.InvExpiry);
        writer.Byte(RegisteredDelivery);
        writer.Byte(ReplaceIfPresentFlag);
        writer.Byte(DataCoding);
        writer.Byte(SmDefaultMsgId);
        writer.ShortMessage(ShortMessage);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>One destination of a submit_multi: an address, or the name of a distribution list.</summary>
/// <param name="Address">The address, when <paramref name="ListName"/> is null.</param>
/// <param name="ListName">dl_name, at most 20 characters.</param>
public readonly record struct MultiDestination(Address Address, string? ListName = null)
{
    const byte SmeAddress = 1;
    const byte DistributionList = 2;

    internal static int Bound(IReadOnlyList<MultiDestination> destinations)
    {
        var bound = 0;
        foreach (var destination in destinations)
        {
            bound += 1 + (destination.ListName?.Length + 1 ?? destination.Address.Bound);
        }
        return bound;
    }

    // number_of_dests, then per destination: dest_flag 1 ton npi addr | dest_flag 2 dl_name (section 4.7.4)
    internal static MultiDestination[] ReadFrom(ref PduReader reader)
    {
        var count = reader.Byte("number_of_dests", CommandStatus.InvNumDests);
        if (count == 0)
        {
            reader.Fail(CommandStatus.InvNumDests, "number_of_dests");
            return [];
        }
        var destinations = new MultiDestination[count];
        for (var i = 0; i < destinations.Length && !reader.Fault.IsFault; i++)
        {
            switch (reader.Byte("dest_flag", CommandStatus.InvDestFlag))
            {
                case SmeAddress:
                    destinations[i] = new(reader.Address(FieldSize.Address, CommandStatus.InvDstAdr));
                    break;
                case DistributionList:
                    destinations[i] = new(default, reader.CString("dl_name", FieldSize.ListName, CommandStatus.InvDlName));
                    break;
                default:
                    reader.Fail(CommandStatus.InvDestFlag, "dest_flag");
                    break;
            }
        }
        return destinations;
    }

    internal static void Write(ref PduWriter writer, IReadOnlyList<MultiDestination> destinations)
    {
        if (destinations.Count is 0 or > FieldSize.Destinations)
        {
            writer.Fail(CommandStatus.InvNumDests, "number_of_dests");
            return;
        }
        writer.Byte((byte)destinations.Count);
        foreach (var destination in destinations)
        {
            if (destination.ListName is { } name)
            {
                writer.Byte(DistributionList);
                writer.CString("dl_name", name, FieldSize.ListName, CommandStatus.InvDlName);
            }
            else
            {
                writer.Byte(SmeAddress);
                writer.Address(destination.Address, FieldSize.Address, CommandStatus.InvDstAdr);
            }
        }
    }
}

/// <summary>A destination that a submit_multi did not reach.</summary>
/// <param name="Destination">The address.</param>
/// <param name="Status">Why.</param>
public readonly record struct UnsuccessfulDestination(Address Destination, CommandStatus Status);

/// <summary>submit_multi_resp: section 4.2.3.2.</summary>
public sealed record SubmitMultiResp : IResponse
{
    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>message_id, at most 64 characters.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>unsuccess_sme(s).</summary>
    public IReadOnlyList<UnsuccessfulDestination> Unsuccessful { get; init; } = [];

    /// <summary>TLVs.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId => CommandId.SubmitMultiResp;

    /// <summary>Accepted under this id, except for the listed destinations.</summary>
    public static SubmitMultiResp Accepted(string messageId, params IReadOnlyList<UnsuccessfulDestination> unsuccessful) =>
        new() { MessageId = messageId, Unsuccessful = unsuccessful };

    /// <summary>Refused as a whole.</summary>
    public static SubmitMultiResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound
    {
        get
        {
            var bound = MessageId.Length + 2 + Tlvs.Encoded.Length;
            foreach (var destination in Unsuccessful)
            {
                bound += destination.Destination.Bound + sizeof(uint);
            }
            return bound;
        }
    }

    internal static SubmitMultiResp ReadFrom(ref PduReader reader, CommandStatus status)
    {
        if (!reader.HasMore)
        {
            return new() { Status = status };
        }
        return new()
        {
            Status = status,
            MessageId = reader.CString("message_id", FieldSize.MessageId, CommandStatus.InvMsgId),
            Unsuccessful = ReadUnsuccessful(ref reader),
            Tlvs = reader.Tlvs(),
        };
    }

    static UnsuccessfulDestination[] ReadUnsuccessful(ref PduReader reader)
    {
        var unsuccessful = new UnsuccessfulDestination[reader.Byte("no_unsuccess", CommandStatus.InvNumDests)];
        for (var i = 0; i < unsuccessful.Length && !reader.Fault.IsFault; i++)
        {
            var destination = reader.Address(FieldSize.Address, CommandStatus.InvDstAdr);
            unsuccessful[i] = new(destination, (CommandStatus)reader.UInt32("error_status_code"));
        }
        return unsuccessful;
    }

    void IPdu.WriteTo(ref PduWriter writer)
    {
        if (Status != CommandStatus.Ok && MessageId.Length == 0 && Unsuccessful.Count == 0 && Tlvs.IsEmpty)
        {
            return; // an error response has no body
        }
        if (Unsuccessful.Count > FieldSize.Destinations)
        {
            writer.Fail(CommandStatus.InvNumDests, "no_unsuccess");
            return;
        }
        writer.CString("message_id", MessageId, FieldSize.MessageId, CommandStatus.InvMsgId);
        writer.Byte((byte)Unsuccessful.Count);
        foreach (var (destination, status) in Unsuccessful)
        {
            writer.Address(destination, FieldSize.Address, CommandStatus.InvDstAdr);
            writer.UInt32((uint)status);
        }
        writer.Tlvs(Tlvs);
    }
}
