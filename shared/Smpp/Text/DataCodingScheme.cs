namespace Smpp.Text;

/// <summary>A message class, 3GPP TS 23.038 section 4: where the handset keeps it.</summary>
public enum MessageClass : byte
{
    /// <summary>Class 0, flash: shown at once, not stored.</summary>
    Flash = 0,

    /// <summary>Class 1: stored in the handset.</summary>
    Handset = 1,

    /// <summary>Class 2: stored on the SIM.</summary>
    Sim = 2,

    /// <summary>Class 3: stored in the terminal equipment.</summary>
    TerminalEquipment = 3,
}

/// <summary>What waits for the recipient, 3GPP TS 23.038 section 4.</summary>
public enum WaitingKind : byte
{
    /// <summary>Voice mail.</summary>
    VoiceMail = 0,

    /// <summary>A fax.</summary>
    Fax = 1,

    /// <summary>An e-mail.</summary>
    Email = 2,

    /// <summary>Something else.</summary>
    Other = 3,
}

/// <summary>A message waiting indication.</summary>
/// <param name="Kind">What waits.</param>
/// <param name="IsActive">Whether the indication is switched on, else off.</param>
/// <param name="IsStored">Whether the message itself is kept, else the handset may discard it.</param>
public readonly record struct MessageWaiting(WaitingKind Kind, bool IsActive, bool IsStored);

/// <summary>
/// Everything that a data_coding says. 0x00 to 0x0F are the table of SMPP 5.0 section 4.7.7; from 0x10 on SMPP leaves the values to the
/// network, and they are the coding groups of 3GPP TS 23.038 section 4 (so 0x10 and 0xF0 are GSM 7-bit with class 0, 0x18 is UCS-2 with class
/// 0). What is reserved or compressed is octets.
/// </summary>
/// <param name="Value">The data_coding.</param>
public readonly record struct DataCodingScheme(byte Value)
{
    // 00xx and 01xx: bit 5 compressed, bit 4 "bits 1-0 are a class", bits 3-2 the alphabet. 01xx asks for deletion after reading.
    bool IsGeneral => Value is >= 0x10 and < 0x80;

    bool IsClassGroup => Value >= 0xF0;

    /// <summary>The message class; null when none is said.</summary>
    public MessageClass? Class => IsClassGroup || IsGeneral && (Value & 0x10) != 0 ? (MessageClass)(Value & 0x03) : null;

    /// <summary>The message waiting indication of groups 0xC0 to 0xEF; null for the others.</summary>
    public MessageWaiting? Waiting =>
        Value is >= 0xC0 and < 0xF0
            ? new MessageWaiting((WaitingKind)(Value & 0x03), IsActive: (Value & 0x08) != 0, IsStored: Value >= 0xD0)
            : null;

    /// <summary>Whether the text is compressed (TS 23.042, which nobody sends): it is kept as octets.</summary>
    public bool IsCompressed => IsGeneral && (Value & 0x20) != 0;

    /// <summary>Whether the handset may delete it once read: groups 0x40 to 0x7F.</summary>
    public bool IsDeletedAfterReading => Value is >= 0x40 and < 0x80;

    /// <summary>The encoding.</summary>
    /// <param name="defaultAlphabet">What 0 means on this link: GSM 7-bit by the specification, with some operators Latin-1 or ASCII.</param>
    public SmppEncoding Encoding(SmppEncoding defaultAlphabet) =>
        Value switch
        {
            0x00 => defaultAlphabet,
            0x01 => SmppEncoding.Ascii,
            0x03 => SmppEncoding.Latin1,
            0x06 => SmppEncoding.Cyrillic,
            0x07 => SmppEncoding.Hebrew,
            0x08 => SmppEncoding.Ucs2,
            < 0x10 => SmppEncoding.Octets, // 0x02 and 0x04 octets, the Japanese and Korean sets, reserved ones
            < 0x80 when IsCompressed => SmppEncoding.Octets,
            < 0x80 => (Value & 0x0C) switch
            {
                0x00 => SmppEncoding.Gsm7Bit,
                0x08 => SmppEncoding.Ucs2,
                _ => SmppEncoding.Octets,
            },
            < 0xC0 => SmppEncoding.Octets, // reserved
            < 0xE0 => SmppEncoding.Gsm7Bit, // message waiting, discard or store, default alphabet
            < 0xF0 => SmppEncoding.Ucs2, // message waiting, store, UCS-2
            _ => (Value & 0x04) == 0 ? SmppEncoding.Gsm7Bit : SmppEncoding.Octets,
        };

    /// <summary>
    /// The data_coding of an encoding with a message class: 0x10 to 0x13 for GSM 7-bit, 0x14 to 0x17 for octets, 0x18 to 0x1B for UCS-2. Null for the
    /// other encodings, which no coding group of TS 23.038 has.
    /// </summary>
    public static DataCodingScheme? Of(SmppEncoding encoding, MessageClass messageClass)
    {
        int? alphabet =
            encoding == SmppEncoding.Gsm7Bit ? 0x10
            : encoding == SmppEncoding.Octets ? 0x14
            : encoding == SmppEncoding.Ucs2 ? 0x18
            : null;
        return alphabet is { } group ? new DataCodingScheme((byte)(group | (byte)messageClass & 0x03)) : null;
    }

    /// <summary>The value, as the specification writes it.</summary>
    public override string ToString() => $"0x{Value:X2}";
}
