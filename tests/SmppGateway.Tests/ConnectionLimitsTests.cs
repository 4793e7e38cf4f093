using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace SmppGateway.Tests;

public sealed class ConnectionLimitsTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTime time = new();
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

    [Fact]
    public void The_silent_are_closed_after_a_while_so_many_a_second()
    {
        var limits = Limits(
            new GatewayOptions
            {
                UnboundPerAddress = 100,
                SilentFor = TimeSpan.FromSeconds(10),
                SilentClosedPerSecond = 20,
            }
        );
        for (var i = 0; i < 50; i++)
        {
            var number = i;
            limits.TryEnter(Here, () => aborted.Add(number));
        }

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Empty(aborted);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, 20), aborted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((50, 0), (aborted.Count, limits.Unbound));
    }

    [Fact]
    public async Task Who_asked_for_something_is_not_closed_for_silence_and_makes_room_last()
    {
        var limits = Limits(new GatewayOptions { MaxUnbound = 2, SilentFor = TimeSpan.FromSeconds(10) });
        var asks = limits.TryEnter(Address(0), () => aborted.Add(0))!;
        Assert.True(await asks.FirstPduAsync(await FilledAsync(EnquireLink), null, None));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(aborted);

        limits.TryEnter(Address(1), () => aborted.Add(1));
        limits.TryEnter(Address(2), () => aborted.Add(2));
        Assert.Equal([1], aborted);
    }

    [Fact]
    public async Task The_first_PDU_is_waited_for_octet_by_octet_and_left_to_be_read()
    {
        var pipe = new Pipe();
        var waiting = Seat().FirstPduAsync(pipe.Reader, null, None).AsTask();
        foreach (var octet in EnquireLink.SkipLast(1))
        {
            await pipe.Writer.WriteAsync(new[] { octet });
            Assert.False(waiting.IsCompleted);
        }

        await pipe.Writer.WriteAsync(EnquireLink.AsMemory(EnquireLink.Length - 1));

        Assert.True(await waiting);
        Assert.True(pipe.Reader.TryRead(out var read));
        Assert.Equal(EnquireLink, read.Buffer.ToArray());
    }

    [Theory]
    [InlineData("47455420")] // GET of HTTP, read as a length
    [InlineData("0000000F")] // shorter than a header
    public async Task What_is_no_PDU_is_the_sessions_to_refuse(string octets) =>
        Assert.True(await Seat().FirstPduAsync(await FilledAsync(Convert.FromHexString(octets)), null, None));

    [Fact]
    public async Task Who_hangs_up_before_the_first_PDU_is_whole_gets_no_session()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(EnquireLink.AsMemory(0, 10));
        await pipe.Writer.CompleteAsync();

        Assert.False(await Seat().FirstPduAsync(pipe.Reader, null, None));
    }

    [Fact]
    public async Task Who_is_silent_does_not_hold_up_a_stop()
    {
        using var closing = new CancellationTokenSource();
        var waiting = Seat().FirstPduAsync(new Pipe().Reader, null, closing.Token);

        await closing.CancelAsync();

        Assert.False(await waiting);
    }

    [Fact]
    public async Task Who_makes_room_before_its_first_PDU_is_whole_ends_without_being_cut_off()
    {
        var limits = Limits(new GatewayOptions { MaxUnbound = 1 });
        var waiting = limits.TryEnter(Address(0), () => aborted.Add(0))!.FirstPduAsync(new Pipe().Reader, null, None);

        limits.TryEnter(Address(1), () => aborted.Add(1));

        Assert.False(await waiting);
        Assert.Empty(aborted);
    }

    private static readonly byte[] EnquireLink = Convert.FromHexString("00000010000000150000000000000001");

    private static async Task<PipeReader> FilledAsync(byte[] octets)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(octets);
        return pipe.Reader;
    }

    private ConnectionSeat Seat() => Limits(new GatewayOptions()).TryEnter(Here, () => { })!;

    private ConnectionLimits Limits(GatewayOptions options) => new(options, time, NullLogger<ConnectionLimits>.Instance);

    private static IPAddress Address(int number) => new([198, 51, 100, (byte)number]);
}
