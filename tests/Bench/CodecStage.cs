using System.Buffers;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Wire;

namespace Bench;

/// <summary>Stage 1: PDUs to bytes and back, on one thread.</summary>
static class CodecStage
{
    const int MaxTlvs = 256;

    public static StageReport Run()
    {
        var report = new StageReport
        {
            Stage = "codec",
            What = "one thread; a submit_sm with 60 octets of text, the conventional text of a receipt",
        };
        var submit = new SubmitSm
        {
            Source = new Address(5, 0, "LOAD"),
            Destination = new Address(1, 1, "491700000001"),
            RegisteredDelivery = 1,
            ShortMessage = SmppEncoding.Gsm7Bit.Encode("bench your code is 4711, valid until tomorrow, thank you 1234"),
        };
        var encoded = new ArrayBufferWriter<byte>();
        if (!PduCodec.TryWrite(encoded, submit, 1, out var fault))
        {
            report.Failures.Add($"submit_sm does not encode: {fault}");
            return report;
        }

        var bytes = encoded.WrittenMemory.ToArray();
        var header = new PduHeader((uint)bytes.Length, CommandId.SubmitSm, CommandStatus.Ok, 1);
        var output = new ArrayBufferWriter<byte>(1024);
        var receipt = System.Text.Encoding.ASCII.GetBytes(
            "id:0193A5B2C4D67E8F90A1B2C3D4E5F607 sub:001 dlvrd:001 submit date:2611210543 done date:2611210544 stat:DELIVRD err:000 text:bench"
        );

        var failed = 0;
        Add(
            "submit_sm decode",
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += PduCodec.TryRead(header, bytes.AsSpan(PduHeader.Size), MaxTlvs, out _, out _) ? 0 : 1;
                }
            }
        );
        Add(
            "submit_sm encode",
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    output.ResetWrittenCount();
                    failed += PduCodec.TryWrite(output, submit, (uint)i, out _) ? 0 : 1;
                }
            }
        );
        Add(
            "receipt text parse",
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += ReceiptText.TryParse(receipt, out _) ? 0 : 1;
                }
            }
        );
        if (failed > 0)
        {
            report.Failures.Add($"{failed} operations failed");
        }

        return report;

        void Add(string name, Action<int> repeat)
        {
            var cost = Rounds.Measure(repeat);
            report.Add(name, ("ns/op", cost.Nanoseconds), ("B/op", cost.Bytes));
        }
    }
}
