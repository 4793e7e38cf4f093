using System.Net;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace SmppGateway.Tests;

public sealed class ConnectionLimitsTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private readonly List<int> aborted = [];

    [Fact]
    public void An_address_has_so_many_unbound_connections_and_others_are_not_concerned()
    {
        var limits = Limits(new GatewayOptions { UnboundPerAddress = 3 });
        var seats = Enumerable.Range(0, 3).Select(_ => limits.TryEnter(Here, () => { })!).ToList();

        Assert.Null(limits.TryEnter(Here, () => { }));
        Assert.NotNull(limits.TryEnter(IPAddress.Parse("192.0.2.2"), () => { }));

        seats[0].Dispose();
        Assert.NotNull(limits.TryEnter(Here, () => { }));
    }

    [Fact]
    public void Who_is_bound_counts_no_longer_as_unbound()
    {
        var limits = Limits(new GatewayOptions { UnboundPerAddress = 1 });
        for (var i = 0; i < 50; i++)
        {
            limits.TryEnter(Here, () => { })!.Bound();
        }

        Assert.Equal((50, 0), (limits.Open, limits.Unbound));
    }

    [Fact]
    public void When_unbound_connections_run_out_the_oldest_makes_room()
    {
        var limits = Limits(new GatewayOptions { MaxUnbound = 3 });
        var seats = Enumerable.Range(0, 5).Select(i => limits.TryEnter(Address(i), () => aborted.Add(i))!).ToList();

        Assert.Equal([0, 1], aborted);
        Assert.Equal((3, 3), (limits.Open, limits.Unbound));

        seats.ForEach(seat => seat.Dispose());
        Assert.Equal((0, 0), (limits.Open, limits.Unbound));
    }

    [Fact]
    public void The_bound_are_never_closed_for_somebody_new()
    {
        var limits = Limits(new GatewayOptions { MaxConnections = 3 });
        limits.TryEnter(Address(0), () => aborted.Add(0))!.Bound();
        limits.TryEnter(Address(1), () => aborted.Add(1));
        limits.TryEnter(Address(2), () => aborted.Add(2))!.Bound();

        limits.TryEnter(Address(3), () => aborted.Add(3))!.Bound();
        Assert.Equal([1], aborted);
        Assert.Null(limits.TryEnter(Address(4), () => aborted.Add(4)));
        Assert.Equal([1], aborted);
    }

    private static ConnectionLimits Limits(GatewayOptions options) => new(options, new ManualTime(), NullLogger<ConnectionLimits>.Instance);

    private static IPAddress Address(int number) => new([198, 51, 100, (byte)number]);
}
