using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>
/// PDUs as people read them: the specification's field names with their values; what is empty or 0 is left out. A password is never shown,
/// content only when asked for. Without control characters, and bounded.
/// </summary>
internal static class PduLine
{
    /// <summary>Characters of a line: whole messages of a few parts; longer ones are cut.</summary>
    public const int Longest = 2_000;

    /// <summary>Octets of a TLV that nothing is known of, in hexadecimal digits.</summary>
    private const int LongestOctets = 64;

    private static readonly FrozenDictionary<CommandId, string> Commands = Enum.GetValues<CommandId>()
        .ToFrozenDictionary(id => id, id => JsonNamingPolicy.SnakeCaseLower.ConvertName(id.ToString()));

    /// <summary>The specification's name of a PDU.</summary>
    public static string Command(CommandId id) => Commands.GetValueOrDefault(id) ?? Hex((uint)id);

    /// <summary>The name of a status; its number where it has none.</summary>
    public static string Status(CommandStatus status) => Enum.IsDefined(status) ? status.ToString() : Hex((uint)status);

    /// <summary>The fields of a PDU.</summary>
    public static string Of(IPdu pdu, bool content)
    {
        var line = new Fields(content);
        switch (pdu)
        {
            case Bind bind:
                line.Text("system_id", bind.SystemId);
                line.Text("password", "<hidden>");
                line.Text("system_type", bind.SystemType);
                line.Octet("interface_version", bind.InterfaceVersion);
                line.Address("address_range", bind.AddressRange);
                break;
            case BindResp resp:
                line.Text("system_id", resp.SystemId);
                line.Tlvs(resp.Tlvs);
                break;
            case SubmitSm submit:
                line.Submit(submit);
                break;
            case SubmitMulti multi:
                line.Submit(SubmitHandler.Common(multi));
                foreach (var destination in multi.Destinations)
                {
                    line.Text("dl_name", destination.ListName ?? "");
                    line.Address("dest_addr", destination.Address);
                }

                break;
            case SubmitMultiResp resp:
                line.Text("message_id", resp.MessageId);
                foreach (var destination in resp.Unsuccessful)
                {
                    line.Address("unsuccess_sme", destination.Destination);
                    line.Text("error_status_code", Status(destination.Status));
                }

                break;
            case DeliverSm deliver:
                line.Deliver(deliver);
                break;
            case DataSm data:
                line.Text("service_type", data.ServiceType);
                line.Address("source_addr", data.Source);
                line.Address("destination_addr", data.Destination);
                line.Octet("esm_class", data.EsmClass);
                line.Octet("registered_delivery", data.RegisteredDelivery);
                line.Octet("data_coding", data.DataCoding);
                line.Tlvs(data.Tlvs, data.DataCoding, (data.EsmClass & HasUdh) != 0);
                break;
            case QuerySm query:
                line.Text("message_id", query.MessageId);
                line.Address("source_addr", query.Source);
                break;
            case QuerySmResp resp:
                line.Text("message_id", resp.MessageId);
                line.Text("final_date", resp.FinalDate);
                line.Number("message_state", resp.MessageState);
                line.Number("error_code", resp.ErrorCode);
                break;
            case CancelSm cancel:
                line.Text("service_type", cancel.ServiceType);
                line.Text("message_id", cancel.MessageId);
                line.Address("source_addr", cancel.Source);
                line.Address("destination_addr", cancel.Destination);
                break;
            case ReplaceSm replace:
                line.Text("message_id", replace.MessageId);
                line.Address("source_addr", replace.Source);
                line.Text("schedule_delivery_time", replace.ScheduleDeliveryTime);
                line.Text("validity_period", replace.ValidityPeriod);
                line.Octet("registered_delivery", replace.RegisteredDelivery);
                line.Content("short_message", replace.ShortMessage, 0, false);
                line.Tlvs(replace.Tlvs);
                break;
            case SubmitSmResp resp:
                line.Text("message_id", resp.MessageId);
                line.Tlvs(resp.Tlvs);
                break;
            case DataSmResp resp:
                line.Text("message_id", resp.MessageId);
                line.Tlvs(resp.Tlvs);
                break;
        }

        return line.ToString();
    }

    /// <summary>esm_class: the content begins with a user data header (section 4.7.12).</summary>
    private const byte HasUdh = 0x40;

    /// <summary>esm_class of receipts and of intermediate notifications (section 4.7.12).</summary>
    private const byte ReceiptKinds = 0x24;

    private static string Hex(uint value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:X8}");

    private sealed class Fields(bool content)
    {
        private readonly StringBuilder line = new();

