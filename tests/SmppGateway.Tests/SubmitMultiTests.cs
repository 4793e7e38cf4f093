using Messaging.Tests;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

/// <summary>submit_multi and data_sm: the other two ways to submit.</summary>
public sealed class SubmitMultiTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(MessageIdFormat.Hex)]
    [InlineData(MessageIdFormat.Decimal)]
    public async Task Every_destination_gets_a_message_of_its_own_in_one_envelope_under_one_id(MessageIdFormat format)
    {
        gateway.Configure(format);

        var answer = await gateway.SubmitMultiAsync(Multi("491700000001", "491700000002", "491700000003"));

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Empty(answer.Unsuccessful);
        var messages = await gateway.TakeAllAsync();
        Assert.Equal(["491700000001", "491700000002", "491700000003"], messages.Select(message => message.Destination.Digits));
        Assert.Equal(3, messages.Select(message => message.Id).Distinct().Count());
        Assert.All(messages, message => Assert.Equal(answer.MessageId, message.ClientId ?? message.Id.ToString()));
        Assert.All(messages, message => Assert.Equal("hello"u8.ToArray(), message.Content.ToArray()));
        Assert.True(ClientIds.TryRead(answer.MessageId, out var wire));
        Assert.Equal(messages[0].Id, wire.Value.Id);
    }

    [Fact]
    public async Task A_destination_that_cannot_be_is_told_and_does_not_hold_up_the_others()
    {
        var answer = await gateway.SubmitMultiAsync(
            Multi("491700000001", "nobody") with
            {
                Destinations = [new(new Address(1, 1, "491700000001")), new(new Address(1, 1, "nobody")), new(default, "friends")],
            }
        );

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(
            [(CommandStatus.InvDstAdr, "nobody"), (CommandStatus.CntSubDl, "friends")],
            answer.Unsuccessful.Select(u => (u.Status, u.Destination.Digits))
        );
        Assert.Equal("491700000001", (await gateway.TakeAsync()).Destination.Digits);
    }

    [Fact]
    public async Task Without_any_possible_destination_it_is_refused_with_each_one_s_reason()
    {
        var answer = await gateway.SubmitMultiAsync(Multi("x", "y"));

        Assert.Equal((CommandStatus.SubmitFail, ""), (answer.Status, answer.MessageId));
        Assert.Equal(2, answer.Unsuccessful.Count);
        Assert.Equal(0, gateway.Queue.SendCount);
    }

    [Fact]
    public async Task What_all_have_in_common_is_refused_for_all()
    {
        var answer = await gateway.SubmitMultiAsync(Multi("491700000001") with { EsmClass = 1 });
        Assert.Equal(CommandStatus.InvEsmClass, answer.Status);
        Assert.Empty(answer.Unsuccessful);
    }

    [Fact]
    public async Task Nothing_is_answered_before_all_are_stored_and_what_is_not_is_refused()
    {
        gateway.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 1000)]);
        var answering = gateway.SubmitMultiAsync(Multi("491700000001", "491700000002"));
        await gateway.Time.AdvanceUntilAsync(answering, TimeSpan.FromMilliseconds(100));

        var answer = await answering;

        Assert.Equal((CommandStatus.MsgQFul, ""), (answer.Status, answer.MessageId));
        Assert.Empty(gateway.Queue.Peek(Contracts.QueueNames.Submit));
    }

    [Fact]
    public async Task The_rate_counts_every_destination_s_parts_and_takes_all_or_none()
    {
        gateway.Configure(rate: 3);

        Assert.Equal(CommandStatus.Ok, (await gateway.SubmitMultiAsync(Multi([.. Numbers(1)]))).Status);
        Assert.Equal(CommandStatus.Throttled, (await gateway.SubmitMultiAsync(Multi([.. Numbers(3)]))).Status);
        Assert.Equal(1, gateway.Queue.SendCount);
        Assert.Equal(CommandStatus.Ok, (await gateway.SubmitMultiAsync(Multi([.. Numbers(2)]))).Status);
        Assert.Equal(CommandStatus.Throttled, (await gateway.SubmitMultiAsync(Multi([.. Numbers(1)]))).Status);
    }

    [Fact]
    public async Task The_most_destinations_are_all_stored()
    {
        var answer = await gateway.SubmitMultiAsync(Multi([.. Numbers(255)]));

        Assert.Equal(CommandStatus.Ok, answer.Status);
        Assert.Equal(255, gateway.Queue.Peek(Contracts.QueueNames.Submit).Sum(envelope => envelope.Items));
    }

    [Fact]
    public async Task Data_is_a_submit_whose_content_is_the_payload()
    {
        var answer = await gateway.DataAsync(Data());

        Assert.Equal(CommandStatus.Ok, answer.Status);
        var message = await gateway.TakeAsync();
        Assert.Equal(answer.MessageId, message.Id.ToString());
        Assert.Equal("hello"u8.ToArray(), message.Content.ToArray());
        Assert.Equal((true, 1), (message.IsPayload, message.Parts));
        Assert.Equal((1, 8), ((int)message.RegisteredDelivery, (int)message.DataCoding));
    }

    [Fact]
    public async Task Data_is_refused_as_a_submit_is_and_without_a_payload()
    {
        Assert.Equal(CommandStatus.MissingTlv, (await gateway.DataAsync(Data() with { Tlvs = TlvList.Empty })).Status);
        Assert.Equal(CommandStatus.InvEsmClass, (await gateway.DataAsync(Data() with { EsmClass = 2 })).Status);
        var far = new Address(1, 1, new string('1', 40));
        Assert.Equal(CommandStatus.InvDstAdr, (await gateway.DataAsync(Data() with { Destination = far })).Status);
    }

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(0, count).Select(i => $"4917000{i:00000}");

    private static SubmitMulti Multi(params string[] destinations) =>
        new()
        {
            Source = new Address(5, 0, "Acme"),
            Destinations = [.. destinations.Select(digits => new MultiDestination(new Address(1, 1, digits)))],
            ShortMessage = "hello"u8.ToArray(),
        };

    private static DataSm Data() =>
        new()
        {
            Source = new Address(5, 0, "Acme"),
            Destination = new Address(1, 1, "491700000001"),
            RegisteredDelivery = 1,
            DataCoding = 8,
            Tlvs = TlvList.Empty.With(TlvTag.MessagePayload, "hello"u8),
        };
}
