using FsCheck;
using FsCheck.Fluent;

namespace Smpp.Tests.Text;

/// <summary>What FsCheck makes for properties of text, and how often it tries: seeded, so that a failure comes again.</summary>
static class Texts
{
    static readonly Config config = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(400).WithReplay(20261121UL, 17UL);

    /// <summary>Characters of the default alphabet and its extension table.</summary>
    public static Arbitrary<string> Gsm { get; } = Of("a", "z", " ", "@", "é", "Δ", "€", "[", "^", "\n", "\f");

    /// <summary>Anything that UTF-16 has, pairs more often than life.</summary>
    public static Arbitrary<string> Wide { get; } = Of("a", "Ж", "日", "😀", "𝄞", "€", "\uFFFD", "e\u0301");

    /// <summary>Also what is no UTF-16.</summary>
    public static Arbitrary<string> Broken { get; } = Of("a", "Ж", "😀", "\uD83D", "\uDE00", "€", "\u001B", "\0", "ß");

    public static Arbitrary<string> Of(params string[] characters) =>
        Gen.Elements(characters).ListOf().Select(list => string.Concat(list)).ToArbitrary();

    public static Arbitrary<byte[]> Octets { get; } = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf().ToArbitrary();

    public static void Hold<T>(Arbitrary<T> values, Func<T, bool> property) => Prop.ForAll(values, property).Check(config);
}
