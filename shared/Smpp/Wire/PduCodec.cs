using System.Buffers;
using Smpp.Pdus;

namespace Smpp.Wire;

/// <summary>PDUs to bytes and back.</summary>
public static class PduCodec
{
    /// <summary>Whether <paramref name="id"/> is a PDU of SMPP 3.4 or 5.0: those this library reads and writes.</summary>
    public static bool Knows(CommandId id) =>
        id.IsResponse()
            ? id == CommandId.GenericNack || RejectionOf((CommandId)((uint)id & 0x7FFFFFFF), CommandStatus.SysErr) is not null
            : id is CommandId.Outbind or CommandId.AlertNotification || RejectionOf(id, CommandStatus.SysErr) is not null;

    /// <summary>
    /// Reads a body. False: <paramref name="fault"/> says which field, and <paramref name="pdu"/> is null; an unknown command_id is the
    /// fault <see cref="CommandStatus.InvCmdId"/>. Never throws, whatever the bytes.
    /// </summary>
    public static bool TryRead(in PduHeader header, ReadOnlySpan<byte> body, int maxTlvs, out IPdu? pdu, out PduFault fault)
    {
        var reader = new PduReader(body, maxTlvs);
        pdu = Read(header, ref reader);
        fault = pdu is null ? new PduFault(CommandStatus.InvCmdId, "command_id") : reader.Fault;
        if (!fault.IsFault)
        {
            return true;
        }
        pdu = null;
        return false;
    }

    /// <summary>Reads a whole PDU as an <see cref="SmppTrace"/> sees it. Its header is read in any case.</summary>
    /// <exception cref="ArgumentException">There are fewer octets than a header has.</exception>
    /// <inheritdoc cref="TryRead(in PduHeader, ReadOnlySpan{byte}, int, out IPdu?, out PduFault)" />
    public static bool TryRead(ReadOnlySpan<byte> octets, int maxTlvs, out PduHeader header, out IPdu? pdu, out PduFault fault)
    {
        if (octets.Length < PduHeader.Size)
        {
            throw new ArgumentException("a PDU begins with its header", nameof(octets));
        }
        header = PduHeader.Read(octets);
        return TryRead(header, octets[PduHeader.Size..], maxTlvs, out pdu, out fault);
    }

    /// <summary>Writes a PDU with its header for a peer of 5.0.</summary>
    /// <inheritdoc cref="TryWrite(IBufferWriter{byte}, IPdu, uint, byte, out PduFault)" />
    public static bool TryWrite(IBufferWriter<byte> output, IPdu pdu, uint sequence, out PduFault fault) =>
        TryWrite(output, pdu, sequence, SmppVersions.V50, out fault);

    /// <summary>
    /// Writes a PDU with its header for a peer of this interface_version (<see cref="SmppVersions"/>): up to 3.3 without its TLVs. False: a
    /// field does not fit the specification or the peer's version does not know the PDU (<paramref name="fault"/> says which), and
    /// nothing was written.
    /// </summary>
    public static bool TryWrite(IBufferWriter<byte> output, IPdu pdu, uint sequence, byte interfaceVersion, out PduFault fault)
    {
        // One GetSpan for an upper bound, one Advance: a PDU is never half written.
        var destination = output.GetSpan(PduHeader.Size + pdu.BodyBound);
        var length = Encode(destination, pdu, sequence, interfaceVersion, out fault);
        if (fault.IsFault)
        {
            return false;
        }
        output.Advance(length);
        return true;
    }

    /// <summary>The response that refuses a request of this kind; null when the kind has no response or is unknown.</summary>
    public static IResponse? RejectionOf(CommandId request, CommandStatus status) =>
        request switch
        {
            CommandId.SubmitSm => SubmitSmResp.Rejected(status),
            CommandId.DeliverSm => DeliverSmResp.Rejected(status),
            CommandId.EnquireLink => EnquireLinkResp.Rejected(status),
            CommandId.DataSm => DataSmResp.Rejected(status),
            CommandId.SubmitMulti => SubmitMultiResp.Rejected(status),
            CommandId.QuerySm => QuerySmResp.Rejected(status),
            CommandId.CancelSm => CancelSmResp.Rejected(status),
            CommandId.ReplaceSm => ReplaceSmResp.Rejected(status),
            CommandId.Unbind => UnbindResp.Rejected(status),
            CommandId.BroadcastSm => BroadcastSmResp.Rejected(status),
            CommandId.QueryBroadcastSm => QueryBroadcastSmResp.Rejected(status),
            CommandId.CancelBroadcastSm => CancelBroadcastSmResp.Rejected(status),
            CommandId.BindReceiver => BindResp.Rejected(status) with { Mode = BindMode.Receiver },
            CommandId.BindTransmitter => BindResp.Rejected(status) with { Mode = BindMode.Transmitter },
            CommandId.BindTransceiver => BindResp.Rejected(status) with { Mode = BindMode.Transceiver },
            _ => null,
        };

