using Aws.Sqs;
using Xunit;

namespace Aws.Tests;

public sealed class MessageDigestsTests
{
    private static readonly Dictionary<string, MessageAttributeValue> Attributes = new()
    {
        ["items"] = new() { DataType = "Number", StringValue = "100" },
        ["why"] = new() { DataType = "String", StringValue = "Ж €" },
        ["id"] = new() { DataType = "String", StringValue = "01a1fd05-1eb2-7e7b-9f3f-d47706bdefcf" },
    };

    // RFC 1321, A.5, and, for the attributes, a digest made by a few lines of Python from the developer guide's description.
    [Fact]
    public void Digests_are_as_documented()
    {
        Assert.Equal("900150983cd24fb0d6963f7d28e17f72", MessageDigests.OfBody("abc"));
        Assert.Equal("76e109a614842dbc260034e9ab74ef1e", MessageDigests.OfAttributes(Attributes));
    }

    [Fact]
    public void Another_digest_is_told_from_ours_and_none_is_no_contradiction()
    {
        Assert.True(MessageDigests.BodyMatches("abc", "900150983CD24FB0D6963F7D28E17F72"));
        Assert.False(MessageDigests.BodyMatches("abd", "900150983cd24fb0d6963f7d28e17f72"));
        Assert.True(MessageDigests.BodyMatches("abd", null));
        Assert.False(MessageDigests.AttributesMatch(Attributes, "900150983cd24fb0d6963f7d28e17f72"));
        Assert.True(MessageDigests.AttributesMatch(Attributes, null));
    }
}