        public void Submit(SubmitSm pdu)
        {
            Text("service_type", pdu.ServiceType);
            Address("source_addr", pdu.Source);
            Address("destination_addr", pdu.Destination);
            Octet("esm_class", pdu.EsmClass);
            Octet("protocol_id", pdu.ProtocolId);
            Number("priority_flag", pdu.PriorityFlag);
            Text("schedule_delivery_time", pdu.ScheduleDeliveryTime);
            Text("validity_period", pdu.ValidityPeriod);
            Octet("registered_delivery", pdu.RegisteredDelivery);
            Number("replace_if_present_flag", pdu.ReplaceIfPresentFlag);
            Octet("data_coding", pdu.DataCoding);
            Number("sm_default_msg_id", pdu.SmDefaultMsgId);
            Content("short_message", pdu.ShortMessage, pdu.DataCoding, pdu.HasUserDataHeader);
            Tlvs(pdu.Tlvs, pdu.DataCoding, pdu.HasUserDataHeader);
        }

        public void Deliver(DeliverSm pdu)
        {
            Text("service_type", pdu.ServiceType);
            Address("source_addr", pdu.Source);
            Address("destination_addr", pdu.Destination);
            Octet("esm_class", pdu.EsmClass);
            Octet("data_coding", pdu.DataCoding);
            if (
                !content
                && (pdu.EsmClass & ReceiptKinds) != 0
                && ReceiptText.TryParse(pdu.ShortMessage.Span, out var receipt)
                && receipt is not null
            )
            {
                // A receipt ends with the beginning of its message; the rest is no content.
                Text("receipt", $"id:{receipt.Id} stat:{receipt.Stat} err:{receipt.Err}");
            }
            else
            {
                Content("short_message", pdu.ShortMessage, pdu.DataCoding, pdu.HasUserDataHeader);
            }

            Tlvs(pdu.Tlvs, pdu.DataCoding, pdu.HasUserDataHeader);
        }

        public void Text(string name, string value)
        {
            if (value.Length > 0)
            {
                Begin(name).Append(value);
            }
        }

        public void Number(string name, uint value)
        {
            if (value > 0)
            {
                Begin(name).Append(value);
            }
        }

        public void Octet(string name, byte value)
        {
            if (value > 0)
            {
                Begin(name).Append(CultureInfo.InvariantCulture, $"0x{value:X2}");
            }
        }

        public void Address(string name, Address address)
        {
            if (address != Smpp.Pdus.Address.None)
            {
                Begin(name).Append(CultureInfo.InvariantCulture, $"{address.Digits}({address.Ton}/{address.Npi})");
            }
        }

        public void Content(string name, ReadOnlyMemory<byte> octets, byte dataCoding, bool hasUdh)
        {
            if (octets.IsEmpty)
            {
                return;
            }

            Begin(name);
            if (!content)
            {
                line.Append(CultureInfo.InvariantCulture, $"<{octets.Length} octets>");
                return;
            }

            var shown = octets.Span[..Math.Min(octets.Length, Longest)];
            var encoding = SmppEncoding.FromDataCoding(dataCoding, SmppEncoding.Gsm7Bit);
            if (hasUdh || encoding == SmppEncoding.Octets)
            {
                line.Append("0x").Append(Convert.ToHexString(shown));
            }
            else
            {
                line.Append('"').Append(encoding.Decode(shown)).Append('"');
            }
        }

        public void Tlvs(TlvList tlvs, byte dataCoding = 0, bool hasUdh = false)
        {
            foreach (var tlv in tlvs)
            {
                if (tlv.Tag == TlvTag.MessagePayload)
                {
                    Content("message_payload", tlv.Value, dataCoding, hasUdh);
                    continue;
                }

                var format = KnownTlvs.Find(tlv.Tag);
                Begin(format?.Name ?? string.Create(CultureInfo.InvariantCulture, $"tlv_0x{(ushort)tlv.Tag:X4}"));
                var value = tlv.Value.Span;
                if (format?.Kind == TlvKind.CString)
                {
                    line.Append(Encoding.Latin1.GetString(value.TrimEnd((byte)0)));
                }
                else
                {
                    line.Append("0x").Append(Convert.ToHexString(value[..Math.Min(value.Length, LongestOctets)]));
                }
            }
        }

        public override string ToString()
        {
            // A row's text takes no NUL and no half of a surrogate pair, and a terminal no control characters.
            var clean = new StringBuilder(Math.Min(line.Length, Longest));
            foreach (var rune in line.ToString().EnumerateRunes())
            {
                if (clean.Length >= Longest)
                {
                    return clean.Append('…').ToString();
                }

                clean.Append(Rune.IsControl(rune) ? "." : rune.ToString());
            }

            return clean.ToString();
        }

        private StringBuilder Begin(string name) => (line.Length > 0 ? line.Append(' ') : line).Append(name).Append('=');
    }
}
