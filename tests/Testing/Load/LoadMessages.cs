using System.Globalization;
using System.Text;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace Testing.Load;

/// <summary>The messages of a run: number n is always the same one.</summary>
internal sealed class LoadMessages
{
    static readonly byte[] filling = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Repeat(" a message of the load", LoadOptions.MaxTextLength))
    );

    readonly LoadOptions options;
    readonly ulong packedRun;
    readonly Address source;

    public LoadMessages(LoadOptions options, string run)
    {
        this.options = options;
        Run = run;
        packedRun = Marker.Pack(run);
        var digits = options.Source.All(char.IsAsciiDigit);
        source = new Address(digits ? (byte)1 : (byte)5, digits ? (byte)1 : (byte)0, options.Source);
    }

    /// <summary>The run's part of each marker.</summary>
    public string Run { get; }

    public SubmitSm Make(uint number)
    {
        var text = new byte[options.TextLength];
        Marker.Write(text, Run, number);
        filling.AsSpan(0, text.Length - Marker.Length).CopyTo(text.AsSpan(Marker.Length));
        return new SubmitSm
        {
            Source = source,
            Destination = new Address(1, 1, DestinationOf(number)),
            RegisteredDelivery = options.Receipts ? (byte)1 : (byte)0,
            ShortMessage = text,
            Tlvs = TlvList.Empty.WithUInt16(TlvTag.UserMessageReference, (ushort)number),
        };
    }

    public string DestinationOf(uint number) =>
        (options.FirstDestination + number % (options.LastDestination - options.FirstDestination + 1)).ToString(
            CultureInfo.InvariantCulture
        );

    /// <summary>Whether a receipt quotes a marker, of this run or another.</summary>
    public static bool Quotes(UnmatchedReceipt receipt) => TryReadQuote(receipt, out _, out _);

    /// <summary>The message a receipt quotes; a marker of another run is number 0, which no message has.</summary>
    public bool TryFindQuoted(UnmatchedReceipt receipt, out uint number)
    {
        if (!TryReadQuote(receipt, out var run, out number))
        {
            return false;
        }
        number = run == packedRun ? number : 0;
        return true;
    }

    static bool TryReadQuote(UnmatchedReceipt receipt, out ulong run, out uint number)
    {
        ReadOnlySpan<byte> content = receipt.Content;
        var start = content.LastIndexOf("text:"u8);
        return Marker.TryRead(start < 0 ? default : content[(start + 5)..], out run, out number);
    }
}
