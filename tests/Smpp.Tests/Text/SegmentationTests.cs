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

    [Fact]
    public void Parts_of_random_texts_join_to_the_text_and_none_is_too_long()
    {
        var random = new Random(42);
        string[] alphabet = ["a", "@", "€", "[", "é"];
        string[] wide = ["a", "Ж", "😀", "€"];
        for (var round = 0; round < 500; round++)
        {
            var source = round % 2 == 0 ? alphabet : wide;
            var text = string.Concat(Enumerable.Range(0, random.Next(600)).Select(_ => source[random.Next(source.Length)]));
            var encoding = MessageText.Choose(text);
            var parts = Segmentation.Split(encoding.Encode(text), encoding.DataCoding);
            Assert.Equal(text, string.Concat(parts.Select(part => encoding.Decode(part.Span))));
            Assert.Equal(parts.Count, Segmentation.CountParts(text));
            Assert.All(parts, part => Assert.True(parts.Count == 1 || part.Length <= (encoding == SmppEncoding.Gsm7Bit ? 153 : 134)));
        }
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
