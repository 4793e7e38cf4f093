namespace Smpp.Tests.Spec;

internal enum FieldKind
{
    /// <summary>An integer of one octet.</summary>
    Integer,

    /// <summary>A C-octet string of at most <see cref="Field.Size"/> octets with its NUL.</summary>
    CString,

    /// <summary>A C-octet string of 1 or 17 octets.</summary>
    Time,

    /// <summary>sm_length and short_message.</summary>
    Message,

    /// <summary>number_of_dests and dest_address(es).</summary>
    Destinations,

    /// <summary>no_unsuccess and unsuccess_sme(s).</summary>
    Unsuccessful,

    /// <summary>TLVs up to the end.</summary>
    Tlvs,
}

/// <param name="Name">The specification's name.</param>
/// <param name="Kind">How it is written.</param>
/// <param name="Size">Octets, at most.</param>
/// <param name="Property">Where the record keeps it.</param>
/// <param name="Fault">The command_status that tells of a wrong one, section 4.7.6.</param>
internal sealed record Field(string Name, FieldKind Kind, int Size, string Property, CommandStatus Fault);

/// <summary>
/// The field tables of SMPP 5.0 (3.4's where 5.0 only adds TLVs), transcribed from the specification and not from the codec: the second
/// statement of the truth. Deviations on purpose are marked.
/// </summary>
internal static class FieldTables
{
    public static IReadOnlyDictionary<CommandId, Field[]> All { get; } =
        new Dictionary<CommandId, Field[]>
        {
            // 4.1 Session management
            [CommandId.BindTransmitter] = Bind(),
            [CommandId.BindTransmitterResp] = [SystemId(), Tlvs()],
            [CommandId.BindReceiver] = Bind(),
            [CommandId.BindReceiverResp] = [SystemId(), Tlvs()],
            [CommandId.BindTransceiver] = Bind(),
            [CommandId.BindTransceiverResp] = [SystemId(), Tlvs()],
            [CommandId.Outbind] = [SystemId(), Password()],
            [CommandId.Unbind] = [],
            [CommandId.UnbindResp] = [],
            [CommandId.EnquireLink] = [],
            [CommandId.EnquireLinkResp] = [],
            [CommandId.AlertNotification] = [.. Source(65), .. Address("esme_addr", 65, "Esme", CommandStatus.InvDstAdr), Tlvs()],
            [CommandId.GenericNack] = [],

            // 4.2 Message submission
            [CommandId.SubmitSm] = [ServiceType(), .. Source(21), .. Destination(21), .. Message()],
            [CommandId.SubmitSmResp] = [MessageId(), Tlvs()],
            [CommandId.DataSm] = [ServiceType(), .. Source(65), .. Destination(65), EsmClass(), RegisteredDelivery(), DataCoding(), Tlvs()],
            [CommandId.DataSmResp] = [MessageId(), Tlvs()],
            [CommandId.SubmitMulti] =
            [
                ServiceType(),
                .. Source(21),
                new Field("dest_address", FieldKind.Destinations, 21, "Destinations", CommandStatus.InvNumDests),
                .. Message(),
            ],
            [CommandId.SubmitMultiResp] =
            [
                MessageId(),
                new Field("unsuccess_sme", FieldKind.Unsuccessful, 21, "Unsuccessful", CommandStatus.InvNumDests),
                Tlvs(),
            ],

            // 4.3 Message delivery
            [CommandId.DeliverSm] = [ServiceType(), .. Source(21), .. Destination(21), .. Message()],
            [CommandId.DeliverSmResp] = [MessageId(), Tlvs()],

            // 4.4 Message broadcast
            [CommandId.BroadcastSm] =
            [
                ServiceType(),
                .. Source(21),
                MessageId(),
                PriorityFlag(),
                ScheduleDeliveryTime(),
                ValidityPeriod(),
                ReplaceIfPresentFlag(),
                DataCoding(),
                SmDefaultMsgId(),
                Tlvs(),
            ],
            [CommandId.BroadcastSmResp] = [MessageId(), Tlvs()],

            // 4.5 Ancillary submission
            [CommandId.CancelSm] = [ServiceType(), MessageId(), .. Source(21), .. Destination(21)],
            [CommandId.CancelSmResp] = [],
            [CommandId.QuerySm] = [MessageId(), .. Source(21)],
            // final_date: any length up to 17, as SMSCs of 3.3 send formats of their own (deviation).
            [CommandId.QuerySmResp] =
            [
                MessageId(),
                Text("final_date", 17, "FinalDate", CommandStatus.InvExpiry),
                Octet("message_state", "MessageState", CommandStatus.InvCmdLen),
                Octet("error_code", "ErrorCode", CommandStatus.InvCmdLen),
            ],
            [CommandId.ReplaceSm] =
            [
                MessageId(),
                .. Source(21),
                ScheduleDeliveryTime(),
                ValidityPeriod(),
                RegisteredDelivery(),
                SmDefaultMsgId(),
                ShortMessage(),
                Tlvs(),
            ],
            [CommandId.ReplaceSmResp] = [],

            // 4.6 Ancillary broadcast
            [CommandId.QueryBroadcastSm] = [MessageId(), .. Source(21), Tlvs()],
            [CommandId.QueryBroadcastSmResp] = [MessageId(), Tlvs()],
            [CommandId.CancelBroadcastSm] = [ServiceType(), MessageId(), .. Source(21), Tlvs()],
            [CommandId.CancelBroadcastSmResp] = [],
        };

