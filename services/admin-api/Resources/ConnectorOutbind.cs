using System.ComponentModel;
using System.Text.Json.Serialization;
using AdminApi.Http;
using Persistence.Configuration;
using Persistence.Snapshot;

namespace AdminApi.Resources;

/// <summary>How the SMSC of a connector calls the workers (outbind, SMPP 5.0 section 4.1.1.7).</summary>
internal sealed record ConnectorOutbind
{
    [Description("TCP port on which the workers that hold slots of the connector listen: 1-65535.")]
    public required int Port { get; init; }

    [Description("system_id that the SMSC must send: 1-15 printable ASCII characters; null takes any.")]
    public string? SystemId { get; init; }

    [Description("password that the SMSC must send; neither this nor secretRef takes any. Write-only: left out in an update, it is kept.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    [Description("Where that password is kept instead of here: " + SecretReference.Form + ".")]
    public string? SecretRef { get; init; }

    public static ConnectorOutbind? From(Connector connector) =>
        connector.OutbindPort is { } port
            ? new()
            {
                Port = port,
                SystemId = connector.OutbindSystemId,
                SecretRef = connector.OutbindSecretRef,
            }
            : null;

    public void Check(string host, BindType bindType, FieldErrors errors)
    {
        if (new AllowedNetworks([host]).Unreadable.Count > 0)
        {
            errors.Add(
                "host",
                "must be, with outbind, the address or network the SMSC calls from, as 192.0.2.7 or 192.0.2.0/24: names are not asked for"
            );
        }

        if (bindType is not (BindType.Transceiver or BindType.Receiver))
        {
            errors.Add(
                "bindType",
                "must be transceiver or receiver with outbind: an SMSC calls to be received from (SMPP 5.0 section 2.2.2)"
            );
        }

        errors.Range("outbind.port", Port, 1, 65535);
        errors.SmppString("outbind.systemId", SystemId, 1, 15);
        ConnectorDocument.CheckPassword("outbind.", Password, SecretRef, errors);
    }

    /// <summary>Without one the connector is called again, and its outbind password is gone.</summary>
    public static void Write(ConnectorOutbind? outbind, Connector connector, PasswordSeal seal)
    {
        connector.OutbindPort = outbind?.Port;
        connector.OutbindSystemId = outbind?.SystemId;
        connector.OutbindSecretRef = outbind?.SecretRef;
        connector.OutbindPassword =
            outbind is null or { SecretRef: not null } ? null
            : outbind.Password is { } password ? seal.Seal(connector.OutbindSealName, password)
            : connector.OutbindPassword;
    }
}
