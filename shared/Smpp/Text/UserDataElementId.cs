namespace Smpp.Text;

/// <summary>
/// Identifiers of user data header elements, 3GPP TS 23.040 section 9.2.3.24. Open: values that are not named are kept as they are
/// (0x70-0x7F belong to the SIM toolkit, 0x80-0x9F to this SME and the next, 0xC0-0xDF to the service centre).
/// </summary>
public enum UserDataElementId : byte
{
    /// <summary>Concatenated short messages, 8-bit reference.</summary>
    Concatenation8 = 0x00,

    /// <summary>Special SMS message indication.</summary>
    SpecialMessageIndication = 0x01,

    /// <summary>Application port addressing, 8-bit.</summary>
    Ports8 = 0x04,

    /// <summary>Application port addressing, 16-bit.</summary>
    Ports16 = 0x05,

    /// <summary>Service centre control parameters.</summary>
    ServiceCentreControl = 0x06,

    /// <summary>User data header source indicator.</summary>
    SourceIndicator = 0x07,

    /// <summary>Concatenated short messages, 16-bit reference.</summary>
    Concatenation16 = 0x08,

    /// <summary>Wireless control message protocol.</summary>
    WirelessControlMessage = 0x09,

    /// <summary>Text formatting.</summary>
    TextFormatting = 0x0A,

    /// <summary>Predefined sound.</summary>
    PredefinedSound = 0x0B,

    /// <summary>User defined sound.</summary>
    UserDefinedSound = 0x0C,

    /// <summary>Predefined animation.</summary>
    PredefinedAnimation = 0x0D,

    /// <summary>Large animation.</summary>
    LargeAnimation = 0x0E,

    /// <summary>Small animation.</summary>
    SmallAnimation = 0x0F,

    /// <summary>Large picture.</summary>
    LargePicture = 0x10,

    /// <summary>Small picture.</summary>
    SmallPicture = 0x11,

    /// <summary>Variable picture.</summary>
    VariablePicture = 0x12,

    /// <summary>User prompt indicator.</summary>
    UserPrompt = 0x13,

    /// <summary>Extended object.</summary>
    ExtendedObject = 0x14,

    /// <summary>Reused extended object.</summary>
    ReusedExtendedObject = 0x15,

    /// <summary>Compression control.</summary>
    CompressionControl = 0x16,

    /// <summary>Object distribution indicator.</summary>
    ObjectDistribution = 0x17,

    /// <summary>Standard WVG object.</summary>
    StandardVectorGraphic = 0x18,

    /// <summary>Character size WVG object.</summary>
    CharacterSizeVectorGraphic = 0x19,

    /// <summary>Extended object data request command.</summary>
    ExtendedObjectDataRequest = 0x1A,

    /// <summary>RFC 822 e-mail header.</summary>
    EmailHeader = 0x20,

    /// <summary>Hyperlink format.</summary>
    Hyperlink = 0x21,

    /// <summary>Reply address.</summary>
    ReplyAddress = 0x22,

    /// <summary>Enhanced voice mail information.</summary>
    EnhancedVoiceMail = 0x23,

    /// <summary>National language single shift: one octet, a <see cref="NationalLanguage"/>.</summary>
    NationalSingleShift = 0x24,

    /// <summary>National language locking shift: one octet, a <see cref="NationalLanguage"/>.</summary>
    NationalLockingShift = 0x25,
}
