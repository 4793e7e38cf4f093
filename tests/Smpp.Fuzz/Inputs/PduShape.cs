namespace Smpp.Fuzz.Inputs;

/// <summary>What a field is on the wire.</summary>
enum FieldKind
{
    Integer,
    CString,
    Time,
    NumberOfDests,
    DestFlag,
    NoUnsuccess,
    SmLength,
    ShortMessage,
    Tlv,
}

/// <summary>One field of a PDU in the making: the fuzzer changes fields, not only octets, so that what is behind a fault is still read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Limit">Octets of a string with its NUL.</param>
/// <param name="Octets">What it is now.</param>
readonly record struct WireField(FieldKind Kind, int Limit, byte[] Octets);

/// <summary>
/// The order of the fields of every PDU of SMPP 5.0 section 4, to make octets from without the codec under test: 1 and 4 are integers, cN
/// C-octet strings of at most N octets, aN an address (ton, npi, cN), t a time, m sm_length and short_message, D destinations,
/// U unsuccessful destinations, v TLVs.
/// </summary>
static class PduShape
{
    const string Bind = "c16 c9 c13 1 1 1 c41";
    const string Message = " 1 1 1 t t 1 1 1 1 m v";

    static readonly Dictionary<CommandId, string[]> shapes = new Dictionary<CommandId, string>
    {
        [CommandId.BindReceiver] = Bind,
        [CommandId.BindTransmitter] = Bind,
        [CommandId.BindTransceiver] = Bind,
        [CommandId.BindReceiverResp] = "c16 v",
        [CommandId.BindTransmitterResp] = "c16 v",
        [CommandId.BindTransceiverResp] = "c16 v",
        [CommandId.Outbind] = "c16 c9",
        [CommandId.Unbind] = "",
        [CommandId.UnbindResp] = "",
        [CommandId.EnquireLink] = "",
        [CommandId.EnquireLinkResp] = "",
        [CommandId.GenericNack] = "",
        [CommandId.SubmitSm] = "c6 a21 a21" + Message,
        [CommandId.SubmitSmResp] = "c65 v",
        [CommandId.SubmitMulti] = "c6 a21 D" + Message,
        [CommandId.SubmitMultiResp] = "c65 U v",
        [CommandId.DeliverSm] = "c6 a21 a21" + Message,
        [CommandId.DeliverSmResp] = "c65 v",
        [CommandId.DataSm] = "c6 a65 a65 1 1 1 v",
        [CommandId.DataSmResp] = "c65 v",
        [CommandId.QuerySm] = "c65 a21",
        [CommandId.QuerySmResp] = "c65 t 1 1",
        [CommandId.CancelSm] = "c6 c65 a21 a21",
        [CommandId.CancelSmResp] = "",
        [CommandId.ReplaceSm] = "c65 a21 t t 1 1 m v",
        [CommandId.ReplaceSmResp] = "",
        [CommandId.AlertNotification] = "a65 a65 v",
        [CommandId.BroadcastSm] = "c6 a21 c65 1 t t 1 1 1 v",
        [CommandId.BroadcastSmResp] = "c65 v",
        [CommandId.QueryBroadcastSm] = "c65 a21 v",
        [CommandId.QueryBroadcastSmResp] = "c65 v",
        [CommandId.CancelBroadcastSm] = "c6 c65 a21 v",
        [CommandId.CancelBroadcastSmResp] = "",
    }.ToDictionary(shape => shape.Key, shape => shape.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Every command there is.</summary>
    public static IReadOnlyList<CommandId> Commands { get; } = [.. shapes.Keys];

    /// <summary>The fields' codes of a command.</summary>
    public static IReadOnlyList<string> Of(CommandId command) => shapes[command];
}
