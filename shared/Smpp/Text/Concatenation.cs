using Smpp.Tlvs;

namespace Smpp.Text;

/// <summary>Which part of which message.</summary>
/// <param name="Reference">The message's reference, 8 or 16 bits.</param>
/// <param name="Total">How many parts it has.</param>
/// <param name="Sequence">Which one this is, from 1.</param>
public readonly record struct Concatenation(ushort Reference, byte Total, byte Sequence)
{
    /// <summary>Whether such a part can be: there is one at least, and it is one of them.</summary>
    public bool IsLegal => Sequence > 0 && Sequence <= Total;

    /// <summary>
    /// The part that sar_msg_ref_num, sar_total_segments and sar_segment_seqnum name (SMPP 5.0 sections 4.8.4.48, 4.8.4.50 and 4.8.4.49). Null when one of the
    /// three is missing, or when they name no part: the specification has them ignored then.
    /// </summary>
    public static Concatenation? FromSar(in TlvList tlvs) =>
        tlvs is { SarMsgRefNum: { } reference, SarTotalSegments: { } total, SarSegmentSeqnum: { } sequence }
        && new Concatenation(reference, total, sequence) is { IsLegal: true } part
            ? part
            : null;
}
