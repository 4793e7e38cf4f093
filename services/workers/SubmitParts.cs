using System.Globalization;
using System.Runtime.CompilerServices;
using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace Workers;

/// <summary>A message as the submit_sm PDUs that go to an operator: one, or one per part, as the connector's rules turn it.</summary>
internal static class SubmitParts
{
    /// <summary>The platform always asks for the final receipt, whatever the customer asked for: the ledger needs it.</summary>
    private const byte FinalReceipt = 1;

    /// <summary>
    /// registered_delivery bits 4-2 (SMPP 5.0 section 4.7.21), progress and the recipient's acknowledgements: only the operator and the handset can
    /// do what they ask for.
    /// </summary>
    private const byte AskedOfTheNetwork = 0x1C;

    /// <summary>Rules read once for each connector as configured; they go when its configuration does.</summary>
    private static readonly ConditionalWeakTable<Connector, TlvRewriting> tlvRules = [];

    /// <summary>
    /// The PDUs, in order; the same for the same message and connector every time, so that a part keeps its number over retries. There may be
    /// more than the parts that were accepted and charged, where text must be re-encoded: that is between us and the operator.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="connector">The connector.</param>
    /// <param name="fault">Why there are none, in words: this operator has no way to show the message unchanged. Null when there are.</param>
    public static SubmitSm[] Of(MessageSubmitted message, Connector connector, out string? fault)
    {
        var rewrites = connector.Rewrites;
        TlvList.TryParse(message.Tlvs, int.MaxValue, out var tlvs);
        var pdu = new SubmitSm
        {
            ServiceType = message.ServiceType,
            Source = Address(AddressRewriting.Apply(rewrites.Source, message.Source)),
            Destination = Address(AddressRewriting.Apply(rewrites.Destination, message.Destination)),
            EsmClass = message.EsmClass,
            ProtocolId = message.ProtocolId,
            PriorityFlag = Priority(rewrites, message.PriorityFlag),
            RegisteredDelivery = (byte)(FinalReceipt | (message.RegisteredDelivery & AskedOfTheNetwork & rewrites.RegisteredDeliveryMask)),
            DataCoding = message.DataCoding,
            Tlvs =
                rewrites.Tlvs.Count == 0 ? tlvs : tlvRules.GetValue(connector, static c => new TlvRewriting(c.Rewrites.Tlvs)).Apply(tlvs),
        };
        return OperatorContent.Put(pdu, message, connector, out fault);
    }

    private static byte Priority(Rewrites rewrites, byte priority) =>
        rewrites.Priorities.Count > 0 && rewrites.Priorities.TryGetValue(priority.ToString(CultureInfo.InvariantCulture), out var theirs)
            ? (byte)theirs
            : priority;

    private static Address Address(Party party) => new(party.Ton, party.Npi, party.Digits);
}
