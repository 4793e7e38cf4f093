using System.Text;
using Persistence.Configuration;
using Smpp.Tlvs;

namespace Workers;

/// <summary>
/// A connector's rules for TLVs, read once. The content's own TLVs (message_payload and the sar_ ones) are none of theirs: they are made with
/// the parts.
/// </summary>
internal sealed class TlvRewriting
{
    private const string Every = "*";

    private readonly List<Rule> rules;

    /// <summary>Reads the rules; what is no rule (the API refuses those) does nothing.</summary>
    public TlvRewriting(IReadOnlyList<TlvRule> configured) =>
        rules = [.. configured.Select(Rule.Read).Where(rule => rule is not null).Select(rule => rule!)];

    /// <summary>The TLVs as the operator wants them: those of the message in their order, then those that are set.</summary>
    public TlvList Apply(TlvList tlvs)
    {
        var result = TlvList.Empty;
        foreach (var tlv in tlvs)
        {
            switch (IsContent(tlv.Tag) ? null : rules.Find(rule => rule.Tag is null || rule.Tag == tlv.Tag))
            {
                case { Action: TlvAction.Drop or TlvAction.Set }:
                    break;
                case { Action: TlvAction.Rename } renamed:
                    result = result.Add(renamed.To, tlv.Value.Span);
                    break;
                default:
                    result = result.Add(tlv.Tag, tlv.Value.Span);
                    break;
            }
        }

        foreach (var rule in rules)
        {
            if (rule is { Tag: { } tag } && (rule.Action == TlvAction.Set || rule.Action == TlvAction.Default && !result.Contains(tag)))
            {
                result = result.With(tag, rule.Value);
            }
        }

        return result;
    }

    private static bool IsContent(TlvTag tag) =>
        tag is TlvTag.MessagePayload or TlvTag.SarMsgRefNum or TlvTag.SarTotalSegments or TlvTag.SarSegmentSeqnum;

    /// <param name="Tag">The tag; null is every one.</param>
    /// <param name="Action">What becomes of it.</param>
    /// <param name="To">The tag of a rename.</param>
    /// <param name="Value">The value of set and default.</param>
    private sealed record Rule(TlvTag? Tag, TlvAction Action, TlvTag To, byte[] Value)
    {
        public static Rule? Read(TlvRule rule)
        {
            TlvTag? tag = null;
            if (rule.Tag != Every)
            {
                if (!KnownTlvs.TryParseTag(rule.Tag, out var parsed) || IsContent(parsed))
                {
                    return null;
                }

                tag = parsed;
            }

            var to = default(TlvTag);
            return rule.Action == TlvAction.Rename && (!KnownTlvs.TryParseTag(rule.To ?? "", out to) || IsContent(to))
                ? null
                : new Rule(tag, rule.Action, to, tag is { } its ? Octets(rule, its) : []);
        }

        private static byte[] Octets(TlvRule rule, TlvTag tag) =>
            rule.Hex is { } hex ? Convert.FromHexString(hex)
            : KnownTlvs.Find(tag)?.Kind == TlvKind.CString ? [.. Encoding.Latin1.GetBytes(rule.Text ?? ""), 0]
            : Encoding.Latin1.GetBytes(rule.Text ?? "");
    }
}
