using System.Buffers.Binary;
using System.Text;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.Wire;

/// <summary>
/// Reads fields in order. The error is sticky: the first failure is remembered with its field, later reads return defaults, and the
/// codec asks once at the end, so that a PDU's reading code is one straight line per field.
/// </summary>
internal ref struct PduReader(ReadOnlySpan<byte> body, int maxTlvs)
{
    readonly ReadOnlySpan<byte> body = body;
    int position;
    PduFault fault;

    public readonly PduFault Fault => fault;

    /// <summary>False after a failure, too.</summary>
    public readonly bool HasMore => position < body.Length;

    readonly int Remaining => body.Length - position;

    public void Fail(CommandStatus status, string field)
    {
        if (!fault.IsFault)
        {
            fault = new PduFault(status, field);
        }
        position = body.Length;
    }

    public byte Byte(string field, CommandStatus onFault = CommandStatus.InvCmdLen)
    {
        if (Remaining < 1)
        {
            Fail(onFault, field);
            return 0;
        }
        return body[position++];
    }

    public uint UInt32(string field, CommandStatus onFault = CommandStatus.InvCmdLen)
    {
        if (Remaining < sizeof(uint))
        {
            Fail(onFault, field);
            return 0;
        }
        var value = BinaryPrimitives.ReadUInt32BigEndian(body[position..]);
        position += sizeof(uint);
        return value;
    }

    /// <summary>A C-octet string of at most <paramref name="max"/> octets, its NUL included (section 3.1.1). Latin-1, so that every byte round-trips.</summary>
    public string CString(string field, int max, CommandStatus onFault)
    {
        var window = body.Slice(position, Math.Min(Remaining, max));
        var end = window.IndexOf((byte)0);
        if (end < 0)
        {
            Fail(onFault, field);
            return "";
        }
        position += end + 1;
        return end == 0 ? "" : Encoding.Latin1.GetString(window[..end]);
    }

    /// <summary>A time in the format of section 4.7.23: one octet or seventeen.</summary>
    public string Time(string field, CommandStatus onFault)
    {
        var value = CString(field, FieldSize.Time, onFault);
        if (value.Length is not (0 or FieldSize.Time - 1))
        {
            Fail(onFault, field);
        }
        return value;
    }

    public Address Address(int max, CommandStatus onFault)
    {
        var ton = Byte("addr_ton", onFault);
        var npi = Byte("addr_npi", onFault);
        return new Address(ton, npi, CString("addr", max, onFault));
    }

    /// <summary>
    /// sm_length, short_message and the TLVs behind it, copied out as ONE array: the three are neighbours on the wire, and a second
    /// allocation per message would be the codec's largest cost.
    /// </summary>
    public ReadOnlyMemory<byte> ShortMessageAndTlvs(out TlvList tlvs)
    {
        tlvs = default;
        var length = Byte("sm_length", CommandStatus.InvMsgLen);
        if (fault.IsFault)
        {
            return default;
        }
        if (length > Remaining)
        {
            Fail(CommandStatus.InvMsgLen, "short_message");
            return default;
        }
        if (Remaining == 0)
        {
            return default;
        }
        var tail = body[position..].ToArray();
        position = body.Length;
        if (!TlvList.TryParse(tail.AsMemory(length), maxTlvs, out tlvs))
        {
            Fail(CommandStatus.InvTlvStream, "tlv");
        }
        return tail.AsMemory(0, length);
    }

    /// <summary>Whatever is left of the body, as TLVs.</summary>
    public TlvList Tlvs()
    {
        if (Remaining == 0)
        {
            return default;
        }
        if (!TlvList.TryParse(body[position..].ToArray(), maxTlvs, out var tlvs))
        {
            Fail(CommandStatus.InvTlvStream, "tlv");
        }
        position = body.Length;
        return tlvs;
    }
}
