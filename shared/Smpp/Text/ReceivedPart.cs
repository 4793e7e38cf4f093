using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.Text;

/// <summary>
/// The content of a PDU taken apart: its user data header, which part of which message it is, and the rest. A header that does not parse is a
/// value (<see cref="Fault"/>), the whole content then being the body.
/// </summary>
public sealed class ReceivedPart
{
    const byte UserDataHeaderIndicator = 0x40;

    ReceivedPart(byte dataCoding, ReadOnlyMemory<byte> body) => (DataCoding, Body) = (dataCoding, body);

    /// <summary>data_coding.</summary>
    public byte DataCoding { get; }

    /// <summary>The content without its header.</summary>
    public ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>The user data header; null when there is none, or none that parses.</summary>
    public UserDataHeader? Header { get; private init; }

    /// <summary>Why a header that esm_class announces did not parse.</summary>
    public UserDataHeaderFault Fault { get; private init; }

    /// <summary>Which part it is: by the header, else by the sar_ TLVs. Null for a message of its own.</summary>
    public Concatenation? Concatenation { get; private init; }

    /// <summary>Of a submit_sm.</summary>
    public static ReceivedPart Of(SubmitSm pdu) => Of(pdu.EsmClass, pdu.DataCoding, pdu.Content, pdu.Tlvs);

    /// <summary>Of a deliver_sm.</summary>
    public static ReceivedPart Of(DeliverSm pdu) => Of(pdu.EsmClass, pdu.DataCoding, pdu.Content, pdu.Tlvs);

    /// <summary>Of the fields of any PDU with content.</summary>
    /// <param name="esmClass">esm_class: bit 6 announces a header.</param>
    /// <param name="dataCoding">data_coding.</param>
    /// <param name="content">short_message or message_payload.</param>
    /// <param name="tlvs">The TLVs.</param>
    public static ReceivedPart Of(byte esmClass, byte dataCoding, ReadOnlyMemory<byte> content, in TlvList tlvs)
    {
        var sar = Smpp.Text.Concatenation.FromSar(tlvs);
        if ((esmClass & UserDataHeaderIndicator) == 0)
        {
            return new ReceivedPart(dataCoding, content) { Concatenation = sar };
        }
        return UserDataHeader.TryParse(content, out var header, out var fault)
            ? new ReceivedPart(dataCoding, content[header!.Length..]) { Header = header, Concatenation = header.Concatenation ?? sar }
            : new ReceivedPart(dataCoding, content) { Fault = fault, Concatenation = sar };
    }

    /// <summary>The text of the body, with the national tables that the header chooses.</summary>
    /// <param name="defaultAlphabet">What data_coding 0 means on this link.</param>
    public string Text(SmppEncoding defaultAlphabet) => Decode(Body.Span, defaultAlphabet);

    internal bool IsEncodedAs(ReceivedPart other) => DataCoding == other.DataCoding && Header?.Alphabet == other.Header?.Alphabet;

    internal string Decode(ReadOnlySpan<byte> octets, SmppEncoding defaultAlphabet)
    {
        var encoding = SmppEncoding.FromDataCoding(DataCoding, defaultAlphabet);
        return encoding == SmppEncoding.Gsm7Bit && Header is not null ? Header.Alphabet.Decode(octets) : encoding.Decode(octets);
    }
}
