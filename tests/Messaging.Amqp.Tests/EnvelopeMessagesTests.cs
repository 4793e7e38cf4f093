using System.Text;
using RabbitMQ.Client;
using Xunit;

namespace Messaging.Amqp.Tests;

public sealed class EnvelopeMessagesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Body = "{}"u8.ToArray();

    [Fact]
    public void An_envelope_comes_back_as_it_went()
    {
        var sent = new OutgoingEnvelope(Guid.CreateVersion7(), Body, 42);

        var received = Receive(EnvelopeMessages.Properties(sent, Now));

        Assert.Equal((sent.Id, 42, 1, Now), (received.Id, received.Items, received.ReceiveCount, received.EnqueuedAt));
        Assert.Null(received.DeadReason);
    }

    [Fact]
    public void It_survives_the_broker()
    {
        var properties = EnvelopeMessages.Properties(new OutgoingEnvelope(Guid.CreateVersion7(), Body, 1), Now);

        Assert.Equal(DeliveryModes.Persistent, properties.DeliveryMode);
    }

    [Fact]
    public void A_copy_goes_on_counting()
    {
        var first = Receive(EnvelopeMessages.Properties(new OutgoingEnvelope(Guid.CreateVersion7(), Body, 3), Now), deliveries: 4);
        var second = Receive(EnvelopeMessages.Again(first), deliveries: 1);

        Assert.Equal(5, first.ReceiveCount);
        Assert.Equal((first.Id, 3, 7, Now), (second.Id, second.Items, second.ReceiveCount, second.EnqueuedAt));
    }

    [Fact]
    public void A_dead_letter_starts_anew_and_says_why()
    {
        var received = Receive(EnvelopeMessages.Properties(new OutgoingEnvelope(Guid.CreateVersion7(), Body, 3), Now), deliveries: 4);

        var dead = Receive(EnvelopeMessages.Dead(received, new string('ж', 2000), Now.AddHours(1)), queue: "q-dead");

        Assert.Equal((3, 1, Now.AddHours(1)), (dead.Items, dead.ReceiveCount, dead.EnqueuedAt));
        Assert.Equal(new string('ж', 1000), dead.DeadReason);
    }

    [Fact]
    public void What_the_broker_gave_up_says_so()
    {
        var death = new Dictionary<string, object?> { ["reason"] = "delivery_limit"u8.ToArray() };
        var properties = new BasicProperties { Headers = new Dictionary<string, object?> { ["x-death"] = new List<object> { death } } };

        Assert.Contains("delivery_limit", Receive(properties, queue: "q-dead").DeadReason, StringComparison.Ordinal);
        // In its own queue it has only been delayed.
        Assert.Null(Receive(properties, queue: "q").DeadReason);
    }

    [Fact]
    public void A_message_of_somebody_else_is_one_item_with_an_id_of_its_own()
    {
        var named = new BasicProperties { MessageId = "order-17" };

        Assert.Equal(Receive(named).Id, Receive(named).Id);
        Assert.NotEqual(Receive(named).Id, Receive(new BasicProperties()).Id);
        Assert.Equal((1, 1, Now), (Receive(named).Items, Receive(named).ReceiveCount, Receive(named).EnqueuedAt));
    }

    [Fact]
    public void Headers_that_make_no_sense_do_no_harm()
    {
        var headers = new Dictionary<string, object?>
        {
            ["items"] = -5,
            ["at"] = long.MaxValue,
            ["receives"] = "many"u8.ToArray(),
            ["why"] = 7,
            ["x-death"] = "never",
        };

        var received = Receive(new BasicProperties { Headers = headers }, queue: "q-dead");

        Assert.Equal((1, 1, Now), (received.Items, received.ReceiveCount, received.EnqueuedAt));
        Assert.Null(received.DeadReason);
    }

    // Over the wire, numbers become longs and texts bytes.
    private static ReceivedEnvelope Receive(BasicProperties sent, long deliveries = 0, string queue = "q")
    {
        var headers = new Dictionary<string, object?>();
        foreach (var (name, value) in sent.Headers ?? new Dictionary<string, object?>())
        {
            headers[name] = value is string text ? Encoding.UTF8.GetBytes(text) : value;
        }
        if (deliveries > 0)
        {
            headers["x-delivery-count"] = deliveries;
        }
        var properties = new BasicProperties { MessageId = sent.MessageId, Headers = headers };
        return EnvelopeMessages.ToEnvelope(queue, "handle", properties, redelivered: false, Body, Now);
    }
}
