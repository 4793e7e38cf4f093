using System.Buffers;
using System.Text;
using Contracts;
using Smpp;
using Smpp.Pdus;
using Smpp.Wire;
using Xunit;

namespace SmppGateway.Tests;

public sealed class ReceiptFormsTests
{
    private static readonly ReceiptDelivery Receipt = new()
    {
        MessageId = "00000abc",
        Source = new Party(1, 1, "491700000001"),
        Destination = new Party(5, 0, "Acme"),
        State = MessageState.Delivered,
        SubmittedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        DoneAt = new DateTimeOffset(2026, 1, 2, 3, 5, 5, TimeSpan.Zero),
    };

    [Theory]
    [InlineData(SmppVersions.V34)]
    [InlineData(SmppVersions.V50)]
    public void A_receipt_says_it_by_text_and_by_TLV(byte version)
    {
        var pdu = AsReceived(DeliverySender.DeliverSm(Receipt), version);

        Assert.Equal((0x04, "491700000001", "Acme"), (pdu.EsmClass, pdu.Source.Digits, pdu.Destination.Digits));
        Assert.Equal(
            "id:00000abc sub:001 dlvrd:001 submit date:2601020304 done date:2601020305 stat:DELIVRD err:000 text:",
            Encoding.Latin1.GetString(pdu.ShortMessage.Span)
        );
        Assert.Equal(("00000abc", (byte)2), (pdu.Tlvs.ReceiptedMessageId, pdu.Tlvs.MessageState!.Value));
    }

    [Fact]
    public void A_3_3_peer_gets_the_text_and_no_TLVs()
    {
        var pdu = AsReceived(DeliverySender.DeliverSm(Receipt), SmppVersions.V33);

        Assert.True(pdu.Tlvs.IsEmpty);
        Assert.StartsWith("id:00000abc ", Encoding.Latin1.GetString(pdu.ShortMessage.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ENROUTE", 1)]
    [InlineData("ACCEPTD", 6)]
    public void Progress_is_an_intermediate_notification(string stat, byte state)
    {
        var pdu = DeliverySender.DeliverSm(Receipt with { IsIntermediate = true, Stat = stat, State = MessageState.Submitted });

        Assert.True(pdu.IsIntermediateNotification);
        Assert.Contains($"dlvrd:000 ", Encoding.Latin1.GetString(pdu.ShortMessage.Span), StringComparison.Ordinal);
        Assert.Contains($"stat:{stat} ", Encoding.Latin1.GetString(pdu.ShortMessage.Span), StringComparison.Ordinal);
        Assert.Equal(state, pdu.Tlvs.MessageState);
    }

    /// <summary>What an ESME of that version reads.</summary>
    private static DeliverSm AsReceived(DeliverSm pdu, byte version)
    {
        var octets = new ArrayBufferWriter<byte>();
        Assert.True(PduCodec.TryWrite(octets, pdu, 1, version, out _));
        var header = new PduHeader((uint)octets.WrittenCount, CommandId.DeliverSm, CommandStatus.Ok, 1);
        Assert.True(PduCodec.TryRead(header, octets.WrittenSpan[PduHeader.Size..], 10, out var read, out _));
        return Assert.IsType<DeliverSm>(read);
    }
}
