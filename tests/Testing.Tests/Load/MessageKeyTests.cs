using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class MessageKeyTests
{
    [Theory]
    [InlineData("019aa1b2c3d47e8f9012345678abcdef", nameof(IdForm.Hex))]
    [InlineData("019aa1b2-c3d4-7e8f-9012-345678abcdef", nameof(IdForm.Uuid))]
    [InlineData("1763703600000001", nameof(IdForm.Decimal))]
    [InlineData("340282366920938463463374607431768211455", nameof(IdForm.Decimal))]
    [InlineData("6443FE1A2B3C", nameof(IdForm.Short))]
    [InlineData("a1B2c3D4", nameof(IdForm.Short))]
    [InlineData("007", nameof(IdForm.Short))]
    [InlineData("", nameof(IdForm.Short))]
    public void Every_form_of_id_comes_back_as_it_was(string id, string form)
    {
        var key = MessageKey.Of(id, out var found);
        Assert.Equal(form, found.ToString());
        Assert.Equal(id, key.ToText(found));
    }

    [Fact]
    public void An_id_that_is_too_long_is_recognised_by_its_hash()
    {
        var key = MessageKey.Of("an-operators-own-idea-of-an-id", out var form);
        Assert.Equal(IdForm.Hashed, form);
        Assert.Equal(key, MessageKey.Of("an-operators-own-idea-of-an-id", out _));
        Assert.NotEqual(key, MessageKey.Of("an-operators-own-idea-of-an-iD", out _));
        Assert.StartsWith("hash:", key.ToText(form), StringComparison.Ordinal);
    }

    [Fact]
    public void Spellings_that_differ_are_different_ids()
    {
        string[] spellings = ["7", "07", "007", "7 ", "019aa1b2c3d47e8f9012345678abcdef", "019AA1B2C3D47E8F9012345678ABCDEF", ""];
        Assert.Equal(spellings.Length, spellings.Select(id => MessageKey.Of(id, out _)).Distinct().Count());
    }
}
