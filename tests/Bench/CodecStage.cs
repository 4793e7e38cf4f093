using System.Buffers;
using System.Text;
using Smpp;
using Smpp.Pdus;
using Smpp.Text;
using Smpp.Wire;

namespace Bench;

/// <summary>Stage 1: PDUs to bytes and back, receipts and texts, on one thread.</summary>
sealed class CodecStage
{
    const int MaxTlvs = 256;
    const string Nanoseconds = "ns/op";
    const string Bytes = "B/op";

    const string Text = "bench your code is 4711, valid until tomorrow, thank you 1234";
    const string Receipt =
        "id:0193A5B2C4D67E8F90A1B2C3D4E5F607 sub:001 dlvrd:001 submit date:2611210543 done date:2611210544 stat:DELIVRD err:000 text:bench";

    readonly StageReport report = new()
    {
        Stage = "codec",
        What = "one thread; a submit_sm with 60 octets of text, the conventional text of a receipt, 480 characters in 4 parts",
    };
    readonly ArrayBufferWriter<byte> output = new(1024);
    int failed;

    public static StageReport Run()
    {
        var stage = new CodecStage();
        stage.MeasurePdus();
        stage.MeasureTexts();
        if (stage.failed > 0)
        {
            stage.report.Failures.Add($"{stage.failed} operations failed");
        }
        return stage.report;
    }

    void MeasurePdus()
    {
        var submit = new SubmitSm
        {
            Source = new Address(5, 0, "LOAD"),
            Destination = new Address(1, 1, "491700000001"),
            RegisteredDelivery = 1,
            ShortMessage = SmppEncoding.Gsm7Bit.Encode(Text),
        };
        var deliver = new DeliverSm
        {
            Source = new Address(1, 1, "491700000001"),
            Destination = new Address(5, 0, "LOAD"),
            EsmClass = 0x04,
            ShortMessage = Encoding.ASCII.GetBytes(Receipt),
        };
        var accepted = SubmitSmResp.Accepted("0193a5b2c4d67e8f90a1b2c3d4e5f607");
        Decode("submit_sm decode", submit);
        Encode("submit_sm encode", submit);
        Decode("submit_sm_resp decode", accepted);
        Encode("submit_sm_resp encode", accepted);
        Decode("deliver_sm (receipt) decode", deliver);
        Encode("deliver_sm (receipt) encode", deliver);
        report.AtMost("submit_sm decode", Nanoseconds, 300);
        report.AtMost("submit_sm encode", Nanoseconds, 200);
    }

    void MeasureTexts()
    {
        var receipt = Encoding.ASCII.GetBytes(Receipt);
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
        report.AtMost("receipt text parse", Nanoseconds, 1000);

        var septets = SmppEncoding.Gsm7Bit.Encode(Text);
        var units = SmppEncoding.Ucs2.Encode(Text);
        var longContent = SmppEncoding.Gsm7Bit.Encode(string.Concat(Enumerable.Repeat(Text, 8))[..480]);
        Encode("GSM 7-bit encode", SmppEncoding.Gsm7Bit);
        Decode("GSM 7-bit decode", SmppEncoding.Gsm7Bit, septets);
        Encode("UCS-2 encode", SmppEncoding.Ucs2);
        Decode("UCS-2 decode", SmppEncoding.Ucs2, units);
        Add(
            "split into 4 parts",
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += Segmentation.Split(longContent, 0).Count == 4 ? 0 : 1;
                }
            }
        );
        Add(
            "count the parts of a text",
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += Segmentation.CountParts(Text) == 1 ? 0 : 1;
                }
            }
        );
    }

    void Decode(string name, IPdu pdu)
    {
        failed += PduCodec.TryWrite(output, pdu, 1, out _) ? 0 : 1;
        var bytes = output.WrittenMemory.ToArray();
        output.ResetWrittenCount();
        var status = pdu is IResponse response ? response.Status : CommandStatus.Ok;
        var header = new PduHeader((uint)bytes.Length, pdu.CommandId, status, 1);
        Add(
            name,
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += PduCodec.TryRead(header, bytes.AsSpan(PduHeader.Size), MaxTlvs, out _, out _) ? 0 : 1;
                }
            }
        );
    }

    void Encode(string name, IPdu pdu) =>
        Add(
            name,
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    output.ResetWrittenCount();
                    failed += PduCodec.TryWrite(output, pdu, (uint)i, out _) ? 0 : 1;
                }
                output.ResetWrittenCount();
            }
        );

    void Encode(string name, SmppEncoding encoding) =>
        Add(
            name,
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += encoding.Encode(Text).Length > 0 ? 0 : 1;
                }
            }
        );

    void Decode(string name, SmppEncoding encoding, byte[] octets) =>
        Add(
            name,
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    failed += encoding.Decode(octets).Length == Text.Length ? 0 : 1;
                }
            }
        );

    void Add(string name, Action<int> repeat)
    {
        var cost = Rounds.Measure(repeat);
        report.Add(name, (Nanoseconds, cost.Nanoseconds), (Bytes, cost.Bytes));
    }
}
