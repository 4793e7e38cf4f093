using AdminApi.Http;
using Persistence.Configuration;
using Smpp.Tlvs;

namespace AdminApi.Resources;

/// <summary>Checks what a connector turns messages into.</summary>
internal static class ConnectorRewrites
{
    private const int MaxRules = 100;
    private const int MaxAddress = 20;

    /// <summary>The highest priority_flag (SMPP 5.0 section 4.7.14).</summary>
    private const int MaxPriority = 4;

    /// <summary>registered_delivery bits 2-4 (SMPP 5.0 section 4.7.21).</summary>
    private const int AskedOfTheNetwork = 0x1C;

    public static void Check(Rewrites rewrites, FieldErrors errors)
    {
        CheckAddresses("rewrites.source", rewrites.Source, errors);
        CheckAddresses("rewrites.destination", rewrites.Destination, errors);
        CheckCount("rewrites.tlvs", rewrites.Tlvs.Count, errors);
        for (var i = 0; i < rewrites.Tlvs.Count; i++)
        {
            CheckTlv($"rewrites.tlvs[{i}]", rewrites.Tlvs[i], errors);
        }

        if ((rewrites.RegisteredDeliveryMask & ~AskedOfTheNetwork) != 0)
        {
            errors.Add("rewrites.registeredDeliveryMask", "must be a sum of some of 4, 8 and 16: the bits 2-4 of registered_delivery");
        }

        foreach (var (theirs, ours) in rewrites.Priorities)
        {
            if (theirs is not [>= '0' and <= '4'] || ours is < 0 or > MaxPriority)
            {
                errors.Add($"rewrites.priorities.{theirs}", "must map a priority_flag, 0-4, to one");
            }
        }
    }

    private static void CheckAddresses(string field, IReadOnlyList<AddressRule> rules, FieldErrors errors)
    {
        CheckCount(field, rules.Count, errors);
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            errors.SmppString($"{field}[{i}].prefix", rule.Prefix, 0, MaxAddress);
            errors.SmppString($"{field}[{i}].replacement", rule.Replacement, 0, MaxAddress);
            errors.SmppString($"{field}[{i}].value", rule.Value, 1, MaxAddress);
            if (rule.Value is not null && rule.Replacement.Length > 0)
            {
                errors.Add($"{field}[{i}].value", "excludes replacement: it stands for the whole address");
            }

            errors.Range($"{field}[{i}].ton", rule.Ton, 0, byte.MaxValue);
            errors.Range($"{field}[{i}].npi", rule.Npi, 0, byte.MaxValue);
        }
    }

    private static void CheckTlv(string field, TlvRule rule, FieldErrors errors)
    {
        var isEvery = rule.Tag == "*";
        var tag = default(TlvTag);
        if (isEvery ? rule.Action is not (TlvAction.Pass or TlvAction.Drop) : !IsTag(rule.Tag, out tag))
        {
            errors.Add(
                $"{field}.tag",
                isEvery
                    ? "stands for every tag with pass and drop only"
                    : "must be a name of the specification or a number, and none of message_payload, sar_msg_ref_num, sar_total_segments and sar_segment_seqnum, which come with the parts"
            );
        }

        var isRename = rule.Action == TlvAction.Rename;
        if (isRename ? !IsTag(rule.To ?? "", out _) : rule.To is not null)
        {
            errors.Add($"{field}.to", isRename ? "must be the new tag, as tag is written" : "is for rename only");
        }

        CheckValue(field, rule, tag, errors);
    }

    private static void CheckValue(string field, TlvRule rule, TlvTag tag, FieldErrors errors)
    {
        if (rule.Action is not (TlvAction.Set or TlvAction.Default))
        {
            if (rule.Text is not null || rule.Hex is not null)
            {
                errors.Add($"{field}.{(rule.Text is null ? "hex" : "text")}", "is for set and default only");
            }

            return;
        }

        if (rule.Text is null == rule.Hex is null)
        {
            errors.Add($"{field}.{(rule.Hex is null ? "text" : "hex")}", "give the value as one of text and hex");
            return;
        }

        if (rule.Text is { } text)
        {
            errors.SmppString($"{field}.text", text, 0, byte.MaxValue);
            CheckLength($"{field}.text", tag, text.Length + (KnownTlvs.Find(tag)?.Kind == TlvKind.CString ? 1 : 0), errors);
        }
        else if (rule.Hex!.Length % 2 != 0 || rule.Hex.Length > 2 * byte.MaxValue || !rule.Hex.All(char.IsAsciiHexDigit))
        {
            errors.Add($"{field}.hex", "must be 0-255 octets of two hexadecimal digits each");
        }
        else
        {
            CheckLength($"{field}.hex", tag, rule.Hex.Length / 2, errors);
        }
    }

    private static void CheckLength(string field, TlvTag tag, int length, FieldErrors errors)
    {
        if (KnownTlvs.Find(tag) is { } format && (length < format.Min || length > format.Max))
        {
            errors.Add(field, $"makes {length} octets; {format.Name} has {format.Min}-{format.Max}");
        }
    }

    private static void CheckCount(string field, int count, FieldErrors errors)
    {
        if (count > MaxRules)
        {
            errors.Add(field, $"must have {MaxRules} rules at most");
        }
    }

    private static bool IsTag(string text, out TlvTag tag) =>
        KnownTlvs.TryParseTag(text, out tag)
        && tag is not (TlvTag.MessagePayload or TlvTag.SarMsgRefNum or TlvTag.SarTotalSegments or TlvTag.SarSegmentSeqnum);
}
