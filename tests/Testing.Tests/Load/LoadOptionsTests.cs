using Testing.Load;
using Xunit;

namespace Testing.Tests.Load;

public class LoadOptionsTests
{
    [Fact]
    public void Without_variables_the_demo_account_is_loaded()
    {
        var options = LoadOptions.FromEnvironment(_ => null);
        Assert.Equal(("127.0.0.1", 2775, "demo", "demo1234"), (options.Host, options.Port, options.SystemId, options.Password));
        Assert.Equal((4, 50, 100_000), (options.Binds, options.Window, options.Messages));
    }

    [Fact]
    public void A_duration_alone_decides_the_end()
    {
        Assert.Equal(0, Read(("LOAD_SECONDS", "30")).Messages);
        Assert.Equal(10, Read(("LOAD_SECONDS", "30"), ("LOAD_MESSAGES", "10")).Messages);
        Assert.Equal(TimeSpan.FromSeconds(0.5), Read(("LOAD_SECONDS", "0.5")).Duration);
    }

    [Fact]
    public void Destinations_are_a_range_or_one()
    {
        var range = Read(("LOAD_DESTINATIONS", "4917100-4917199"));
        Assert.Equal((4917100, 4917199), (range.FirstDestination, range.LastDestination));
        var one = Read(("LOAD_DESTINATIONS", "4917100"));
        Assert.Equal((4917100, 4917100), (one.FirstDestination, one.LastDestination));
    }

    [Theory]
    [InlineData("LOAD_BINDS", "0")]
    [InlineData("LOAD_WINDOW", "many")]
    [InlineData("SMPP_PORT", "70000")]
    [InlineData("LOAD_RECEIPTS", "yes")]
    [InlineData("LOAD_SECONDS", "-1")]
    [InlineData("LOAD_TEXT_LENGTH", "16")]
    [InlineData("LOAD_TEXT_LENGTH", "161")]
    [InlineData("LOAD_DESTINATIONS", "9-1")]
    [InlineData("LOAD_DESTINATIONS", "1-2-3")]
    [InlineData("LOAD_MESSAGES", "99999999999")]
    public void A_value_that_is_none_is_named(string name, string value)
    {
        var failure = Assert.Throws<FormatException>(() => Read((name, value)));
        Assert.StartsWith($"{name}: '{value}'", failure.Message, StringComparison.Ordinal);
    }

    static LoadOptions Read(params (string Name, string Value)[] variables) =>
        LoadOptions.FromEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
