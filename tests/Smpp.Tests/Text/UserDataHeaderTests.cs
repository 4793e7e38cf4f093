using Smpp.Text;
using Xunit;

namespace Smpp.Tests.Text;

public class UserDataHeaderTests
{
    [Fact]
    public void Both_concatenation_forms_are_read_as_written()
    {
        Assert.True(UserDataHeader.TryParse((byte[])[.. UserDataHeader.Concatenate8(0xAB, 3, 2), 65], out var narrow));
        Assert.Equal(new Concatenation(0xAB, 3, 2), narrow!.Concatenation);
        Assert.Equal(6, narrow.Length);
        Assert.True(UserDataHeader.TryParse(UserDataHeader.Concatenate16(0xABCD, 255, 255), out var wide));
        Assert.Equal(new Concatenation(0xABCD, 255, 255), wide!.Concatenation);
        Assert.Equal(7, wide.Length);
    }

    [Fact]
    public void Other_elements_are_kept_beside_the_concatenation()
    {
        Assert.True(UserDataHeader.TryParse(Convert.FromHexString("0D" + "05040B8423F0" + "0003070201" + "7000" + "41"), out var header));
        Assert.Equal([5, 0, 0x70], header!.Elements.Select(element => element.Id));
        Assert.Equal(new Concatenation(7, 2, 1), header.Concatenation);
        Assert.Equal(((ushort)0x0B84, (ushort)0x23F0), header.Ports!.Value);
        Assert.Equal(14, header.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("05000301")]
    [InlineData("0500FF010203")]
    [InlineData("0100")]
    public void A_header_that_does_not_fit_is_refused(string hex) =>
        Assert.False(UserDataHeader.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("050003010200")] // part 0
    [InlineData("050003010203")] // part 3 of 2
    public void An_impossible_part_is_no_concatenation(string hex)
    {
        Assert.True(UserDataHeader.TryParse(Convert.FromHexString(hex), out var header));
        Assert.Null(header!.Concatenation);
    }
}
