using FsCheck.Fluent;
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
    [InlineData("", UserDataHeaderFault.Missing)]
    [InlineData("05000301", UserDataHeaderFault.LongerThanContent)]
    [InlineData("FF", UserDataHeaderFault.LongerThanContent)]
    [InlineData("0500FF010203", UserDataHeaderFault.ElementTooLong)]
    [InlineData("0100", UserDataHeaderFault.ElementTooLong)]
    [InlineData("03000100", UserDataHeaderFault.None)]
    [InlineData("00", UserDataHeaderFault.None)]
    public void A_header_that_does_not_fit_is_refused_and_says_why(string hex, UserDataHeaderFault expected)
    {
        var content = Convert.FromHexString(hex);
        Assert.Equal(expected == UserDataHeaderFault.None, UserDataHeader.TryParse(content, out var header, out var fault));
        Assert.Equal((expected, fault == UserDataHeaderFault.None), (fault, header is not null));
        var part = ReceivedPart.Of(0x40, 0, content, default);
        Assert.Equal((expected, content.Length - (header?.Length ?? 0)), (part.Fault, part.Body.Length));
    }

    [Fact]
    public void Any_elements_are_written_and_read_back_octet_for_octet()
    {
        var elements =
            from id in Gen.Choose(0, 255)
            from data in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
            select new UserDataElement((byte)id, data);
        Texts.Hold(
            elements.ListOf().ToArbitrary(),
            list =>
            {
                if (list.Sum(element => 2 + element.Data.Length) > 255)
                {
                    Assert.Throws<ArgumentException>(() => UserDataHeader.Of([.. list]));
                    return true;
                }
                var octets = UserDataHeader.Of([.. list]).ToArray();
                Assert.True(UserDataHeader.TryParse((byte[])[.. octets, 1, 2, 3], out var header));
                Assert.Equal(list.Select(Shown), header!.Elements.Select(Shown));
                return header.Length == octets.Length && header.ToArray().AsSpan().SequenceEqual(octets);
            }
        );

        static string Shown(UserDataElement element) => $"{element.Id:X2}:{Convert.ToHexString(element.Data.Span)}";
    }

    [Fact]
    public void Any_content_is_a_header_or_a_fault() =>
        Texts.Hold(
            Texts.Octets,
            octets =>
            {
                if (!UserDataHeader.TryParse(octets, out var header, out var fault))
                {
                    return fault != UserDataHeaderFault.None;
                }
                Assert.Equal(octets[..header!.Length], header.ToArray());
                return header.Concatenation is null or { IsLegal: true };
            }
        );

    [Fact]
    public void Of_several_concatenations_and_ports_the_last_counts()
    {
        Assert.True(UserDataHeader.TryParse(Convert.FromHexString("0F" + "0003010302" + "0804ABCD0301" + "04020102"), out var header));
        Assert.Equal((new Concatenation(0xABCD, 3, 1), ((ushort)1, (ushort)2)), (header!.Concatenation!.Value, header.Ports!.Value));
    }

    [Theory]
    [InlineData("050003010200")] // part 0
    [InlineData("050003010203")] // part 3 of 2
    public void An_impossible_part_is_no_concatenation(string hex)
    {
        Assert.True(UserDataHeader.TryParse(Convert.FromHexString(hex), out var header));
        Assert.Null(header!.Concatenation);
    }
}
