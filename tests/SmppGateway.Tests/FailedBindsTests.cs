using System.Net;
using Messaging.Tests;
using Xunit;

namespace SmppGateway.Tests;

public sealed class FailedBindsTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress There = IPAddress.Parse("192.0.2.2");

    private readonly ManualTime time = new();

    [Fact]
    public void From_the_fifth_on_refusals_are_delayed_a_second_doubling_to_thirty()
    {
        var failures = new FailedBinds(new GatewayOptions(), time);

        var delays = Enumerable.Range(0, 12).Select(_ => failures.Count("esme", Here).Delay.TotalSeconds);

        Assert.Equal([0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30], delays);
    }

    [Fact]
    public void Another_address_and_another_name_start_from_the_beginning()
    {
        var failures = Attacked();

        Assert.Equal(TimeSpan.Zero, failures.Count("esme", There).Delay);
        Assert.Equal(TimeSpan.Zero, failures.Count("other", Here).Delay);
        Assert.Equal(TimeSpan.FromSeconds(1), failures.Count("esme", Here).Delay);
    }

    [Fact]
    public void The_right_password_clears_its_pair_and_its_address_stays_suspect()
    {
        var failures = Attacked();

        failures.Clear("esme", Here);

        Assert.Equal(TimeSpan.Zero, failures.Count("esme", Here).Delay);
        Assert.True(failures.IsSuspect(Here));
        Assert.False(failures.IsSuspect(There));
    }

    [Fact]
    public void An_attack_is_announced_once_for_an_address_whatever_names_it_tries()
    {
        var failures = new FailedBinds(new GatewayOptions(), time);

        var counted = Enumerable.Range(0, 100).Select(i => failures.Count($"esme{i}", Here)).ToList();

        Assert.Equal([4], Enumerable.Range(0, 100).Where(i => counted[i].AttackBegins));
        Assert.Equal(96, counted.Count(failure => failure.IsAttack));
    }

    [Fact]
    public void What_is_long_past_is_forgotten()
    {
        var options = new GatewayOptions();
        var failures = Attacked();

        time.Advance(options.FailureMemory);

        Assert.False(failures.IsSuspect(Here));
        Assert.Equal(TimeSpan.Zero, failures.Count("esme", Here).Delay);
    }

    [Fact]
    public void Many_strangers_take_no_more_memory_than_few()
    {
        var table = new RecentTable<int, int>(100, TimeSpan.FromMinutes(1), time);
        for (var i = 0; i < 10_000; i++)
        {
            table.Set(i, i);
        }

        Assert.Equal(100, table.Count);
        Assert.True(table.TryGet(9_999, out _));
        Assert.False(table.TryGet(9_899, out _));
    }

    [Fact]
    public void A_network_of_sixty_four_bits_is_one_address_of_IPv6()
    {
        var failures = new FailedBinds(new GatewayOptions(), time);
        failures.Count("esme", IPAddress.Parse("2001:db8:1:2::1"));

        Assert.True(failures.IsSuspect(IPAddress.Parse("2001:db8:1:2:ffff::9")));
        Assert.False(failures.IsSuspect(IPAddress.Parse("2001:db8:1:3::1")));
        failures.Count("esme", IPAddress.Parse("::ffff:192.0.2.1"));
        Assert.True(failures.IsSuspect(Here));
    }

    private FailedBinds Attacked()
    {
        var failures = new FailedBinds(new GatewayOptions(), time);
        for (var i = 0; i < 4; i++)
        {
            failures.Count("esme", Here);
        }

        return failures;
    }
}