    // What the tables have in common.

    static Field[] Bind() =>
        [
            SystemId(),
            Password(),
            Text("system_type", 13, "SystemType", CommandStatus.InvSysTyp),
            Octet("interface_version", "InterfaceVersion", CommandStatus.InvCmdLen),
            Octet("addr_ton", "AddressRange.Ton", CommandStatus.BindFail),
            Octet("addr_npi", "AddressRange.Npi", CommandStatus.BindFail),
            Text("address_range", 41, "AddressRange.Digits", CommandStatus.BindFail),
        ];

    static Field[] Message() =>
        [
            EsmClass(),
            Octet("protocol_id", "ProtocolId", CommandStatus.InvCmdLen),
            PriorityFlag(),
            ScheduleDeliveryTime(),
            ValidityPeriod(),
            RegisteredDelivery(),
            ReplaceIfPresentFlag(),
            DataCoding(),
            SmDefaultMsgId(),
            ShortMessage(),
            Tlvs(),
        ];

    static Field[] Source(int size) => Address("source_addr", size, "Source", CommandStatus.InvSrcAdr);

    static Field[] Destination(int size) => Address("dest_addr", size, "Destination", CommandStatus.InvDstAdr);

    static Field[] Address(string name, int size, string property, CommandStatus fault) =>
        [
            Octet($"{name}_ton", $"{property}.Ton", fault),
            Octet($"{name}_npi", $"{property}.Npi", fault),
            Text(name == "dest_addr" ? "destination_addr" : name, size, $"{property}.Digits", fault),
        ];

    static Field SystemId() => Text("system_id", 16, "SystemId", CommandStatus.InvSysId);

    // The specification says 9; 65 on purpose, see Wire/FieldSize.cs.
    static Field Password() => Text("password", 65, "Password", CommandStatus.InvPaswd);

    static Field ServiceType() => Text("service_type", 6, "ServiceType", CommandStatus.InvSerTyp);

    static Field MessageId() => Text("message_id", 65, "MessageId", CommandStatus.InvMsgId);

    static Field EsmClass() => Octet("esm_class", "EsmClass", CommandStatus.InvEsmClass);

    static Field PriorityFlag() => Octet("priority_flag", "PriorityFlag", CommandStatus.InvPrtFlg);

    static Field ScheduleDeliveryTime() =>
        new("schedule_delivery_time", FieldKind.Time, 17, "ScheduleDeliveryTime", CommandStatus.InvSched);

    static Field ValidityPeriod() => new("validity_period", FieldKind.Time, 17, "ValidityPeriod", CommandStatus.InvExpiry);

    static Field RegisteredDelivery() => Octet("registered_delivery", "RegisteredDelivery", CommandStatus.InvRegDlvFlg);

    static Field ReplaceIfPresentFlag() => Octet("replace_if_present_flag", "ReplaceIfPresentFlag", CommandStatus.InvRepFlag);

    static Field DataCoding() => Octet("data_coding", "DataCoding", CommandStatus.InvDcs);

    static Field SmDefaultMsgId() => Octet("sm_default_msg_id", "SmDefaultMsgId", CommandStatus.InvDftMsgId);

    static Field ShortMessage() => new("short_message", FieldKind.Message, 255, "ShortMessage", CommandStatus.InvMsgLen);

    static Field Text(string name, int size, string property, CommandStatus fault) => new(name, FieldKind.CString, size, property, fault);

    static Field Octet(string name, string property, CommandStatus fault) => new(name, FieldKind.Integer, 1, property, fault);

    static Field Tlvs() => new("tlvs", FieldKind.Tlvs, 0, "Tlvs", CommandStatus.InvTlvStream);
}
