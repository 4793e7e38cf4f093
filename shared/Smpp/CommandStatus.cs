namespace Smpp;

/// <summary>The command_status of a response: SMPP 5.0 section 4.7.6, names without the ESME_R prefix. Any other value may arrive too and is kept.</summary>
public enum CommandStatus : uint
{
    /// <summary>No error.</summary>
    Ok = 0x00000000,

    /// <summary>Message length is invalid.</summary>
    InvMsgLen = 0x00000001,

    /// <summary>Command length is invalid.</summary>
    InvCmdLen = 0x00000002,

    /// <summary>Invalid command id.</summary>
    InvCmdId = 0x00000003,

    /// <summary>Incorrect bind status for the given command.</summary>
    InvBndSts = 0x00000004,

    /// <summary>The ESME is already bound.</summary>
    AlyBnd = 0x00000005,

    /// <summary>Invalid priority flag.</summary>
    InvPrtFlg = 0x00000006,

    /// <summary>Invalid registered delivery flag.</summary>
    InvRegDlvFlg = 0x00000007,

    /// <summary>System error.</summary>
    SysErr = 0x00000008,

    /// <summary>Invalid source address.</summary>
    InvSrcAdr = 0x0000000A,

    /// <summary>Invalid destination address.</summary>
    InvDstAdr = 0x0000000B,

    /// <summary>The message id is invalid.</summary>
    InvMsgId = 0x0000000C,

    /// <summary>Bind failed.</summary>
    BindFail = 0x0000000D,

    /// <summary>Invalid password.</summary>
    InvPaswd = 0x0000000E,

    /// <summary>Invalid system id.</summary>
    InvSysId = 0x0000000F,

    /// <summary>cancel_sm failed.</summary>
    CancelFail = 0x00000011,

    /// <summary>replace_sm failed.</summary>
    ReplaceFail = 0x00000013,

    /// <summary>The message queue is full.</summary>
    MsgQFul = 0x00000014,

    /// <summary>Invalid service type.</summary>
    InvSerTyp = 0x00000015,

    /// <summary>Invalid number of destinations.</summary>
    InvNumDests = 0x00000033,

    /// <summary>Invalid distribution list name.</summary>
    InvDlName = 0x00000034,

    /// <summary>Invalid destination flag (submit_multi).</summary>
    InvDestFlag = 0x00000040,

    /// <summary>Submit with replace is not supported or allowed here.</summary>
    InvSubRep = 0x00000042,

    /// <summary>Invalid esm_class field data.</summary>
    InvEsmClass = 0x00000043,

    /// <summary>Cannot submit to a distribution list.</summary>
    CntSubDl = 0x00000044,

    /// <summary>submit_sm, data_sm or submit_multi failed.</summary>
    SubmitFail = 0x00000045,

    /// <summary>Invalid source address type of number.</summary>
    InvSrcTon = 0x00000048,

    /// <summary>Invalid source address numbering plan.</summary>
    InvSrcNpi = 0x00000049,

    /// <summary>Invalid destination address type of number.</summary>
    InvDstTon = 0x00000050,

    /// <summary>Invalid destination address numbering plan.</summary>
    InvDstNpi = 0x00000051,

    /// <summary>Invalid system type.</summary>
    InvSysTyp = 0x00000053,

    /// <summary>Invalid replace_if_present flag.</summary>
    InvRepFlag = 0x00000054,

    /// <summary>Invalid number of messages.</summary>
    InvNumMsgs = 0x00000055,

    /// <summary>Throttling: the ESME has exceeded the allowed message limits.</summary>
    Throttled = 0x00000058,

    /// <summary>Invalid scheduled delivery time.</summary>
    InvSched = 0x00000061,

    /// <summary>Invalid message validity period (expiry time).</summary>
    InvExpiry = 0x00000062,

    /// <summary>The predefined message is invalid or not found.</summary>
    InvDftMsgId = 0x00000063,

    /// <summary>ESME receiver temporary application error: send it again later.</summary>
    RxTAppn = 0x00000064,

    /// <summary>ESME receiver permanent application error: do not send it again.</summary>
    RxPAppn = 0x00000065,

    /// <summary>ESME receiver reject message error.</summary>
    RxRAppn = 0x00000066,

