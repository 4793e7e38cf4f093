using System.Globalization;
using Contracts;
using Messaging.Tests;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

public sealed class SubmitHandlerTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Nothing_is_answered_before_the_queue_has_confirmed()
    {
        var confirm = new TaskCompletionSource();
        gateway.Queue.SendGate = confirm.Task;

        var answering = gateway.SubmitAsync(Submit());
        await gateway.SendingAsync();
        Assert.Empty(gateway.Queue.Peek(QueueNames.Submit));
        Assert.False(answering.IsCompleted);

        confirm.SetResult();
        Assert.Equal(CommandStatus.Ok, (await answering).Status);
        Assert.Single(gateway.Queue.Peek(QueueNames.Submit));
    }

    [Fact]
    public async Task What_the_queue_refuses_is_answered_with_a_full_queue_and_no_id()
    {
        gateway.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 1000)]);

        var answer = await gateway.SubmitToTheEndAsync(Submit());

        Assert.Equal((CommandStatus.MsgQFul, ""), (answer.Status, answer.MessageId));
        Assert.Empty(gateway.Queue.Peek(QueueNames.Submit));
    }

    [Fact]
    public async Task What_the_queue_may_or_may_not_have_is_answered_with_a_system_error_and_no_id()
    {
        gateway.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Vanish, 1000)]);

        var answer = await gateway.SubmitToTheEndAsync(Submit());

        Assert.Equal((CommandStatus.SysErr, ""), (answer.Status, answer.MessageId));
    }

    [Fact]
    public async Task A_lost_confirmation_is_asked_for_again_and_the_message_stored_once()
    {
        gateway.Queue.FailNextSends(SendFault.LoseAnswer);

        var answer = await gateway.SubmitToTheEndAsync(Submit());

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(1, Assert.Single(gateway.Queue.Peek(QueueNames.Submit)).Items);
    }

    [Fact]
    public async Task An_accepted_message_goes_into_the_queue_as_it_was_submitted()
    {
        var pdu = Submit() with
        {
            ServiceType = "CMT",
            EsmClass = 0x83,
            ProtocolId = 0x41,
            PriorityFlag = 2,
            RegisteredDelivery = 0x11,
            DataCoding = 8,
            ShortMessage = new byte[] { 0, 65, 0, 66 },
            Tlvs = TlvList.Empty.WithByte(TlvTag.LanguageIndicator, 3),
        };

        var answer = await gateway.SubmitAsync(pdu);

        var message = await gateway.TakeAsync();
        Assert.Equal(
            (answer.MessageId, "acme", "esme", Origin.Smpp),
            (message.Id.ToString(), message.Account, message.SystemId, message.Origin)
        );
        Assert.Equal((new Party(5, 0, "Acme"), new Party(1, 1, "491700000001")), (message.Source, message.Destination));
        Assert.Equal(
            ("CMT", (byte)0x83, (byte)0x41, (byte)2, (byte)0x11, (byte)8),
            (
                message.ServiceType,
                message.EsmClass,
                message.ProtocolId,
                message.PriorityFlag,
                message.RegisteredDelivery,
                message.DataCoding
            )
        );
        Assert.Equal(pdu.ShortMessage.ToArray(), message.Content.ToArray());
        Assert.Equal(pdu.Tlvs.Encoded.ToArray(), message.Tlvs.ToArray());
        Assert.Equal((1, false), (message.Parts, message.IsPayload));
        Assert.Equal(gateway.Time.GetUtcNow(), message.AcceptedAt);
    }

    [Fact]
    public async Task A_payload_is_the_content_and_no_longer_a_TLV()
    {
        var payload = new byte[400];
        payload.AsSpan().Fill((byte)'A');
        var language = TlvList.Empty.WithByte(TlvTag.LanguageIndicator, 3);

        await gateway.SubmitAsync(Submit() with { ShortMessage = default, Tlvs = language.With(TlvTag.MessagePayload, payload) });

        var message = await gateway.TakeAsync();
        Assert.Equal(payload, message.Content.ToArray());
        Assert.Equal((true, 3), (message.IsPayload, message.Parts));
        Assert.Equal(language.Encoded.ToArray(), message.Tlvs.ToArray());
    }

    [Theory]
    [InlineData(MessageIdFormat.Hex)]
    [InlineData(MessageIdFormat.Uuid)]
    [InlineData(MessageIdFormat.Decimal)]
    public async Task The_answer_has_the_id_in_the_form_the_user_wants_and_the_message_remembers_it(MessageIdFormat format)
    {
        gateway.Configure(format);

        var answer = await gateway.SubmitAsync(Submit());

        var message = await gateway.TakeAsync();
        var expected = format switch
        {
            MessageIdFormat.Uuid => message.Id.Value.ToString("D"),
            MessageIdFormat.Decimal => UInt128
                .Parse(message.Id.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture),
            _ => message.Id.ToString(),
        };
        Assert.Equal(expected, answer.MessageId);
        Assert.Equal(format == MessageIdFormat.Hex ? null : expected, message.ClientId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("49170x")]
    [InlineData("49 170")]
    [InlineData("49+170")]
    public Task A_destination_that_is_no_number_is_refused(string digits) =>
        RefusedAsync(Submit() with { Destination = new Address(1, 1, digits) }, CommandStatus.InvDstAdr);

    [Theory]
    [InlineData("000001000000000R", 24)]
    [InlineData("000007000000000R", 168)]
    public async Task A_scheduled_message_keeps_its_time_and_is_valid_from_then_on(string schedule, int hours)
    {
        await gateway.SubmitAsync(Submit() with { ScheduleDeliveryTime = schedule });

        var message = await gateway.TakeAsync();
        Assert.Equal(TimeSpan.FromHours(hours), message.ScheduledAt - message.AcceptedAt);
        Assert.Equal(TimeSpan.FromHours(48), message.ValidUntil - message.ScheduledAt);
    }

    [Theory]
    [InlineData("tomorrow")]
    // Now, the past, and beyond the longest validity.
    [InlineData("000000000000000R")]
    [InlineData("251231235959000+")]
    [InlineData("000007000001000R")]
    public Task A_schedule_that_is_no_time_past_or_too_far_is_refused(string time) =>
        RefusedAsync(Submit() with { ScheduleDeliveryTime = time }, CommandStatus.InvSched);

    [Fact]
    public Task A_validity_that_ends_before_the_schedule_is_refused() =>
        RefusedAsync(
            Submit() with
            {
                ScheduleDeliveryTime = "000000020000000R",
                ValidityPeriod = "000000010000000R",
            },
            CommandStatus.InvExpiry
        );

    [Theory]
    // Neither format.
    [InlineData("tomorrow")]
    [InlineData("000001000000000X")]
    // No such date.
    [InlineData("260231000000000+")]
    // Over before it began: now, and in the past.
    [InlineData("000000000000000R")]
    [InlineData("251231235959000+")]
    public Task A_validity_that_is_none_or_over_is_refused(string validity) =>
        RefusedAsync(Submit() with { ValidityPeriod = validity }, CommandStatus.InvExpiry);

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x02)]
    [InlineData(0x42)]
    public Task Datagram_and_transaction_mode_are_refused(byte esmClass) =>
        RefusedAsync(Submit() with { EsmClass = esmClass }, CommandStatus.InvEsmClass);

    [Fact]
    public Task Content_in_two_places_is_refused() =>
        RefusedAsync(Submit() with { Tlvs = TlvList.Empty.With(TlvTag.MessagePayload, "more"u8) }, CommandStatus.InvMsgLen);

    [Fact]
    public async Task Content_of_more_than_255_parts_is_refused_and_of_255_is_taken()
    {
        await RefusedAsync(Payload((255 * 153) + 1), CommandStatus.InvMsgLen);

        Assert.Equal(CommandStatus.Ok, (await gateway.SubmitAsync(Payload(255 * 153))).Status);
        Assert.Equal(255, (await gateway.TakeAsync()).Parts);

        static SubmitSm Payload(int length) =>
            Submit() with
            {
                ShortMessage = default,
                Tlvs = TlvList.Empty.With(TlvTag.MessagePayload, [.. Enumerable.Repeat((byte)'A', length)]),
            };
    }

    [Theory]
    [InlineData("491700000001", 0x00)]
    [InlineData("+491700000001", 0x03)]
    public async Task A_number_with_or_without_plus_in_store_and_forward_mode_is_taken_as_given(string digits, byte esmClass)
    {
        var answer = await gateway.SubmitAsync(Submit() with { Destination = new Address(1, 1, digits), EsmClass = esmClass });

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(digits, (await gateway.TakeAsync()).Destination.Digits);
    }

    [Theory]
    [InlineData("", 48)]
    [InlineData("000000010000000R", 1)]
    [InlineData("000007000000000R", 168)]
    [InlineData("000100000000000R", 168)]
    public async Task A_message_is_valid_as_long_as_it_asks_48_hours_by_default_and_7_days_at_most(string validity, int hours)
    {
        await gateway.SubmitAsync(Submit() with { ValidityPeriod = validity });

        var message = await gateway.TakeAsync();
        Assert.Equal(TimeSpan.FromHours(hours), message.ValidUntil - message.AcceptedAt);
    }

    [Fact]
    public async Task An_absolute_validity_is_taken_to_the_second()
    {
        var until = gateway.Time.GetUtcNow() + TimeSpan.FromMinutes(90);

        await gateway.SubmitAsync(Submit() with { ValidityPeriod = SmppTime.FormatAbsolute(until) });

        Assert.Equal(until, (await gateway.TakeAsync()).ValidUntil);
    }

    private async Task RefusedAsync(SubmitSm pdu, CommandStatus status)
    {
        var answer = await gateway.SubmitAsync(pdu);

        Assert.Equal((status, ""), (answer.Status, answer.MessageId));
        Assert.Equal(0, gateway.Queue.SendCount);
    }

    private static SubmitSm Submit() =>
        new()
        {
            Source = new Address(5, 0, "Acme"),
            Destination = new Address(1, 1, "491700000001"),
            ShortMessage = "hello"u8.ToArray(),
        };
}
