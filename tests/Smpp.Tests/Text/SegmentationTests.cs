using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class SegmentationTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(152, 1)]
    [InlineData(153, 1)]
    [InlineData(154, 1)]
    [InlineData(159, 1)]
    [InlineData(160, 1)]
    [InlineData(161, 2)]
    [InlineData(306, 2)]
    [InlineData(307, 3)]
    public void Gsm_text_is_split_at_160_and_153_septets(int length, int parts) => AssertParts(new string('a', length), parts, 153);

    [Theory]
    [InlineData(69, 1)]
    [InlineData(70, 1)]
    [InlineData(71, 2)]
    [InlineData(134, 2)]
    [InlineData(135, 3)]
    public void Ucs2_text_is_split_at_70_and_67_units(int length, int parts) => AssertParts(new string('Ж', length), parts, 134);

    [Theory]
    [InlineData(140, 1)]
    [InlineData(141, 2)]
    [InlineData(268, 2)]
    [InlineData(269, 3)]
    public void Octets_are_split_at_140_and_134(int length, int parts)
    {
        Assert.Equal(parts, Segmentation.CountParts(new byte[length], 0x04, hasUdh: false));
        Assert.Equal(parts, Segmentation.Split(new byte[length], 0x04).Count);
    }

    [Fact]
    public void An_euro_counts_two_septets()
    {
        AssertParts(new string('a', 158) + "€", 1, 160);
        AssertParts(new string('a', 159) + "€", 2, 153);
    }

    [Fact]
    public void An_escape_is_never_parted_from_its_character()
    {
        var parts = AssertParts(new string('a', 152) + "€" + new string('b', 20), 2, 153);
        Assert.Equal(152, parts[0].Length);
        Assert.StartsWith("€b", SmppEncoding.Gsm7Bit.Decode(parts[1].Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_surrogate_pair_is_never_cut()
    {
        var parts = AssertParts(new string('Ж', 66) + "😀" + new string('Ж', 20), 2, 134);
        Assert.Equal(132, parts[0].Length);
        Assert.StartsWith("😀", SmppEncoding.Ucs2.Decode(parts[1].Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Content_with_a_header_is_one_part_as_it_stands()
    {
        Assert.Equal(1, Segmentation.CountParts(new byte[200], 0, hasUdh: true));
    }

    // Anchors of what other systems did wrong: a pair or an escape cut, '@' (0x00) taken for the end, the euro counted once.
    [Fact]
    public void Joined_parts_are_the_text_none_is_too_long_and_counting_finds_as_many()
    {
        foreach (var texts in new[] { Texts.Gsm, Texts.Wide })
        {
            Texts.Hold(
                texts,
                text =>
                {
                    var encoding = MessageText.Choose(text);
                    var content = encoding.Encode(text);
                    var parts = Segmentation.Split(content, encoding.DataCoding);
                    var decoded = parts.Select(part => encoding.Decode(part.Span)).ToArray();
                    Assert.Equal(text, string.Concat(decoded));
                    Assert.All(decoded, part => Assert.Equal(part, encoding.Decode(encoding.Encode(part)))); // no half pair
                    Assert.All(
                        parts,
                        part => Assert.NotEqual(0x1B, encoding == SmppEncoding.Gsm7Bit && part.Length > 0 ? part.Span[^1] : 0)
                    );
                    Assert.All(parts, part => Assert.True(parts.Count == 1 || part.Length <= (encoding == SmppEncoding.Ucs2 ? 134 : 153)));
                    Assert.Equal(parts.Count, Segmentation.CountParts(content, encoding.DataCoding, hasUdh: false));
                    return parts.Count == Segmentation.CountParts(text);
                }
            );
        }
    }

    [Fact]
    public void Counting_finds_as_many_parts_as_splitting_in_every_encoding_also_of_what_it_cannot_encode()
    {
        SmppEncoding[] encodings =
        [
            SmppEncoding.Gsm7Bit,
            SmppEncoding.Ascii,
            SmppEncoding.Latin1,
            SmppEncoding.Cyrillic,
            SmppEncoding.Hebrew,
            SmppEncoding.Ucs2,
            SmppEncoding.Octets,
        ];
        Texts.Hold(
            Texts.Broken,
            text =>
            {
                foreach (var encoding in encodings)
                {
                    Assert.Equal(
                        Segmentation.Split(encoding.Encode(text), encoding.DataCoding).Count,
                        Segmentation.CountParts(text, encoding)
                    );
                }
                return true;
            }
        );
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var gsm = string.Concat(Enumerable.Repeat("Hello [world] €5 @ ", 40));
        var wide = string.Concat(Enumerable.Repeat("Привет 😀 ", 40));
        var total = Count(); // makes what is made once
        var before = GC.GetAllocatedBytesForCurrentThread();
        total += Count();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2 * (6 + 6 + 6), total);

        int Count() =>
            Segmentation.CountParts(gsm)
            + Segmentation.CountParts(wide)
            + Segmentation.CountParts(gsm, Gsm7Alphabet.Get(NationalLanguage.Turkish, NationalLanguage.Turkish));
    }

    [Theory]
    [InlineData(new byte[] { 0xD8, 0x00 })] // high surrogates only
    [InlineData(new byte[] { 0xDC, 0x00 })] // low ones only
    public void Surrogates_without_their_other_half_are_split_as_units(byte[] unit)
    {
        var content = Enumerable.Repeat(unit, 100).SelectMany(octets => octets).ToArray();
        var parts = Segmentation.Split(content, 0x08);
        Assert.Equal([134, 66], parts.Select(part => part.Length));
    }

    [Fact]
    public void A_row_of_escapes_is_split_all_the_same()
    {
        var parts = Segmentation.Split(Enumerable.Repeat((byte)0x1B, 400).ToArray(), 0x00);
        Assert.Equal(400, parts.Sum(part => part.Length));
        Assert.Equal(3, parts.Count);
    }

    static IReadOnlyList<ReadOnlyMemory<byte>> AssertParts(string text, int expected, int limit)
    {
        var encoding = MessageText.Choose(text);
        var content = encoding.Encode(text);
        var parts = Segmentation.Split(content, encoding.DataCoding);
        Assert.Equal(expected, parts.Count);
        Assert.Equal(expected, Segmentation.CountParts(content, encoding.DataCoding, hasUdh: false));
        Assert.Equal(expected, Segmentation.CountParts(text));
        Assert.All(parts, part => Assert.True(expected == 1 || part.Length <= limit));
        Assert.Equal(text, string.Concat(parts.Select(part => encoding.Decode(part.Span))));
        return parts;
    }
}
