using Smpp.Tlvs;
using Xunit;

namespace Smpp.Tests.Spec;

public class TlvsAgainstTableTests
{
    public static TheoryData<ushort> Tags => new(TlvTables.All.Select(row => row.Tag));

    [Fact]
    public void The_codec_knows_the_tlvs_of_the_table_and_no_others()
    {
        var expected = TlvTables.All.OrderBy(row => row.Tag).Select(row => $"{row.Tag:X4} {row.Name} {row.Kind} {row.Min}-{row.Max}");
        var actual = KnownTlvs.All.Select(format => $"{(ushort)format.Tag:X4} {format.Name} {format.Kind} {format.Min}-{format.Max}");
        Assert.Equal(expected, actual);
        Assert.Equal(64, TlvTables.All.Count);
        Assert.Equal(
            TlvTables.All.Select(row => row.Name.Replace("_", "", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase),
            Enum.GetNames<TlvTag>().Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase
        );
    }

    [Theory]
    [MemberData(nameof(Tags))]
    public void A_value_is_legal_exactly_within_the_lengths_of_the_table(ushort tag)
    {
        var row = TlvTables.All.Single(row => row.Tag == tag);
        foreach (var length in (int[])[row.Min - 1, row.Min, row.Max, row.Max + 1])
        {
            if (length is < 0 or > ushort.MaxValue)
            {
                continue; // no such TLV can be written
            }
            var tlvs = TlvList.Empty.With((TlvTag)tag, new byte[length]);
            var expected = length >= row.Min && length <= row.Max ? CommandStatus.Ok : CommandStatus.InvTlvLen;
            Assert.Equal(expected, KnownTlvs.Validate(tlvs));
        }
    }

    [Theory]
    [MemberData(nameof(Tags))]
    public void A_tlv_of_a_wrong_length_reads_as_absent_and_keeps_its_octets(ushort tag)
    {
        var row = TlvTables.All.Single(row => row.Tag == tag);
        var wrong = row.Max < ushort.MaxValue ? new byte[row.Max + 1] : [];
        var tlvs = TlvList.Empty.With((TlvTag)tag, wrong);

        Assert.Equal(4 + wrong.Length, tlvs.Encoded.Length);
        switch (row.Kind)
        {
            case TlvKind.CString:
                Assert.Null(tlvs.GetString((TlvTag)tag));
                break;
            case TlvKind.Integer when row.Max == 1:
                Assert.Null(tlvs.GetByte((TlvTag)tag));
                break;
            case TlvKind.Integer when row.Max == 2:
                Assert.Null(tlvs.GetUInt16((TlvTag)tag));
                break;
            case TlvKind.Integer:
                Assert.Null(tlvs.GetUInt32((TlvTag)tag));
                break;
            default:
                Assert.True(tlvs.TryGet((TlvTag)tag, out var octets));
                Assert.Equal(wrong, octets.ToArray());
                break;
        }
    }

    [Fact]
    public void A_broadcast_needs_its_area_content_type_repetitions_and_interval()
    {
        TlvTag[] mandatory =
        [
            TlvTag.BroadcastAreaIdentifier,
            TlvTag.BroadcastContentType,
            TlvTag.BroadcastRepNum,
            TlvTag.BroadcastFrequencyInterval,
        ];
        AssertMandatory(CommandId.BroadcastSm, mandatory);
    }

    [Fact]
    public void The_answer_to_a_query_of_a_broadcast_needs_its_state_area_and_success() =>
        AssertMandatory(CommandId.QueryBroadcastSmResp, [TlvTag.MessageState, TlvTag.BroadcastAreaIdentifier, TlvTag.BroadcastAreaSuccess]);

    [Fact]
    public void No_other_pdu_needs_a_tlv()
    {
        foreach (var command in Enum.GetValues<CommandId>().Except([CommandId.BroadcastSm, CommandId.QueryBroadcastSmResp]))
        {
            Assert.Equal(CommandStatus.Ok, KnownTlvs.Validate(command, TlvList.Empty));
        }
    }

    static void AssertMandatory(CommandId command, TlvTag[] mandatory)
    {
        var all = TlvList.Empty;
        foreach (var tag in mandatory)
        {
            all = all.With(tag, new byte[KnownTlvs.Find(tag)!.Min]);
        }
        Assert.Equal(CommandStatus.Ok, KnownTlvs.Validate(command, all));
        Assert.All(mandatory, tag => Assert.Equal(CommandStatus.MissingTlv, KnownTlvs.Validate(command, all.Without(tag))));
        Assert.Equal(CommandStatus.InvTlvLen, KnownTlvs.Validate(command, all.With(mandatory[0], new byte[1000])));
    }
}
