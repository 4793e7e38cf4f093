using System.Globalization;
using System.Text.RegularExpressions;
using Persistence.Configuration;
using Smpp;
using Xunit;

namespace Workers.Tests;

/// <summary>The table of docs/operator-statuses.md, row by row, and connectors' own maps.</summary>
public sealed partial class StatusTableTests
{
    public static TheoryData<string, uint, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, uint, string>();
            foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(Checkout(), "docs/operator-statuses.md"))))
            {
                rows.Add(
                    row.Groups["name"].Value,
                    uint.Parse(row.Groups["value"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    row.Groups["rule"].Value
                );
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_status_is_taken_as_the_documentation_says(string name, uint status, string rule)
    {
        Assert.StartsWith("ESME_R", name, StringComparison.Ordinal);
        Assert.Equal(
            Enum.Parse<ErrorAction>(rule, ignoreCase: true),
            new StatusTable(new Dictionary<string, string>()).Of((CommandStatus)status).Action
        );
    }

    [Fact]
    public void Every_status_of_the_specification_has_a_row()
    {
        var documented = Rows.Select(row => (CommandStatus)(uint)row[1]);

        Assert.Equal(Enum.GetValues<CommandStatus>().Where(status => status != CommandStatus.Ok).Order(), documented.Order());
    }

    [Theory]
    [InlineData(0x400u)]
    [InlineData(0x10u)]
    public void A_status_that_nobody_specified_is_permanent(uint status) =>
        Assert.Equal(ErrorAction.Permanent, StatusTable.Default((CommandStatus)status).Action);

    [Fact]
    public void A_connector_says_otherwise_in_decimal_or_hexadecimal()
    {
        var table = new StatusTable(
            new Dictionary<string, string>
            {
                ["0x0000000B"] = "retry:30:5",
                ["8"] = "failover",
                ["1031"] = "throttle",
                ["0x58"] = "retry:7",
            }
        );

        Assert.Equal(new ErrorRule(ErrorAction.Retry, TimeSpan.FromSeconds(30), 5), table.Of(CommandStatus.InvDstAdr));
        Assert.Equal(new ErrorRule(ErrorAction.Failover), table.Of(CommandStatus.SysErr));
        Assert.Equal(new ErrorRule(ErrorAction.Retry, TimeSpan.FromSeconds(7)), table.Of(CommandStatus.Throttled));
        Assert.True(table.SlowsDown((CommandStatus)1031));
        Assert.False(table.SlowsDown(CommandStatus.Throttled));
        Assert.True(table.SlowsDown(CommandStatus.MsgQFul));
        Assert.False(table.SlowsDown(CommandStatus.SysErr));
    }

    [Theory]
    [InlineData("retry:0")]
    [InlineData("retry:86401")]
    [InlineData("retry:5:0")]
    [InlineData("retry:5:1001")]
    [InlineData("retry:5:5:5")]
    [InlineData("retry:")]
    [InlineData("permanent:5")]
    [InlineData("Retry")]
    [InlineData("")]
    public void What_is_no_rule_is_told(string text) => Assert.False(ErrorRule.TryParse(text, out _));

    [GeneratedRegex(@"^\| (?<name>ESME_\w+) \| 0x(?<value>[0-9A-F]{8}) \| (?<rule>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    private static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Platform.sln is not above the tests");
        }

        return folder.FullName;
    }
}
