using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace SmppGateway.Tests;

public sealed class SubmitRatesTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Without_a_limit_everything_is_taken_and_with_a_limit_of_none_nothing()
    {
        gateway.Configure();
        Assert.Equal(200, await AcceptedAsync(200));

        gateway.Configure(rate: 0);
        Assert.Equal(0, await AcceptedAsync(3));
    }

    [Fact]
    public async Task The_user_s_and_the_account_s_limit_both_count_and_a_refusal_by_one_costs_the_other_nothing()
    {
        gateway.Configure(rate: 10, accountRate: 4);
        Assert.Equal(4, await AcceptedAsync(20));

        // 10 of the user's are there again at least: the account alone refused.
        gateway.Configure(rate: 10);
        Assert.Equal(6, await AcceptedAsync(20));
    }

    [Fact]
    public async Task A_changed_limit_counts_from_the_next_submit_on()
    {
        gateway.Configure(rate: 2);
        Assert.Equal(2, await AcceptedAsync(10));

        gateway.Configure(rate: 100);
        Assert.Equal(0, await AcceptedAsync(1));
        gateway.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(10, await AcceptedAsync(50));
    }

    [Fact]
    public async Task The_account_s_burst_may_be_more_than_its_rate()
    {
        gateway.Configure(accountRate: 1, burst: 7);
        Assert.Equal(7, await AcceptedAsync(20));
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, await AcceptedAsync(20));
    }

    [Fact]
    public async Task A_long_message_counts_by_its_parts()
    {
        gateway.Configure(rate: 5);
        var payload = TlvList.Empty.With(TlvTag.MessagePayload, [.. Enumerable.Repeat((byte)'A', 400)]);
        var pdu = Submit() with { ShortMessage = default, Tlvs = payload };

        Assert.Equal(CommandStatus.Ok, (await gateway.SubmitAsync(pdu)).Status);
        Assert.Equal(CommandStatus.Throttled, (await gateway.SubmitAsync(pdu)).Status);
        Assert.Equal(2, await AcceptedAsync(5));
    }

    [Fact]
    public async Task What_is_invalid_costs_no_rate()
    {
        gateway.Configure(rate: 1);
        Assert.Equal(CommandStatus.InvEsmClass, (await gateway.SubmitAsync(Submit() with { EsmClass = 1 })).Status);
        Assert.Equal(1, await AcceptedAsync(2));
    }

    private async Task<int> AcceptedAsync(int tries)
    {
        var accepted = 0;
        for (var i = 0; i < tries; i++)
        {
            var answer = await gateway.SubmitAsync(Submit());
            Assert.True(answer.Status is CommandStatus.Ok or CommandStatus.Throttled);
            accepted += answer.Status == CommandStatus.Ok ? 1 : 0;
        }

        return accepted;
    }

    private static SubmitSm Submit() =>
        new()
        {
            Source = new Address(5, 0, "Acme"),
            Destination = new Address(1, 1, "491700000001"),
            ShortMessage = "hello"u8.ToArray(),
        };
}
