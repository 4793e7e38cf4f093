namespace Smpp;

/// <summary>
/// What a peer of some interface_version (SMPP 5.0 section 4.7.13) may be sent: sections 2.9 and 2.10, backward and forward compatibility.
/// The codec keeps to it when it is told the version (<see cref="Wire.PduCodec.TryWrite(System.Buffers.IBufferWriter{byte},
/// Pdus.IPdu, uint, byte, out Wire.PduFault)"/>), which a session does from the bind on.
/// </summary>
public static class SmppVersions
{
    /// <summary>3.3. Every lower value, 0x00 too, stands for 3.3 or earlier.</summary>
    public const byte V33 = 0x33;

    /// <summary>3.4.</summary>
    public const byte V34 = 0x34;

    /// <summary>5.0.</summary>
    public const byte V50 = 0x50;

    /// <summary>Whether a peer may be sent TLVs, sc_interface_version included: they came with 3.4.</summary>
    public static bool AllowsTlvs(byte interfaceVersion) => interfaceVersion >= V34;

    /// <summary>
    /// Whether a peer may be sent a PDU of this kind. Only requests are younger than a peer: a response answers what the peer itself sent,
    /// whatever version it named (binding as transceiver in the name of 3.3 is common).
    /// </summary>
    public static bool Allows(byte interfaceVersion, CommandId command) => command.IsResponse() || interfaceVersion >= Since(command);

    /// <summary>The greatest length of a message_id in characters: 8 (of hexadecimal digits) up to 3.3, 64 from 3.4 on.</summary>
    public static int MaxMessageIdLength(byte interfaceVersion) => interfaceVersion >= V34 ? 64 : 8;

    /// <summary>The greatest length of short_message in octets: 254 up to 3.4, 255 in 5.0.</summary>
    public static int MaxShortMessageLength(byte interfaceVersion) => interfaceVersion >= V50 ? 255 : 254;

    // A bind is sent before a version is agreed, so bind_transceiver is nobody's to refuse here.
    static byte Since(CommandId request) =>
        request switch
        {
            CommandId.DataSm or CommandId.AlertNotification => V34,
            CommandId.BroadcastSm or CommandId.QueryBroadcastSm or CommandId.CancelBroadcastSm => V50,
            _ => 0,
        };
}
