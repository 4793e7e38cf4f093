using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Persistence.Configuration;
using Xunit;

namespace Workers.Tests;

public sealed class PasswordSealTests
{
    private static readonly string Old = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private static readonly string New = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public void A_sealed_password_opens_and_tells_nothing_and_is_never_written_twice_the_same()
    {
        var seal = With($"k1={Old}");
        var stored = seal.Seal("mno", "geheim€");

        Assert.StartsWith("sealed$k1$", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", stored, StringComparison.Ordinal);
        Assert.NotEqual(stored, seal.Seal("mno", "geheim€"));
        Assert.True(seal.TryOpen("mno", stored, out var password, out _));
        Assert.Equal("geheim€", password);
    }

    [Fact]
    public void An_older_key_opens_and_the_first_one_seals()
    {
        var stored = With($"k1={Old}").Seal("mno", "secret");
        var seal = With($"k2={New}, k1={Old}");

        Assert.True(seal.TryOpen("mno", stored, out var password, out _));
        Assert.Equal("secret", password);
        Assert.False(seal.IsCurrent(stored));
        Assert.True(seal.IsCurrent(seal.Seal("mno", "secret")));
    }

    [Fact]
    public void Without_its_key_or_in_another_row_or_altered_it_stays_closed()
    {
        var seal = With($"k1={Old}");
        var stored = seal.Seal("mno", "secret");

        Assert.False(With($"k2={New}").TryOpen("mno", stored, out _, out var fault));
        Assert.Contains(PasswordSeal.Setting, fault, StringComparison.Ordinal);
        Assert.False(With($"k1={New}").TryOpen("mno", stored, out _, out _));
        Assert.False(seal.TryOpen("other", stored, out _, out _));
        var box = Convert.FromBase64String(stored.Split('$')[2]);
        box[^1] ^= 1;
        Assert.False(seal.TryOpen("mno", $"sealed$k1${Convert.ToBase64String(box)}", out _, out _));
        Assert.False(seal.TryOpen("mno", "sealed$k1$", out _, out _));
        Assert.False(seal.TryOpen("mno", "sealed$k1$!", out _, out _));
    }

    [Fact]
    public void Without_any_key_a_password_is_kept_as_given_and_opens_once_there_is_one()
    {
        var stored = With("").Seal("mno", "secret");

        Assert.Equal("secret", stored);
        Assert.True(With("").IsCurrent(stored));
        Assert.False(With($"k1={Old}").IsCurrent(stored));
        Assert.True(With($"k1={Old}").TryOpen("mno", stored, out var password, out _));
        Assert.Equal("secret", password);
    }

    [Theory]
    [InlineData("k1")]
    [InlineData("k1=")]
    [InlineData("k1=c2hvcnQ=")]
    [InlineData("=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("k1=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,k1=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void What_is_no_list_of_keys_stops_the_start(string keys) => Assert.Throws<FormatException>(() => With(keys));

    [Theory]
    [InlineData("env:MNO_1", "PLATFORM_SECRET_MNO_1", null, null)]
    [InlineData("smsc/mno", null, "smsc/mno", null)]
    [InlineData("smsc/mno#password", null, "smsc/mno", "password")]
    [InlineData(
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:smsc-1a2b3c#pw",
        null,
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:smsc-1a2b3c",
        "pw"
    )]
    public void A_reference_names_a_variable_or_a_secret(string text, string? variable, string? id, string? key)
    {
        Assert.True(SecretReference.TryParse(text, out var reference));
        Assert.Equal(new SecretReference(variable, id, key), reference);
    }

    [Theory]
    [InlineData("")]
    [InlineData("env:")]
    [InlineData("env:lower")]
    [InlineData("env:A B")]
    [InlineData("vault:x")]
    [InlineData("smsc#")]
    [InlineData("two words")]
    [InlineData("smsc\n")]
    public void Anything_else_is_no_reference(string text) => Assert.False(SecretReference.TryParse(text, out _));

    private static PasswordSeal With(string keys) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [PasswordSeal.Setting] = keys }).Build());
}