    internal static int Encode(Span<byte> destination, IPdu pdu, uint sequence, byte interfaceVersion, out PduFault fault)
    {
        var writer = new PduWriter(destination[PduHeader.Size..], interfaceVersion);
        if (!SmppVersions.Allows(interfaceVersion, pdu.CommandId))
        {
            writer.Fail(CommandStatus.InvCmdId, "command_id");
        }
        pdu.WriteTo(ref writer);
        fault = writer.Fault;
        var length = PduHeader.Size + writer.Written;
        var status = pdu is IResponse response ? response.Status : CommandStatus.Ok;
        new PduHeader((uint)length, pdu.CommandId, status, sequence).Write(destination);
        return length;
    }

    static IPdu? Read(in PduHeader header, ref PduReader reader) =>
        header.CommandId switch
        {
            CommandId.SubmitSm => SubmitSm.ReadFrom(ref reader),
            CommandId.SubmitSmResp => SubmitSmResp.ReadFrom(ref reader, header.Status),
            CommandId.DeliverSm => DeliverSm.ReadFrom(ref reader),
            CommandId.DeliverSmResp => DeliverSmResp.ReadFrom(ref reader, header.Status),
            CommandId.EnquireLink => EnquireLink.Instance,
            CommandId.EnquireLinkResp => header.Status == 0 ? EnquireLinkResp.Ok : EnquireLinkResp.Rejected(header.Status),
            CommandId.DataSm => DataSm.ReadFrom(ref reader),
            CommandId.DataSmResp => DataSmResp.ReadFrom(ref reader, header.Status),
            CommandId.SubmitMulti => SubmitMulti.ReadFrom(ref reader),
            CommandId.SubmitMultiResp => SubmitMultiResp.ReadFrom(ref reader, header.Status),
            CommandId.QuerySm => QuerySm.ReadFrom(ref reader),
            CommandId.QuerySmResp => QuerySmResp.ReadFrom(ref reader, header.Status),
            CommandId.CancelSm => CancelSm.ReadFrom(ref reader),
            CommandId.CancelSmResp => CancelSmResp.Rejected(header.Status),
            CommandId.ReplaceSm => ReplaceSm.ReadFrom(ref reader),
            CommandId.ReplaceSmResp => ReplaceSmResp.Rejected(header.Status),
            CommandId.BroadcastSm => BroadcastSm.ReadFrom(ref reader),
            CommandId.BroadcastSmResp => BroadcastSmResp.ReadFrom(ref reader, header.Status),
            CommandId.QueryBroadcastSm => QueryBroadcastSm.ReadFrom(ref reader),
            CommandId.QueryBroadcastSmResp => QueryBroadcastSmResp.ReadFrom(ref reader, header.Status),
            CommandId.CancelBroadcastSm => CancelBroadcastSm.ReadFrom(ref reader),
            CommandId.CancelBroadcastSmResp => CancelBroadcastSmResp.Rejected(header.Status),
            CommandId.BindReceiver => Bind.ReadFrom(ref reader, BindMode.Receiver),
            CommandId.BindTransmitter => Bind.ReadFrom(ref reader, BindMode.Transmitter),
            CommandId.BindTransceiver => Bind.ReadFrom(ref reader, BindMode.Transceiver),
            CommandId.BindReceiverResp => BindResp.ReadFrom(ref reader, header.Status, BindMode.Receiver),
            CommandId.BindTransmitterResp => BindResp.ReadFrom(ref reader, header.Status, BindMode.Transmitter),
            CommandId.BindTransceiverResp => BindResp.ReadFrom(ref reader, header.Status, BindMode.Transceiver),
            CommandId.Unbind => Unbind.Instance,
            CommandId.UnbindResp => UnbindResp.Rejected(header.Status),
            CommandId.Outbind => Outbind.ReadFrom(ref reader),
            CommandId.AlertNotification => AlertNotification.ReadFrom(ref reader),
            CommandId.GenericNack => GenericNack.Rejected(header.Status),
            _ => null,
        };
}
