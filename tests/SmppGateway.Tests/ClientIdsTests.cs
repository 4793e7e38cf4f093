using Contracts;
using Persistence.Configuration;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Xunit;

namespace SmppGateway.Tests;

public sealed class ClientIdsTests : IAsyncDisposable
{
    private readonly Gateway gateway = new();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(MessageIdFormat.Hex)]
    [InlineData(MessageIdFormat.Uuid)]
    [InlineData(MessageIdFormat.Decimal)]
    public async Task An_id_given_out_tells_the_message_in_whatever_case_it_comes_back(MessageIdFormat format)
    {
        gateway.Configure(format);
        var answer = await SubmitAsync();

        Assert.True(ClientIds.TryRead(answer.MessageId.ToUpperInvariant(), out var wire));

        Assert.Equal(new WireId(answer.MessageId, (await gateway.TakeAsync()).Id), wire);
    }

    [Fact]
    public async Task A_short_id_has_eight_characters_and_the_message_remembers_it()
    {
        gateway.Configure(MessageIdFormat.Short);
        gateway.ShortIds.Add([5_000]);

        var answer = await SubmitAsync();

        Assert.Equal("000004w8", answer.MessageId);
        Assert.Equal("000004w8", (await gateway.TakeAsync()).ClientId);
        Assert.True(ClientIds.TryRead("000004W8", out var wire));
        Assert.Equal(new WireId("000004w8", null), wire);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x33)]
    public async Task A_bind_of_3_3_gets_short_ids_whatever_the_user_s_format(byte version)
    {
        gateway.InterfaceVersion = version;
        gateway.ShortIds.Add([0]);

        Assert.Equal("00000000", (await SubmitAsync()).MessageId);
    }

    [Fact]
    public async Task Without_a_short_id_nothing_is_accepted()
    {
        gateway.Configure(MessageIdFormat.Short);

        Assert.Equal(CommandStatus.MsgQFul, (await SubmitAsync()).Status);
        Assert.Equal(0, gateway.Queue.SendCount);

        gateway.ShortIds.Add([0]);
        Assert.Equal(CommandStatus.Ok, (await SubmitAsync()).Status);
    }

    [Fact]
    public async Task Blocks_are_used_up_by_many_at_once_and_no_number_twice()
    {
        gateway.ShortIds.Add([7_000, 1_099_511_626_000, 0]);

        var taken = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        var ids = new List<string>();
                        while (gateway.ShortIds.TryNext(out var id))
                        {
                            ids.Add(id);
                        }

                        return ids;
                    })
                )
        );

        var all = taken.SelectMany(ids => ids).ToList();
        Assert.Equal(3 * MessageLedger.ShortIdBlock, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.All(all, id => Assert.True(ShortIds.IsOne(id)));
        Assert.Contains(ShortIds.Format(1_099_511_626_999), all);
    }

    [Theory]
    [InlineData(0, "00000000")]
    [InlineData(31, "0000000z")]
    [InlineData(32, "00000010")]
    [InlineData((1L << 40) - 1, "zzzzzzzz")]
    public void Numbers_in_letters(long number, string id) => Assert.Equal(id, ShortIds.Format(number));

    [Theory]
    [InlineData("")]
    [InlineData("1234567")]
    // Letters that are left out.
    [InlineData("0000000i")]
    [InlineData("0000000!")]
    [InlineData("0123456789abcdef0123456789abcdeg")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    [InlineData("999999999999999999999999999999999999999")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdeg")]
    public void Other_texts_are_no_ids(string text) => Assert.False(ClientIds.TryRead(text, out _));

    [Fact]
    public void Every_id_of_these_centuries_has_a_decimal_form_of_37_or_38_digits()
    {
        foreach (var year in new[] { 2020, 2100, 2500 })
        {
            var id = MessageId.New(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero));
            var digits = UInt128.Parse(id.ToString(), System.Globalization.NumberStyles.HexNumber, null).ToString(null, null);
            Assert.InRange(digits.Length, 37, 38);
            Assert.True(ClientIds.TryRead(digits, out var wire));
            Assert.Equal(id, wire.Value.Id);
        }
    }

    private Task<SubmitSmResp> SubmitAsync() =>
        gateway.SubmitAsync(
            new SubmitSm
            {
                Source = new Address(5, 0, "Acme"),
                Destination = new Address(1, 1, "491700000001"),
                ShortMessage = "hello"u8.ToArray(),
            }
        );
}
