using Smpp.Fuzz.Inputs;
using Smpp.Text;

namespace Smpp.Fuzz.Targets;

/// <summary>Receipt texts: what is read keeps its id, state and error when it is written and read again.</summary>
sealed class ReceiptTarget : FuzzTarget
{
    static readonly byte[][] receipts =
    [
        [.. "id:0123456789 sub:001 dlvrd:001 submit date:2611210543 done date:2611210544 stat:DELIVRD err:000 text:hello"u8],
        [.. "id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E Text: . . . . ."u8],
        [.. "id: 4a0c-11 SUB:1 DLVRD:1 Submit Date:261121054300 Done Date:261121054400 STAT:delivrd ERR:0"u8],
        [.. "id:77,sub:001,dlvrd:001,submit date:2611210543,done date:2611210544,stat:UNDELIV,err:0x1F,text:"u8],
        [.. "stat:EXPIRED"u8],
    ];

    public override string Name => "receipt";
    public override int Weight => 6;

    public override FuzzInput Make(Random random)
    {
        byte[] octets = [.. receipts[random.Next(receipts.Length)]];
        for (var i = random.Next(5); i > 0; i--)
        {
            octets =
                random.Next(4) == 0
                    ? [.. octets.AsSpan(random.Next(octets.Length + 1)), .. receipts[random.Next(receipts.Length)]]
                    : PduMutator.MutateAny(octets, random);
        }
        return new FuzzInput(octets, 0);
    }

    public override ValueTask<FuzzVerdict> CheckAsync(byte[] octets)
    {
        if (!ReceiptText.TryParse(octets, out var receipt))
        {
            return Verdict(taken: false);
        }
        FuzzFailure.Unless(receipt!.Id.Length > 0 || receipt.Stat.Length > 0, "a receipt of nothing");
        FuzzFailure.Unless(receipt.MessageState is null or <= 9, "a state that there is not");
        var written = receipt.ToString();
        FuzzFailure.Unless(ReceiptText.TryParse(written, out var again), "what was written is no receipt");
        FuzzFailure.Unless(
            again!.Id == receipt.Id && again.Stat == receipt.Stat && again.Err == receipt.Err,
            "written and read it has changed"
        );
        return Verdict(taken: true);
    }
}
