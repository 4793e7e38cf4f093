using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Contracts;
using Persistence.Configuration;
using Persistence.Snapshot;
using Smpp;

namespace SmppGateway;

/// <summary>A message's id as a customer writes it.</summary>
/// <param name="Text">The id in the spelling it was given out in.</param>
/// <param name="Id">The platform's id; null when the text does not tell it (short ids).</param>
internal readonly record struct WireId(string Text, MessageId? Id);

/// <summary>
/// The ids of messages towards ESMEs: <c>hex</c>, <c>uuid</c> and <c>decimal</c> are spellings of the platform's id, <c>short</c> is a number
/// of <see cref="ShortIds"/>. A v3.3 bind gets short ids whatever its user's format: its message_id has 8 characters.
/// </summary>
internal sealed class ClientIds(SnapshotSource configuration, ShortIds shortIds)
{
    private const int ShortLength = 8;

    /// <summary>Names a message for the ESME.</summary>
    /// <param name="esme">Who submits it.</param>
    /// <param name="id">The message.</param>
    /// <param name="clientId">The name; null when it is the plain hexadecimal form.</param>
    /// <returns>False when there is no short id to be had: the database has been away for long.</returns>
    public bool TryName(EsmeSession esme, MessageId id, out string? clientId)
    {
        clientId = null;
        switch (Format(esme))
        {
            case MessageIdFormat.Uuid:
                clientId = id.Value.ToString("D");
                return true;
            case MessageIdFormat.Decimal:
                clientId = Number(id).ToString(CultureInfo.InvariantCulture);
                return true;
            case MessageIdFormat.Short:
                return shortIds.TryNext(out clientId);
            default:
                return true;
        }
    }

    /// <summary>Reads an id in any of the forms. No two forms have strings in common: each has its own length, a decimal one 36 to 39 digits.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out WireId? wire)
    {
        wire = null;
        var lower = text.ToLowerInvariant();
        if (lower.Length == ShortLength)
        {
            wire = ShortIds.IsOne(lower) ? new WireId(lower, null) : null;
        }
        else if (MessageId.TryParse(lower, out var id))
        {
            wire = new WireId(lower, id);
        }
        else if (Guid.TryParseExact(lower, "D", out var guid))
        {
            wire = new WireId(lower, new MessageId(guid));
        }
        else if (
            lower.Length is >= 36 and <= 39
            && UInt128.TryParse(lower, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        )
        {
            wire = new WireId(lower, new MessageId(Guid.ParseExact(number.ToString("x32", CultureInfo.InvariantCulture), "N")));
        }

        return wire is not null;
    }

    private MessageIdFormat Format(EsmeSession esme)
    {
        if (SmppVersions.MaxMessageIdLength(esme.Version) <= ShortLength)
        {
            return MessageIdFormat.Short;
        }

        return configuration.Current.SmppUsers.GetValueOrDefault(esme.SystemId)?.MessageIdFormat ?? MessageIdFormat.Hex;
    }

    private static UInt128 Number(MessageId id) => UInt128.Parse(id.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
