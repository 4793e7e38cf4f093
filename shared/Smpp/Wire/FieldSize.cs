namespace Smpp.Wire;

/// <summary>Greatest sizes of the C-octet string fields, NUL included: SMPP 5.0 section 4.7.</summary>
internal static class FieldSize
{
    public const int SystemId = 16;

    /// <summary>The specification says 9. Operators exist that hand out longer ones, and a too long one from an ESME is just a wrong one.</summary>
    public const int Password = 65;

    public const int SystemType = 13;
    public const int AddressRange = 41;
    public const int ServiceType = 6;
    public const int Address = 21;

    /// <summary>data_sm and alert_notification, section 4.2.2.</summary>
    public const int LongAddress = 65;

    public const int Time = 17;
    public const int MessageId = 65;
    public const int ListName = 21;

    /// <summary>number_of_dests is one octet.</summary>
    public const int Destinations = 255;
}
