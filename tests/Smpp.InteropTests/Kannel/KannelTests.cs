using System.Diagnostics.CodeAnalysis;
using System.Text;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Text;
using Xunit;

namespace Smpp.InteropTests.Kannel;

/// <summary>Kannel's bearerbox binds to our library as an ESME: an implementation of SMPP that is not ours, and widely used.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "xunit calls DisposeAsync.")]
public sealed class KannelTests : IAsyncLifetime
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    readonly Centre centre = new();
    readonly Callbacks callbacks = new();
    KannelBoxes kannel = null!;
    SmppSession session = null!;

    public async Task InitializeAsync()
    {
        kannel = await KannelBoxes.StartAsync(centre.Port, callbacks.MessageUrl);
        session = await centre.BoundAsync(patience);
    }

    public async Task DisposeAsync()
    {
        await kannel.DisposeAsync();
        await centre.DisposeAsync();
        await callbacks.DisposeAsync();
    }

    [Fact]
    public async Task It_binds_and_its_keep_alive_is_answered()
    {
        Assert.Equal((SessionState.BoundTrx, "kannel", (byte)0x34), (session.State, session.SystemId, session.InterfaceVersion));
        await centre.ReceivedAsync(CommandId.EnquireLink).WaitAsync(patience);
        Assert.True(session.State.IsBound());
    }

    [Theory]
    [InlineData("DELIVRD", 2, "1")]
    [InlineData("UNDELIV", 5, "2")]
    [InlineData("EXPIRED", 3, "2")]
    public async Task A_submit_is_accepted_and_its_receipt_reported(string stat, byte state, string expected)
    {
        const string Text = "Grüße @ £5 {€} [ok]"; // of both GSM tables
        await kannel.SendAsync(Text, callbacks.ReportUrl(stat));
        var (submit, id) = await centre.SubmitAsync(patience);
        Assert.Equal("Kannel", submit.Source.Digits);
        Assert.Equal("436641234567", submit.Destination.Digits);
        Assert.Equal(0, submit.DataCoding);
        Assert.Equal(1, submit.RegisteredDelivery & 3);
        Assert.Equal(Text, SmppEncoding.Gsm7Bit.Decode(submit.ShortMessage.Span));
        await ReportedAsync("8", id); // accepted

        var receipt = new ReceiptText
        {
            Id = id,
            Dlvrd = state == 2 ? "001" : "000",
            SubmitDate = new DateTime(2026, 11, 21, 7, 30, 0),
            DoneDate = new DateTime(2026, 11, 21, 7, 31, 0),
            Stat = stat,
            Text = "Hello",
        };
        var reply = await session.SendAsync(
            new DeliverSm
            {
                Source = submit.Destination,
                Destination = submit.Source,
                EsmClass = 0x04,
                ShortMessage = Encoding.ASCII.GetBytes(receipt.ToString()),
            }
        );
        Assert.True(reply.IsOk);
        var said = await ReportedAsync(expected, id);
        Assert.Contains($"stat:{stat}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_submit_is_reported_as_such()
    {
        centre.NextStatus = CommandStatus.InvDstAdr;
        await kannel.SendAsync("to nobody", callbacks.ReportUrl("refused"));
        await centre.SubmitAsync(patience);
        var report = await callbacks.ReportAsync(patience);
        Assert.Equal("16", report["type"]);
        Assert.Contains("0x0000000b", report["said"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_throttled_submit_is_sent_again()
    {
        centre.NextStatus = CommandStatus.Throttled;
        await kannel.SendAsync("again");
        await centre.SubmitAsync(patience);
        centre.NextStatus = CommandStatus.Ok;
        var (again, _) = await centre.SubmitAsync(patience);
        Assert.Equal("again", SmppEncoding.Gsm7Bit.Decode(again.ShortMessage.Span));
    }

    [Fact]
    public async Task A_text_beyond_the_alphabet_comes_as_ucs2()
    {
        const string Text = "Привет, 世界 😀";
        await kannel.SendAsync(Text, ucs2: true);
        var (submit, _) = await centre.SubmitAsync(patience);
        Assert.Equal(8, submit.DataCoding);
        Assert.Equal(Text, SmppEncoding.Ucs2.Decode(submit.ShortMessage.Span));
    }

    [Fact]
    public async Task A_long_text_comes_in_parts_that_join()
    {
        var text = string.Concat(Enumerable.Range(0, 40).Select(i => $"part of {i} € "));
        await kannel.SendAsync(text);
        var joined = new SortedDictionary<byte, string>();
        var references = new HashSet<ushort>();
        int total;
        do
        {
            var (submit, _) = await centre.SubmitAsync(patience);
            Assert.Equal(0x40, submit.EsmClass & 0x40);
            Assert.True(UserDataHeader.TryParse(submit.ShortMessage, out var header));
            var part = header!.Concatenation!.Value;
            total = part.Total;
            references.Add(part.Reference);
            joined.Add(part.Sequence, SmppEncoding.Gsm7Bit.Decode(submit.ShortMessage.Span[header.Length..]));
        } while (joined.Count < total);
        Assert.Single(references);
        Assert.Equal(text, string.Concat(joined.Values));
    }

    [Fact]
    public async Task A_mobile_originated_message_calls_its_service()
    {
        const string Text = "Grüße @ {€}";
        var reply = await session.SendAsync(
            new DeliverSm
            {
                Source = new Address(1, 1, "436649876543"),
                Destination = new Address(3, 0, "8000"),
                ShortMessage = SmppEncoding.Gsm7Bit.Encode(Text),
            }
        );
        Assert.True(reply.IsOk);
        var message = await callbacks.MessageAsync(patience);
        Assert.Equal("+436649876543", message["from"]); // ton 1 is international
        Assert.Equal("8000", message["to"]);
        Assert.Equal("0", message["coding"]);
        Assert.Equal(Text, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(message["text"]!)));
    }

    [Fact]
    public async Task A_mobile_originated_message_in_ucs2_keeps_its_octets()
    {
        var octets = SmppEncoding.Ucs2.Encode("Привет 😀");
        var reply = await session.SendAsync(
            new DeliverSm
            {
                Source = new Address(1, 1, "436649876543"),
                Destination = new Address(3, 0, "8000"),
                DataCoding = 8,
                ShortMessage = octets,
            }
        );
        Assert.True(reply.IsOk);
        var message = await callbacks.MessageAsync(patience);
        Assert.Equal("2", message["coding"]);
        Assert.Equal(octets, Encoding.Latin1.GetBytes(message["text"]!));
    }

    [Fact]
    public async Task Its_shutdown_unbinds_in_order()
    {
        await kannel.ShutDownAsync();
        Assert.Equal(SmppCloseReason.PeerUnbound, await centre.Closed.WaitAsync(patience));
    }

    [Fact]
    public async Task Our_unbind_is_answered_and_it_binds_again()
    {
        await session.UnbindAsync(patience);
        Assert.Equal(SmppCloseReason.Unbound, session.CloseReason);
        Assert.True((await centre.BoundAsync(patience)).State.IsBound());
    }

    async Task<string> ReportedAsync(string type, string id)
    {
        var report = await callbacks.ReportAsync(patience);
        Assert.True(report["type"] == type && (type == "8" || report["id"] == id), $"{report}\n{kannel.Log}");
        return report["said"]!;
    }
}
