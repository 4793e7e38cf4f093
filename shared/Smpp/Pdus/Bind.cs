using System.Security.Cryptography;
using System.Text;
using Smpp.Tlvs;
using Smpp.Wire;

namespace Smpp.Pdus;

/// <summary>What a bound ESME may do.</summary>
public enum BindMode
{
    /// <summary>Receive only.</summary>
    Receiver,

    /// <summary>Submit only.</summary>
    Transmitter,

    /// <summary>Both.</summary>
    Transceiver,
}

/// <summary>bind_receiver, bind_transmitter, bind_transceiver: section 4.1.1.</summary>
public sealed record Bind : IRequest<BindResp>
{
    /// <summary>Which of the three.</summary>
    public BindMode Mode { get; init; }

    /// <summary>system_id, at most 15 characters.</summary>
    public string SystemId { get; init; } = "";

    /// <summary>password.</summary>
    public string Password { get; init; } = "";

    /// <summary>system_type, at most 12 characters.</summary>
    public string SystemType { get; init; } = "";

    /// <summary>interface_version: 0x33 (and below), 0x34, 0x50.</summary>
    public byte InterfaceVersion { get; init; } = 0x34;

    /// <summary>addr_ton, addr_npi, address_range.</summary>
    public Address AddressRange { get; init; }

    /// <inheritdoc />
    public CommandId CommandId =>
        Mode switch
        {
            BindMode.Receiver => CommandId.BindReceiver,
            BindMode.Transmitter => CommandId.BindTransmitter,
            _ => CommandId.BindTransceiver,
        };

    /// <summary>Without the password: records end up in logs.</summary>
    public override string ToString() => $"{CommandId} {SystemId}";

    int IPdu.BodyBound => SystemId.Length + Password.Length + SystemType.Length + AddressRange.Bound + 4;

    internal static Bind ReadFrom(ref PduReader reader, BindMode mode) =>
        new()
        {
            Mode = mode,
            SystemId = reader.CString("system_id", FieldSize.SystemId, CommandStatus.InvSysId),
            Password = reader.CString("password", FieldSize.Password, CommandStatus.InvPaswd),
            SystemType = reader.CString("system_type", FieldSize.SystemType, CommandStatus.InvSysTyp),
            InterfaceVersion = reader.Byte("interface_version"),
            AddressRange = reader.Address(FieldSize.AddressRange, CommandStatus.BindFail),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("system_id", SystemId, FieldSize.SystemId, CommandStatus.InvSysId);
        writer.CString("password", Password, FieldSize.Password, CommandStatus.InvPaswd);
        writer.CString("system_type", SystemType, FieldSize.SystemType, CommandStatus.InvSysTyp);
        writer.Byte(InterfaceVersion);
        writer.Address(AddressRange, FieldSize.AddressRange, CommandStatus.BindFail);
    }
}

/// <summary>The answer to a bind: section 4.1.1.2.</summary>
public sealed record BindResp : IResponse
{
    /// <summary>The mode of the bind it answers; the session sets it.</summary>
    public BindMode Mode { get; init; }

    /// <inheritdoc />
    public CommandStatus Status { get; init; }

    /// <summary>system_id of the SMSC.</summary>
    public string SystemId { get; init; } = "";

    /// <summary>sc_interface_version, where the SMSC sends it.</summary>
    public TlvList Tlvs { get; init; }

    /// <inheritdoc />
    public CommandId CommandId =>
        Mode switch
        {
            BindMode.Receiver => CommandId.BindReceiverResp,
            BindMode.Transmitter => CommandId.BindTransmitterResp,
            _ => CommandId.BindTransceiverResp,
        };

    /// <summary>An accepted bind, with the SMSC's name and, for ESMEs of 3.4 and later, its version.</summary>
    public static BindResp Accepted(string systemId, byte? interfaceVersion = null) =>
        new()
        {
            SystemId = systemId,
            Tlvs = interfaceVersion is { } version ? TlvList.Empty.WithByte(TlvTag.ScInterfaceVersion, version) : default,
        };

    /// <summary>A refused bind.</summary>
    public static BindResp Rejected(CommandStatus status) => new() { Status = status };

    int IPdu.BodyBound => SystemId.Length + 1 + Tlvs.Encoded.Length;

    internal static BindResp ReadFrom(ref PduReader reader, CommandStatus status, BindMode mode) =>
        new()
        {
            Mode = mode,
            Status = status,
            SystemId = reader.HasMore ? reader.CString("system_id", FieldSize.SystemId, CommandStatus.InvSysId) : "",
            Tlvs = reader.Tlvs(),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        if (Status != CommandStatus.Ok && SystemId.Length == 0 && Tlvs.IsEmpty)
        {
            return; // an error response has no body (section 4.1.1.2)
        }
        writer.CString("system_id", SystemId, FieldSize.SystemId, CommandStatus.InvSysId);
        writer.Tlvs(Tlvs);
    }
}

/// <summary>outbind: the SMSC asks an ESME to bind, section 4.1.1.7. It has no response.</summary>
public sealed record Outbind : IPdu
{
    /// <summary>system_id of the SMSC.</summary>
    public string SystemId { get; init; } = "";

    /// <summary>password.</summary>
    public string Password { get; init; } = "";

    /// <summary>Whether both are as expected; null takes any. Both are always compared, in constant time: which was wrong is not told by the time.</summary>
    public bool IsFrom(string? systemId, string? password) => Matches(systemId, SystemId) & Matches(password, Password);

    static bool Matches(string? expected, string given) =>
        expected is null || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));

    /// <inheritdoc />
    public CommandId CommandId => CommandId.Outbind;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{CommandId} {SystemId}";

    int IPdu.BodyBound => SystemId.Length + Password.Length + 2;

    internal static Outbind ReadFrom(ref PduReader reader) =>
        new()
        {
            SystemId = reader.CString("system_id", FieldSize.SystemId, CommandStatus.InvSysId),
            Password = reader.CString("password", FieldSize.Password, CommandStatus.InvPaswd),
        };

    void IPdu.WriteTo(ref PduWriter writer)
    {
        writer.CString("system_id", SystemId, FieldSize.SystemId, CommandStatus.InvSysId);
        writer.CString("password", Password, FieldSize.Password, CommandStatus.InvPaswd);
    }
}
