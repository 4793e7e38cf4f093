namespace Smpp.Pdus;

/// <summary>An address: SMPP 5.0 sections 4.7.1, 4.7.2, 4.7.29.</summary>
/// <param name="Ton">Type of number: 1 international, 5 alphanumeric.</param>
/// <param name="Npi">Numbering plan: 1 is E.164.</param>
/// <param name="Digits">Digits, or letters of an alphanumeric sender.</param>
public readonly record struct Address(byte Ton, byte Npi, string Digits)
{
    // Null for none, so that default and an address read as empty are equal.
    readonly string? digits = NoneIfEmpty(Digits);

    /// <summary>Digits, or letters of an alphanumeric sender; never null.</summary>
    public string Digits
    {
        get => digits ?? "";
        init => digits = NoneIfEmpty(value);
    }

    /// <summary>No address: three zero octets on the wire.</summary>
    public static Address None => default;

    static string? NoneIfEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    internal int Bound => Digits.Length + 3;

    /// <inheritdoc />
    public override string ToString() => Digits;
}
