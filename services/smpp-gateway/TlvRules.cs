using Smpp;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>TLVs of a submit: SMPP 5.0 section 4.8.4. Unknown ones pass to the operator as they came (section 2.10).</summary>
internal static class TlvRules
{
    public static CommandStatus Check(TlvList tlvs)
    {
        if (tlvs.IsEmpty)
        {
            return CommandStatus.Ok;
        }

        if (KnownTlvs.Validate(tlvs) is var status and not CommandStatus.Ok)
        {
            return status;
        }

        foreach (var tlv in tlvs)
        {
            status = Check(tlv);
            if (status != CommandStatus.Ok)
            {
                return status;
            }
        }

        return IsSegment(tlvs) ? CommandStatus.Ok : CommandStatus.InvTlvVal;
    }

    /// <summary>A known TLV of the right length.</summary>
    private static CommandStatus Check(Tlv tlv)
    {
        var value = tlv.Value.Span;
        return tlv.Tag switch
        {
            // What only an SMSC says, in answers and towards an ESME.
            TlvTag.ScInterfaceVersion
            or TlvTag.CongestionState
            or TlvTag.AdditionalStatusInfoText
            or TlvTag.DeliveryFailureReason
            or TlvTag.DpfResult
            or TlvTag.MsAvailabilityStatus
            or TlvTag.MessageState
            or TlvTag.ReceiptedMessageId
            or TlvTag.NetworkErrorCode
            // What belongs to broadcast_sm.
            or TlvTag.BroadcastChannelIndicator
            or TlvTag.BroadcastContentType
            or TlvTag.BroadcastContentTypeInfo
            or TlvTag.BroadcastMessageClass
            or TlvTag.BroadcastRepNum
            or TlvTag.BroadcastFrequencyInterval
            or TlvTag.BroadcastAreaIdentifier
            or TlvTag.BroadcastErrorStatus
            or TlvTag.BroadcastAreaSuccess
            or TlvTag.BroadcastEndTime
            or TlvTag.BroadcastServiceGroup => CommandStatus.TlvNotAllwd,
            // 4.8.4.16, 4.8.4.54: 0 unknown to 4 (a display, the handset, the card, an external unit).
            TlvTag.DestAddrSubunit when value[0] > 4 => CommandStatus.InvDstAddrSubunit,
            TlvTag.SourceAddrSubunit when value[0] > 4 => CommandStatus.InvSrcAddrSubunit,
            TlvTag.PrivacyIndicator when value[0] > 3 => CommandStatus.InvTlvVal,
            TlvTag.PayloadType or TlvTag.MoreMessagesToSend or TlvTag.SetDpf when value[0] > 1 => CommandStatus.InvTlvVal,
            TlvTag.NumberOfMessages when value[0] > 99 => CommandStatus.InvTlvVal,
            _ => CommandStatus.Ok,
        };
    }

    /// <summary>4.8.4.50-52: the three sar TLVs count only together; then they name a segment of so many, from 1.</summary>
    private static bool IsSegment(TlvList tlvs) =>
        !tlvs.Contains(TlvTag.SarMsgRefNum)
        || tlvs.GetByte(TlvTag.SarTotalSegments) is not { } total
        || tlvs.GetByte(TlvTag.SarSegmentSeqnum) is not { } number
        || (number >= 1 && number <= total);
}
