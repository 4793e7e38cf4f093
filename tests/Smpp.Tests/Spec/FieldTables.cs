namespace Smpp.Tests.Spec;

internal enum FieldKind
{
    /// <summary>An integer of <see cref="Field.Size"/> octets.</summary>
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
internal sealed record Field(string Name, FieldKind Kind, int Size, string Property);

/// <summary>
/// The field tables of SMPP 5.0 (3.4's where 5.0 only adds TLVs), transcribed from the specification and not from the codec: the second
/// statement of the truth. Deviations on purpose are marked.
/// </summary>
internal static class FieldTables
{
    public static IReadOnlyDictionary<CommandId, Field[]> All { get; } =
        new Dictionary<CommandId, Field[]>
        {
            [CommandId.BindTransmitter] = Bind(),
            [CommandId.BindReceiver] = Bind(),
            [CommandId.BindTransceiver] = Bind(),
            [CommandId.BindTransmitterResp] = [Text("system_id", 16, "SystemId"), Tlvs()],
            [CommandId.BindReceiverResp] = [Text("system_id", 16, "SystemId"), Tlvs()],
            [CommandId.BindTransceiverResp] = [Text("system_id", 16, "SystemId"), Tlvs()],
            [CommandId.Outbind] = [Text("system_id", 16, "SystemId"), Password()],
            [CommandId.Unbind] = [],
            [CommandId.UnbindResp] = [],
            [CommandId.EnquireLink] = [],
            [CommandId.EnquireLinkResp] = [],
            [CommandId.GenericNack] = [],
            [CommandId.SubmitSm] = Message([
                Octet("dest_addr_ton", "Destination.Ton"),
                Octet("dest_addr_npi", "Destination.Npi"),
                Text("destination_addr", 21, "Destination.Digits"),
            ]),
            [CommandId.DeliverSm] = Message([
                Octet("dest_addr_ton", "Destination.Ton"),
                Octet("dest_addr_npi", "Destination.Npi"),
                Text("destination_addr", 21, "Destination.Digits"),
            ]),
            [CommandId.SubmitMulti] = Message([new Field("dest_address", FieldKind.Destinations, 21, "")]),
            [CommandId.SubmitSmResp] = [Text("message_id", 65, "MessageId"), Tlvs()],
            [CommandId.DeliverSmResp] = [Text("message_id", 65, "MessageId"), Tlvs()],
            [CommandId.DataSmResp] = [Text("message_id", 65, "MessageId"), Tlvs()],
            [CommandId.SubmitMultiResp] =
            [
                Text("message_id", 65, "MessageId"),
                new Field("unsuccess_sme", FieldKind.Unsuccessful, 21, ""),
                Tlvs(),
            ],
            [CommandId.DataSm] =
            [
                Text("service_type", 6, "ServiceType"),
                Octet("source_addr_ton", "Source.Ton"),
                Octet("source_addr_npi", "Source.Npi"),
                Text("source_addr", 65, "Source.Digits"),
                Octet("dest_addr_ton", "Destination.Ton"),
                Octet("dest_addr_npi", "Destination.Npi"),
                Text("destination_addr", 65, "Destination.Digits"),
                Octet("esm_class", "EsmClass"),
                Octet("registered_delivery", "RegisteredDelivery"),
                Octet("data_coding", "DataCoding"),
                Tlvs(),
            ],
            [CommandId.QuerySm] =
            [
                Text("message_id", 65, "MessageId"),
                Octet("source_addr_ton", "Source.Ton"),
                Octet("source_addr_npi", "Source.Npi"),
                Text("source_addr", 21, "Source.Digits"),
            ],
            // final_date: any length up to 17, as SMSCs of 3.3 send formats of their own (deviation).
            [CommandId.QuerySmResp] =
            [
                Text("message_id", 65, "MessageId"),
                Text("final_date", 17, "FinalDate"),
                Octet("message_state", "MessageState"),
                Octet("error_code", "ErrorCode"),
            ],
            [CommandId.CancelSm] =
            [
                Text("service_type", 6, "ServiceType"),
                Text("message_id", 65, "MessageId"),
                Octet("source_addr_ton", "Source.Ton"),
                Octet("source_addr_npi", "Source.Npi"),
                Text("source_addr", 21, "Source.Digits"),
                Octet("dest_addr_ton", "Destination.Ton"),
                Octet("dest_addr_npi", "Destination.Npi"),
                Text("destination_addr", 21, "Destination.Digits"),
            ],
            [CommandId.CancelSmResp] = [],
            [CommandId.ReplaceSm] =
            [
                Text("message_id", 65, "MessageId"),
                Octet("source_addr_ton", "Source.Ton"),
                Octet("source_addr_npi", "Source.Npi"),
                Text("source_addr", 21, "Source.Digits"),
                new Field("schedule_delivery_time", FieldKind.Time, 17, "ScheduleDeliveryTime"),
                new Field("validity_period", FieldKind.Time, 17, "ValidityPeriod"),
                Octet("registered_delivery", "RegisteredDelivery"),
                Octet("sm_default_msg_id", "SmDefaultMsgId"),
                new Field("short_message", FieldKind.Message, 255, "ShortMessage"),
                Tlvs(),
            ],
            [CommandId.ReplaceSmResp] = [],
            [CommandId.AlertNotification] =
            [
                Octet("source_addr_ton", "Source.Ton"),
                Octet("source_addr_npi", "Source.Npi"),
                Text("source_addr", 65, "Source.Digits"),
                Octet("esme_addr_ton", "Esme.Ton"),
                Octet("esme_addr_npi", "Esme.Npi"),
                Text("esme_addr", 65, "Esme.Digits"),
                Tlvs(),
            ],
        };

    static Field[] Bind() =>
        [
            Text("system_id", 16, "SystemId"),
            Password(),
            Text("system_type", 13, "SystemType"),
            Octet("interface_version", "InterfaceVersion"),
            Octet("addr_ton", "AddressRange.Ton"),
            Octet("addr_npi", "AddressRange.Npi"),
            Text("address_range", 41, "AddressRange.Digits"),
        ];

    static Field[] Message(Field[] destination) =>
        [
            Text("service_type", 6, "ServiceType"),
            Octet("source_addr_ton", "Source.Ton"),
            Octet("source_addr_npi", "Source.Npi"),
            Text("source_addr", 21, "Source.Digits"),
            .. destination,
            Octet("esm_class", "EsmClass"),
            Octet("protocol_id", "ProtocolId"),
            Octet("priority_flag", "PriorityFlag"),
            new Field("schedule_delivery_time", FieldKind.Time, 17, "ScheduleDeliveryTime"),
            new Field("validity_period", FieldKind.Time, 17, "ValidityPeriod"),
            Octet("registered_delivery", "RegisteredDelivery"),
            Octet("replace_if_present_flag", "ReplaceIfPresentFlag"),
            Octet("data_coding", "DataCoding"),
            Octet("sm_default_msg_id", "SmDefaultMsgId"),
            new Field("short_message", FieldKind.Message, 255, "ShortMessage"),
            Tlvs(),
        ];

    // The specification says 9; 65 on purpose, see Wire/FieldSize.cs.
    static Field Password() => Text("password", 65, "Password");

    static Field Text(string name, int size, string property) => new(name, FieldKind.CString, size, property);

    static Field Octet(string name, string property) => new(name, FieldKind.Integer, 1, property);

    static Field Tlvs() => new("tlvs", FieldKind.Tlvs, 0, "Tlvs");
}
