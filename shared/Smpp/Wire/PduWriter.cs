using System.Buffers.Binary;
using System.Diagnostics;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.Wire;

/// <summary>
/// Writes fields in order into one span that is known to be large enough (<see cref="IPdu.BodyBound"/>). Sticky like
/// <see cref="PduReader"/>: a field that does not fit the specification is remembered and the PDU is not sent.
/// </summary>
internal ref struct PduWriter(Span<byte> destination, byte interfaceVersion)
{
    readonly Span<byte> destination = destination;
    int position;
    PduFault fault;

    public readonly PduFault Fault => fault;

    public readonly int Written => position;

    public void Fail(CommandStatus status, string field)
    {
        if (!fault.IsFault)
        {
            fault = new PduFault(status, field);
        }
    }

    public void Byte(byte value) => destination[position++] = value;

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[position..], value);
        position += sizeof(uint);
    }

    public void CString(string field, string value, int max, CommandStatus onFault)
    {
        if (value.Length >= max)
        {
            Fail(onFault, field);
            return;
        }
        var target = destination.Slice(position, value.Length + 1);
        for (var i = 0; i < value.Length; i++)
        {
            // NUL would end the field early and shift every field behind it; beyond Latin-1 there is no octet.
            if (value[i] is '\0' or > '\u00FF')
            {
                Fail(onFault, field);
                return;
            }
            target[i] = (byte)value[i];
        }
        target[value.Length] = 0;
        position += target.Length;
    }

    public void Address(in Address value, int max, CommandStatus onFault)
    {
        Byte(value.Ton);
        Byte(value.Npi);
        CString("addr", value.Digits, max, onFault);
    }

    public void Octets(ReadOnlySpan<byte> value)
    {
        value.CopyTo(destination[position..]);
        position += value.Length;
    }

    public void ShortMessage(ReadOnlyMemory<byte> value)
    {
        if (value.Length > SmppVersions.MaxShortMessageLength(interfaceVersion))
        {
            Fail(CommandStatus.InvMsgLen, "short_message");
            return;
        }
        Byte((byte)value.Length);
        Octets(value.Span);
    }

    /// <summary>The TLVs, to peers that know them: to others what they say is left out, and the rest of the PDU still holds.</summary>
    public void Tlvs(in TlvList tlvs)
    {
        if (!SmppVersions.AllowsTlvs(interfaceVersion))
        {
            return;
        }
        Debug.Assert(position + tlvs.Encoded.Length <= destination.Length, "BodyBound is too small");
        Octets(tlvs.Encoded.Span);
    }
}
