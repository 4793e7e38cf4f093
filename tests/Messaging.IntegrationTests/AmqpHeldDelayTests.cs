using Messaging.Amqp;
using Xunit;
using static Messaging.IntegrationTests.AmqpOutageTests;

namespace Messaging.IntegrationTests;

/// <summary>A delay that ends while its queue cannot take it: the broker holds what it could not hand on.</summary>
public sealed class AmqpHeldDelayTests(PrivateBroker broker) : IClassFixture<PrivateBroker>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_delayed_envelope_whose_queue_was_removed_meanwhile_comes_when_the_queue_is_there_again()
    {
        const string name = "removed";
        await using var queue = AmqpBroker.Open(new AmqpQueueOptions { Address = broker.Address });
        // A step of its own: what waits there is this one alone.
        await queue.SendAsync(name, [Text("kept", 5)], None);
        await broker.ControlAsync("delete_queue", $"platform.{name}");
        await UntilHeldAsync("platform.~delay-5000");

        await queue.SendAsync(name, [Text("new")], None);

        var came = new List<string>();
        while (came.Count < 2)
        {
            came.Add(Text(Assert.Single(await queue.ReceiveAsync(name, 1, TimeSpan.FromSeconds(30), None))));
        }
        Assert.Equal(["kept", "new"], came.Order());
    }

    // Its time is over, and the broker could not hand it on.
    private Task UntilHeldAsync(string delay) =>
        Traffic.UntilAsync(async () =>
            (
                await broker.ControlAsync(
                    "eval",
                    $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{delay}\">>)), rabbit_quorum_queue:info(Q, [messages_dlx])."
                )
            ).Contains("[{messages_dlx,1}]", StringComparison.Ordinal)
        );
}
