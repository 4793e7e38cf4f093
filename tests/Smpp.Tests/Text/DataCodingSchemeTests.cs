using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class DataCodingSchemeTests
{
    // SMPP 5.0 section 4.7.7 and 3GPP TS 23.038 section 4, every value.
    [Fact]
    public void Every_data_coding_has_its_encoding()
    {
        for (var value = 0; value <= 0xFF; value++)
        {
            var expected = value switch
            {
                0x00 => "latin1", // the link's default
                0x01 => "ascii",
                0x03 => "latin1",
                0x06 => "cyrillic",
                0x07 => "hebrew",
                0x08 => "ucs2",
                >= 0x10 and <= 0x13 or >= 0x50 and <= 0x53 or >= 0x40 and <= 0x43 => "gsm7",
                >= 0x18 and <= 0x1B or >= 0x58 and <= 0x5B or >= 0x48 and <= 0x4B => "ucs2",
                >= 0xC0 and <= 0xDF => "gsm7",
                >= 0xE0 and <= 0xEF => "ucs2",
                >= 0xF0 and <= 0xF3 or >= 0xF8 and <= 0xFB => "gsm7",
                _ => "octets",
            };
            Assert.Equal((value, expected), (value, SmppEncoding.FromDataCoding((byte)value, SmppEncoding.Latin1).Name));
        }
    }

    [Theory]
    [InlineData(0x00, null)]
    [InlineData(0x08, null)]
    [InlineData(0x10, MessageClass.Flash)]
    [InlineData(0x11, MessageClass.Handset)]
    [InlineData(0x12, MessageClass.Sim)]
    [InlineData(0x13, MessageClass.TerminalEquipment)]
    [InlineData(0x18, MessageClass.Flash)]
    [InlineData(0x40, null)]
    [InlineData(0x50, MessageClass.Flash)]
    [InlineData(0x80, null)]
    [InlineData(0xC8, null)]
    [InlineData(0xF0, MessageClass.Flash)]
    [InlineData(0xF5, MessageClass.Handset)]
    [InlineData(0xF3, MessageClass.TerminalEquipment)]
    public void The_class_is_read(byte value, MessageClass? expected) => Assert.Equal(expected, new DataCodingScheme(value).Class);

    [Theory]
    [InlineData(MessageClass.Flash)]
    [InlineData(MessageClass.Sim)]
    public void A_class_is_written_for_the_three_alphabets_that_have_one(MessageClass messageClass)
    {
        foreach (var encoding in new[] { SmppEncoding.Gsm7Bit, SmppEncoding.Ucs2, SmppEncoding.Octets })
        {
            var scheme = DataCodingScheme.Of(encoding, messageClass)!.Value;
            Assert.Equal((messageClass, encoding), (scheme.Class, scheme.Encoding(SmppEncoding.Latin1)));
        }
        Assert.Null(DataCodingScheme.Of(SmppEncoding.Latin1, messageClass));
        Assert.Equal("0x18", DataCodingScheme.Of(SmppEncoding.Ucs2, MessageClass.Flash).ToString());
    }

    [Fact]
    public void Waiting_compression_and_deletion_are_read()
    {
        Assert.Equal(new MessageWaiting(WaitingKind.VoiceMail, IsActive: true, IsStored: false), new DataCodingScheme(0xC8).Waiting);
        Assert.Equal(new MessageWaiting(WaitingKind.Fax, IsActive: false, IsStored: true), new DataCodingScheme(0xD1).Waiting);
        Assert.Equal(new MessageWaiting(WaitingKind.Other, IsActive: true, IsStored: true), new DataCodingScheme(0xEB).Waiting);
        Assert.Null(new DataCodingScheme(0xF0).Waiting);
        Assert.True(new DataCodingScheme(0x20).IsCompressed);
        Assert.False(new DataCodingScheme(0x10).IsCompressed);
        Assert.True(new DataCodingScheme(0x44).IsDeletedAfterReading);
        Assert.False(new DataCodingScheme(0x04).IsDeletedAfterReading);
    }
}
