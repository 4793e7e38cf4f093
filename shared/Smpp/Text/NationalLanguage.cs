namespace Smpp.Text;

/// <summary>
/// The national language identifier of a shift table, 3GPP TS 23.038 section 6.2.1.2.4, as elements 0x24 and 0x25 of a user data header
/// carry it. Values from 14 on are reserved; a receiver takes the default tables for them.
/// </summary>
public enum NationalLanguage : byte
{
    /// <summary>The default alphabet or the default extension table: no element announces it.</summary>
    Default = 0,

    /// <summary>Turkish: locking and single shift.</summary>
    Turkish = 1,

    /// <summary>Spanish: single shift only.</summary>
    Spanish = 2,

    /// <summary>Portuguese: locking and single shift.</summary>
    Portuguese = 3,

    /// <summary>Bengali and Assamese: locking and single shift.</summary>
    Bengali = 4,

    /// <summary>Gujarati: locking and single shift.</summary>
    Gujarati = 5,

    /// <summary>Hindi: locking and single shift.</summary>
    Hindi = 6,

    /// <summary>Kannada: locking and single shift.</summary>
    Kannada = 7,

    /// <summary>Malayalam: locking and single shift.</summary>
    Malayalam = 8,

    /// <summary>Oriya: locking and single shift.</summary>
    Oriya = 9,

    /// <summary>Punjabi: locking and single shift.</summary>
    Punjabi = 10,

    /// <summary>Tamil: locking and single shift.</summary>
    Tamil = 11,

    /// <summary>Telugu: locking and single shift.</summary>
    Telugu = 12,

    /// <summary>Urdu: locking and single shift.</summary>
    Urdu = 13,
}
