namespace Smpp.Tlvs;

/// <summary>The value of network_error_code, section 4.8.4.42.</summary>
/// <param name="NetworkType">The network's kind; 3 is GSM.</param>
/// <param name="Code">The network's own code.</param>
public readonly record struct NetworkErrorCode(byte NetworkType, ushort Code);

/// <summary>The value of callback_num, section 4.8.4.15.</summary>
/// <param name="DigitMode">0: digits as DTMF, 1: as ASCII.</param>
/// <param name="Ton">Type of number.</param>
/// <param name="Npi">Numbering plan.</param>
/// <param name="Digits">The number, at most 16 characters.</param>
public readonly record struct CallbackNumber(byte DigitMode, byte Ton, byte Npi, string Digits);

/// <summary>The value of its_session_info, section 4.8.4.24: part of an interactive teleservice's dialogue.</summary>
/// <param name="Session">The session's number.</param>
/// <param name="Sequence">The sequence number within it, 0 to 127.</param>
/// <param name="IsLast">Whether the session ends with this message.</param>
public readonly record struct ItsSessionInfo(byte Session, byte Sequence, bool IsLast);

/// <summary>The value of broadcast_content_type, section 4.8.4.8.</summary>
/// <param name="NetworkType">0 generic, 1 GSM, 2 TDMA, 3 CDMA.</param>
/// <param name="ContentType">What the message is about: 0x0000 index, 0x0001 emergency broadcasts, 0x0010 news, 0x0020 weather...</param>
public readonly record struct BroadcastContentType(byte NetworkType, ushort ContentType);

/// <summary>The value of broadcast_frequency_interval, section 4.8.4.11.</summary>
/// <param name="Unit">0x00 as often as possible, 0x08 seconds, 0x09 minutes, 0x0A hours, 0x0B days, 0x0C weeks, 0x0D months, 0x0E years.</param>
/// <param name="Value">How many units lie between two broadcasts.</param>
public readonly record struct BroadcastFrequencyInterval(byte Unit, ushort Value);