    /// <summary>query_sm failed.</summary>
    QueryFail = 0x00000067,

    /// <summary>Error in the optional part of the PDU body (the TLV stream).</summary>
    InvTlvStream = 0x000000C0,

    /// <summary>A TLV is not allowed in this PDU.</summary>
    TlvNotAllwd = 0x000000C1,

    /// <summary>Invalid parameter (TLV) length.</summary>
    InvTlvLen = 0x000000C2,

    /// <summary>An expected TLV is missing.</summary>
    MissingTlv = 0x000000C3,

    /// <summary>Invalid TLV value.</summary>
    InvTlvVal = 0x000000C4,

    /// <summary>Transaction delivery failure (data_sm_resp).</summary>
    DeliveryFailure = 0x000000FE,

    /// <summary>Unknown error.</summary>
    UnknownErr = 0x000000FF,

    /// <summary>The ESME is not authorised to use the specified service type.</summary>
    SerTypUnauth = 0x00000100,

    /// <summary>The ESME is prohibited from using the specified operation.</summary>
    Prohibited = 0x00000101,

    /// <summary>The specified service type is unavailable.</summary>
    SerTypUnavail = 0x00000102,

    /// <summary>The specified service type is denied.</summary>
    SerTypDenied = 0x00000103,

    /// <summary>Invalid data coding scheme.</summary>
    InvDcs = 0x00000104,

    /// <summary>The source address subunit is invalid.</summary>
    InvSrcAddrSubunit = 0x00000105,

    /// <summary>The destination address subunit is invalid.</summary>
    InvDstAddrSubunit = 0x00000106,

    /// <summary>The broadcast frequency interval is invalid.</summary>
    InvBcastFreqInt = 0x00000107,

    /// <summary>The broadcast alias name is invalid.</summary>
    InvBcastAliasName = 0x00000108,

    /// <summary>The broadcast area format is invalid.</summary>
    InvBcastAreaFmt = 0x00000109,

    /// <summary>The number of broadcast areas is invalid.</summary>
    InvNumBcastAreas = 0x0000010A,

    /// <summary>The broadcast content type is invalid.</summary>
    InvBcastCntType = 0x0000010B,

    /// <summary>The broadcast message class is invalid.</summary>
    InvBcastMsgClass = 0x0000010C,

    /// <summary>broadcast_sm failed.</summary>
    BcastFail = 0x0000010D,

    /// <summary>query_broadcast_sm failed.</summary>
    BcastQueryFail = 0x0000010E,

    /// <summary>cancel_broadcast_sm failed.</summary>
    BcastCancelFail = 0x0000010F,

    /// <summary>The number of repeated broadcasts is invalid.</summary>
    InvBcastRep = 0x00000110,

    /// <summary>The broadcast service group is invalid.</summary>
    InvBcastSrvGrp = 0x00000111,

    /// <summary>The broadcast channel indicator is invalid.</summary>
    InvBcastChanInd = 0x00000112,
}

/// <summary>What a sender should do about a status.</summary>
public enum CommandStatusClass
{
    /// <summary>Accepted.</summary>
    Ok,

    /// <summary>The same PDU will be refused again.</summary>
    Permanent,

    /// <summary>The same PDU may be accepted later.</summary>
    Temporary,

    /// <summary>The peer asks for a lower rate.</summary>
    Throttling,
}

/// <summary>Sorts statuses into classes.</summary>
public static class CommandStatusClasses
{
    /// <summary>
    /// The class of a status. Statuses nobody specified (vendor range 0x400-0x4FF, reserved ones) count as permanent: retrying what
    /// is not understood multiplies traffic at best.
    /// </summary>
    public static CommandStatusClass Classify(this CommandStatus status) =>
        status switch
        {
            CommandStatus.Ok => CommandStatusClass.Ok,
            CommandStatus.Throttled => CommandStatusClass.Throttling,
            CommandStatus.InvBndSts
            or CommandStatus.AlyBnd
            or CommandStatus.SysErr
            or CommandStatus.BindFail
            or CommandStatus.MsgQFul
            or CommandStatus.RxTAppn
            or CommandStatus.UnknownErr
            or CommandStatus.SerTypUnavail => CommandStatusClass.Temporary,
            _ => CommandStatusClass.Permanent,
        };
}
