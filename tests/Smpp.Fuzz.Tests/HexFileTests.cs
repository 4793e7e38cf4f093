using Xunit;

namespace Smpp.Fuzz.Tests;

public class HexFileTests
{
    [Fact]
    public void Octets_come_back_and_comments_do_not()
    {
        var octets = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var text = HexFile.Format(["what: 12 34", "two\nlines"], octets);
        Assert.Equal(octets, HexFile.Parse(text));
        Assert.StartsWith("# what: 12 34\n# two\n# lines\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_an_octet_is_refused() => Assert.Throws<FormatException>(() => HexFile.Parse("00 1"));
}
