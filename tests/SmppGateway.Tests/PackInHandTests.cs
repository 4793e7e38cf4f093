using Contracts;
using Persistence.Ledger;
using Xunit;

namespace SmppGateway.Tests;

public sealed class PackInHandTests
{
    [Fact]
    public void Progress_is_told_once_for_each_change()
    {
        var pack = Pack(items: 3);

        pack.Acknowledge(1);

        var progress = pack.TakeProgress();
        Assert.Equal(((short)2, (byte)0b010), (progress!.Value.Left, Assert.Single(progress.Value.Acknowledged)));
        Assert.Null(progress.Value.Due);
        Assert.Null(pack.TakeProgress());
    }

    [Fact]
    public void With_nothing_left_the_row_is_removed_by_its_finishing_alone()
    {
        var pack = Pack(items: 2);
        pack.Acknowledge(0);
        pack.Acknowledge(1);

        Assert.Null(pack.TakeProgress());

        var finished = pack.Finish(TimeSpan.FromSeconds(1));
        Assert.Equal(((short)0, (byte)0b11), (finished.Left, Assert.Single(finished.Acknowledged)));
    }

    [Fact]
    public void What_an_earlier_lease_acknowledged_is_not_left()
    {
        var pack = Pack(items: 2, acknowledged: 0b10);

        Assert.True(pack.IsAcknowledged(1));
        pack.Acknowledge(0);

        Assert.Equal(0, pack.Finish(TimeSpan.Zero).Left);
    }

    private static PackInHand Pack(int items, byte acknowledged = 0) =>
        new(
            new LeasedPack(
                1,
                "demo",
                [.. Enumerable.Repeat<ReceiptDelivery>(null!, items)],
                [acknowledged],
                DateTimeOffset.UnixEpoch.AddDays(1),
                1
            )
        );
}
