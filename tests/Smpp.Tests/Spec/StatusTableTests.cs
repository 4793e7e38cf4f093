using Smpp.Pdus;
using Smpp.Wire;
using Testing;
using Xunit;
using static Smpp.CommandStatusClass;

namespace Smpp.Tests.Spec;

public class StatusTableTests
{
    // Section 4.7.6, with the class that we give each: temporary is what time or another session may heal.
    static readonly (uint Value, string Name, CommandStatusClass Class)[] table =
    [
        (0x00000000, "ESME_ROK", Ok),
        (0x00000001, "ESME_RINVMSGLEN", Permanent),
        (0x00000002, "ESME_RINVCMDLEN", Permanent),
        (0x00000003, "ESME_RINVCMDID", Permanent),
        (0x00000004, "ESME_RINVBNDSTS", Temporary),
        (0x00000005, "ESME_RALYBND", Temporary),
        (0x00000006, "ESME_RINVPRTFLG", Permanent),
        (0x00000007, "ESME_RINVREGDLVFLG", Permanent),
        (0x00000008, "ESME_RSYSERR", Temporary),
        (0x0000000A, "ESME_RINVSRCADR", Permanent),
        (0x0000000B, "ESME_RINVDSTADR", Permanent),
        (0x0000000C, "ESME_RINVMSGID", Permanent),
        (0x0000000D, "ESME_RBINDFAIL", Temporary),
        (0x0000000E, "ESME_RINVPASWD", Permanent),
        (0x0000000F, "ESME_RINVSYSID", Permanent),
        (0x00000011, "ESME_RCANCELFAIL", Permanent),
        (0x00000013, "ESME_RREPLACEFAIL", Permanent),
        (0x00000014, "ESME_RMSGQFUL", Temporary),
        (0x00000015, "ESME_RINVSERTYP", Permanent),
        (0x00000033, "ESME_RINVNUMDESTS", Permanent),
        (0x00000034, "ESME_RINVDLNAME", Permanent),
        (0x00000040, "ESME_RINVDESTFLAG", Permanent),
        (0x00000042, "ESME_RINVSUBREP", Permanent),
        (0x00000043, "ESME_RINVESMCLASS", Permanent),
        (0x00000044, "ESME_RCNTSUBDL", Permanent),
        (0x00000045, "ESME_RSUBMITFAIL", Permanent),
        (0x00000048, "ESME_RINVSRCTON", Permanent),
        (0x00000049, "ESME_RINVSRCNPI", Permanent),
        (0x00000050, "ESME_RINVDSTTON", Permanent),
        (0x00000051, "ESME_RINVDSTNPI", Permanent),
        (0x00000053, "ESME_RINVSYSTYP", Permanent),
        (0x00000054, "ESME_RINVREPFLAG", Permanent),
        (0x00000055, "ESME_RINVNUMMSGS", Permanent),
        (0x00000058, "ESME_RTHROTTLED", Throttling),
        (0x00000061, "ESME_RINVSCHED", Permanent),
        (0x00000062, "ESME_RINVEXPIRY", Permanent),
        (0x00000063, "ESME_RINVDFTMSGID", Permanent),
        (0x00000064, "ESME_RX_T_APPN", Temporary),
        (0x00000065, "ESME_RX_P_APPN", Permanent),
        (0x00000066, "ESME_RX_R_APPN", Permanent),
        (0x00000067, "ESME_RQUERYFAIL", Permanent),
        (0x000000C0, "ESME_RINVTLVSTREAM", Permanent),
        (0x000000C1, "ESME_RTLVNOTALLWD", Permanent),
        (0x000000C2, "ESME_RINVTLVLEN", Permanent),
        (0x000000C3, "ESME_RMISSINGTLV", Permanent),
        (0x000000C4, "ESME_RINVTLVVAL", Permanent),
        (0x000000FE, "ESME_RDELIVERYFAILURE", Permanent),
        (0x000000FF, "ESME_RUNKNOWNERR", Temporary),
        (0x00000100, "ESME_RSERTYPUNAUTH", Permanent),
        (0x00000101, "ESME_RPROHIBITED", Permanent),
        (0x00000102, "ESME_RSERTYPUNAVAIL", Temporary),
        (0x00000103, "ESME_RSERTYPDENIED", Permanent),
        (0x00000104, "ESME_RINVDCS", Permanent),
        (0x00000105, "ESME_RINVSRCADDRSUBUNIT", Permanent),
        (0x00000106, "ESME_RINVDSTADDRSUBUNIT", Permanent),
        (0x00000107, "ESME_RINVBCASTFREQINT", Permanent),
        (0x00000108, "ESME_RINVBCASTALIAS_NAME", Permanent),
        (0x00000109, "ESME_RINVBCASTAREAFMT", Permanent),
        (0x0000010A, "ESME_RINVNUMBCAST_AREAS", Permanent),
        (0x0000010B, "ESME_RINVBCASTCNTTYPE", Permanent),
        (0x0000010C, "ESME_RINVBCASTMSGCLASS", Permanent),
        (0x0000010D, "ESME_RBCASTFAIL", Permanent),
        (0x0000010E, "ESME_RBCASTQUERYFAIL", Permanent),
        (0x0000010F, "ESME_RBCASTCANCELFAIL", Permanent),
        (0x00000110, "ESME_RINVBCAST_REP", Permanent),
        (0x00000111, "ESME_RINVBCASTSRVGRP", Permanent),
        (0x00000112, "ESME_RINVBCASTCHANIND", Permanent),
    ];

    [Fact]
    public void Every_status_of_5_0_has_its_name_and_no_other_has_one()
    {
        Assert.Equal(
            table.Select(row => $"{row.Value:X8} {NameOf(row.Name)}"),
            Enum.GetValues<CommandStatus>().Select(status => $"{(uint)status:X8} {status.ToString().ToUpperInvariant()}")
        );
    }

    [Fact]
    public void Every_status_of_5_0_has_its_class()
    {
        Assert.All(table, row => Assert.Equal(row.Class, ((CommandStatus)row.Value).Classify()));
    }

    [Fact]
    public void A_status_that_nobody_specified_is_permanent_and_keeps_its_value()
    {
        var header = new PduHeader(16, CommandId.SubmitSmResp, (CommandStatus)0x000004FF, 7);
        Assert.True(PduCodec.TryRead(header, [], 256, out var pdu, out _));
        var response = Assert.IsType<SubmitSmResp>(pdu);
        Assert.Equal((CommandStatus)0x4FF, response.Status);
        Assert.Equal(Permanent, response.Status.Classify());
        Assert.Equal(0x4FF, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(RawPeer.Bytes(response, 7).AsSpan(8)));
    }

    // ESME_RINVMSGLEN is InvMsgLen; the three of an application keep their R, which stands for receiver.
    static string NameOf(string name)
    {
        var bare = name["ESME_".Length..].Replace("_", "", StringComparison.Ordinal);
        return bare.StartsWith("RX", StringComparison.Ordinal) ? bare : bare[1..];
    }
}
