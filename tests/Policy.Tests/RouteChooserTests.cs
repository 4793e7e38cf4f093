using System.Text;
using Contracts;
using Persistence.Configuration;
using Persistence.Snapshot;
using Smpp.Text;
using Smpp.Tlvs;
using Xunit;

namespace Policy.Tests;

public sealed class RouteChooserTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_route_that_matches_decides()
    {
        var choice = Choose(Message(), Route("a", "one", new RouteMatch { Account = "else" }), Route("b", "two"), Route("c", "three"));

        Assert.Equal(new RouteChoice("two", "b", null), choice);
    }

    [Fact]
    public void Without_a_route_the_verdict_is_no()
    {
        Assert.Equal(new RouteChoice(null, null, "no route"), Choose(Message()));
        Assert.Equal(new RouteChoice(null, null, "no route"), Choose(Message(), Route("a", "one", new RouteMatch { Account = "else" })));
    }

    [Theory]
    [InlineData("acme", true)]
    [InlineData("acm", false)]
    [InlineData("ACME", false)]
    public void An_account_is_matched_whole(string account, bool matches) => AssertMatches(new RouteMatch { Account = account }, matches);

    [Theory]
    [InlineData("esme", true)]
    [InlineData("other", false)]
    public void A_system_id_is_matched_whole(string systemId, bool matches) =>
        AssertMatches(new RouteMatch { SystemId = systemId }, matches);

    [Fact]
    public void A_message_that_came_over_REST_matches_no_system_id()
    {
        var choice = Choose(Message() with { SystemId = null }, Route("a", "one", new RouteMatch { SystemId = "esme" }));

        Assert.Null(choice.Connector);
    }

    [Theory]
    [InlineData("491700000001", true)]
    [InlineData("+491700000001", true)]
    [InlineData("431700000001", true)]
    [InlineData("48491700", false)]
    [InlineData("4", false)]
    [InlineData("", false)]
    public void Any_of_the_prefixes_matches_with_and_without_a_plus_sign(string digits, bool matches)
    {
        var message = Message() with { Destination = new Party(1, 1, digits) };

        AssertMatches(new RouteMatch { DestinationPrefix = ["49", "43"] }, matches, message);
    }

    [Theory]
    [InlineData("^Ac", true)]
    [InlineData("me$", true)]
    [InlineData("^me", false)]
    [InlineData("^acme$", false)]
    public void A_source_pattern_is_searched_for_in_the_source(string pattern, bool matches) =>
        AssertMatches(new RouteMatch { SourcePattern = pattern }, matches);

    [Theory]
    [InlineData(0, "code is 7 €")]
    [InlineData(8, "code is 7 €")]
    [InlineData(3, "code is 7 é")]
    public void A_text_pattern_is_searched_for_in_the_decoded_text(byte dataCoding, string text)
    {
        var content = dataCoding switch
        {
            8 => Encoding.BigEndianUnicode.GetBytes(text),
            3 => Encoding.Latin1.GetBytes(text),
            _ => [.. "code is 7 "u8, 0x1B, 0x65],
        };
        var message = Message() with { DataCoding = dataCoding, Content = content };

        AssertMatches(new RouteMatch { TextPattern = $"7 {text[^1]}$" }, true, message);
        AssertMatches(new RouteMatch { TextPattern = "8" }, false, message);
    }

    [Fact]
    public void A_user_data_header_is_no_text()
    {
        // Application ports, 16 bits (3GPP TS 23.040 section 9.2.3.24.4).
        var message = Message() with
        {
            EsmClass = 0x40,
            Content = new byte[] { 6, 5, 4, 65, 66, 67, 68, (byte)'h', (byte)'i' },
        };

        AssertMatches(new RouteMatch { TextPattern = "^hi$" }, true, message);
    }

    [Fact]
    public void A_text_pattern_is_for_whole_messages_so_that_the_parts_of_one_stay_together()
    {
        var match = new RouteMatch { TextPattern = "hi" };
        var header = Message() with { EsmClass = 0x40, Content = new byte[] { 5, 0, 3, 65, 2, 1, (byte)'h', (byte)'i' } };
        var sar = Message() with
        {
            Content = "hi"u8.ToArray(),
            Tlvs = TlvList
                .Empty.WithUInt16(TlvTag.SarMsgRefNum, 7)
                .WithByte(TlvTag.SarTotalSegments, 2)
                .WithByte(TlvTag.SarSegmentSeqnum, 1)
                .Encoded,
        };
        var onlyOne = Message() with { EsmClass = 0x40, Content = new byte[] { 5, 0, 3, 65, 1, 1, (byte)'h', (byte)'i' } };

        AssertMatches(match, false, header);
        AssertMatches(match, false, sar);
        AssertMatches(match, true, onlyOne);
    }

    [Fact]
    public void All_conditions_must_hold()
    {
        var match = new RouteMatch
        {
            Account = "acme",
            SystemId = "esme",
            DestinationPrefix = ["49"],
            SourcePattern = "Acme",
            TextPattern = "hello",
        };

        AssertMatches(match, true);
        AssertMatches(match with { TextPattern = "bye" }, false);
        AssertMatches(match with { DestinationPrefix = ["1"] }, false);
    }

    [Theory]
    // The end is not included.
    [InlineData("08:00", "18:00", "2026-01-02T08:00:00Z", true)]
    [InlineData("08:00", "18:00", "2026-01-02T17:59:59Z", true)]
    [InlineData("08:00", "18:00", "2026-01-02T18:00:00Z", false)]
    [InlineData("08:00", "18:00", "2026-01-02T07:59:59Z", false)]
    // Past midnight.
    [InlineData("22:00", "06:00", "2026-01-02T23:00:00Z", true)]
    [InlineData("22:00", "06:00", "2026-01-02T05:59:59Z", true)]
    [InlineData("22:00", "06:00", "2026-01-02T06:00:00Z", false)]
    [InlineData("22:00", "06:00", "2026-01-02T12:00:00Z", false)]
    public void A_time_window_may_pass_midnight(string from, string to, string now, bool holds) =>
        AssertHolds(Window(from, to), now, holds);

    [Theory]
    // 2026-01-02 is a Friday.
    [InlineData("08:00", "18:00", "2026-01-02T12:00:00Z", true)]
    [InlineData("08:00", "18:00", "2026-01-03T12:00:00Z", false)]
    // A night belongs to the day on which it began.
    [InlineData("22:00", "06:00", "2026-01-02T23:00:00Z", true)]
    [InlineData("22:00", "06:00", "2026-01-03T01:00:00Z", true)]
    [InlineData("22:00", "06:00", "2026-01-02T01:00:00Z", false)]
    [InlineData("22:00", "06:00", "2026-01-03T23:00:00Z", false)]
    public void A_time_window_holds_on_the_days_on_which_it_starts(string from, string to, string now, bool holds) =>
        AssertHolds(Window(from, to, days: [DayOfWeek.Friday]), now, holds);

    [Theory]
    // Berlin is an hour ahead of UTC in winter and two in summer.
    [InlineData("2026-01-02T07:00:00Z", true)]
    [InlineData("2026-01-02T06:59:00Z", false)]
    [InlineData("2026-07-03T06:00:00Z", true)]
    [InlineData("2026-07-03T16:00:00Z", false)]
    public void A_time_window_is_in_its_zone(string now, bool holds) => AssertHolds(Window("08:00", "18:00", "Europe/Berlin"), now, holds);

    [Fact]
    public void A_day_is_the_zones_day()
    {
        // Friday noon in UTC is Saturday on Kiritimati.
        var window = Window("00:00", "23:59", "Pacific/Kiritimati", DayOfWeek.Saturday);

        AssertHolds(window, "2026-01-02T12:00:00Z", true);
        AssertHolds(window, "2026-01-02T09:00:00Z", false);
    }

    [Fact]
    public void Failover_takes_the_first_enabled_connector()
    {
        var route = Route("a", RouteStrategy.Failover, new("one"), new("two"), new("three"));

        Assert.Equal("one", Choose(Message(), [], route).Connector);
        Assert.Equal("two", Choose(Message(), ["one"], route).Connector);
        Assert.Equal("three", Choose(Message(), ["one", "two"], route).Connector);
    }

    [Theory]
    [InlineData(RouteStrategy.Failover)]
    [InlineData(RouteStrategy.Weighted)]
    [InlineData(RouteStrategy.Hash)]
    public void With_all_connectors_stopped_the_message_waits_at_the_first(RouteStrategy strategy)
    {
        var route = Route("a", strategy, new("one"), new("two", 1000));

        Assert.Equal(new RouteChoice("one", "a", null), Choose(Message(), ["one", "two"], route));
    }

    [Fact]
    public void A_route_to_connectors_that_do_not_exist_is_passed_over()
    {
        var choice = Choose(Message(), [], Route("a", RouteStrategy.Failover, new RouteTarget("gone")), Route("b", "two"));

        Assert.Equal(new RouteChoice("two", "b", null), choice);
    }

    [Fact]
    public void Weights_are_kept_within_tolerance()
    {
        const int messages = 10_000;
        var route = Route("a", RouteStrategy.Weighted, new("one", 6), new("two", 3), new("three", 1));
        var snapshot = Snapshot([], route);

        var counts = Enumerable
            .Range(0, messages)
            .Select(i => RouteChooser.Choose(snapshot, Message() with { Id = Id(i) }, Now).Connector!)
            .CountBy(connector => connector)
            .ToDictionary();

        // The ids are fixed, and so is the outcome; four standard deviations are 196.
        Assert.InRange(counts["one"], 5800, 6200);
        Assert.InRange(counts["two"], 2800, 3200);
        Assert.InRange(counts["three"], 800, 1200);
    }

    [Fact]
    public void A_message_is_weighed_the_same_every_time()
    {
        var route = Route("a", RouteStrategy.Weighted, new("one"), new("two"), new("three"));
        for (var i = 0; i < 100; i++)
        {
            var message = Message() with { Id = Id(i) };
            Assert.Equal(Choose(message, [], route), Choose(message with { Account = "acme", Source = default }, [], route));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_that_a_customer_made_go_one_way_and_his_messages_are_spread_all_the_same(bool bySar)
    {
        var snapshot = Snapshot([], Route("a", RouteStrategy.Weighted, new("one"), new("two"), new("three")));
        var ways = new HashSet<string>();
        for (var reference = 0; reference < 50; reference++)
        {
            var ofOne = Enumerable
                .Range(1, 3)
                .Select(number => RouteChooser.Choose(snapshot, Part(reference, number), Now).Connector!)
                .Distinct();
            ways.Add(Assert.Single(ofOne));
        }

        Assert.Equal(3, ways.Count);

        MessageSubmitted Part(int reference, int number)
        {
            var message = Message() with { Id = Id(10 * reference + number) };
            return bySar
                ? message with
                {
                    Tlvs = TlvList
                        .Empty.WithUInt16(TlvTag.SarMsgRefNum, (ushort)reference)
                        .WithByte(TlvTag.SarTotalSegments, 3)
                        .WithByte(TlvTag.SarSegmentSeqnum, (byte)number)
                        .Encoded,
                }
                : message with
                {
                    EsmClass = 0x40,
                    Content = (byte[])[.. UserDataHeader.Concatenate8((byte)reference, 3, (byte)number), .. "hello"u8],
                };
        }
    }

    [Fact]
    public void A_stopped_connector_leaves_its_share_to_the_others()
    {
        var route = Route("a", RouteStrategy.Weighted, new("one", 1000), new("two"), new("three"));
        var snapshot = Snapshot(["one"], route);

        var chosen = Enumerable
            .Range(0, 100)
            .Select(i => RouteChooser.Choose(snapshot, Message() with { Id = Id(i) }, Now).Connector)
            .ToHashSet();

        Assert.Equal(["three", "two"], chosen.Order());
    }

    [Fact]
    public void One_conversation_keeps_one_connector_and_different_ones_are_spread()
    {
        var snapshot = Snapshot([], Route("a", RouteStrategy.Hash, new("one"), new("two"), new("three")));
        var chosen = new HashSet<string?>();
        for (var i = 0; i < 100; i++)
        {
            var message = Message() with { Destination = new Party(1, 1, $"4917{i:0000000}") };
            var first = RouteChooser.Choose(snapshot, message with { Id = Id(i) }, Now).Connector;
            Assert.Equal(
                first,
                RouteChooser.Choose(snapshot, message with { Id = Id(i + 1000), Content = "other"u8.ToArray() }, Now).Connector
            );
            chosen.Add(first);
        }

        Assert.Equal(3, chosen.Count);
    }

    [Fact]
    public void Explain_names_every_route_considered_and_why()
    {
        var steps = new List<RouteStep>();
        var snapshot = Snapshot(
            [],
            Route("account", "one", new RouteMatch { Account = "else" }),
            Route("user", "one", new RouteMatch { SystemId = "else" }),
            Route("prefix", "one", new RouteMatch { DestinationPrefix = ["1"] }),
            Route("source", "one", new RouteMatch { SourcePattern = "^x" }),
            Route("time", "one", new RouteMatch { TimeWindow = Window("01:00", "02:00") }),
            Route("text", "one", new RouteMatch { TextPattern = "bye" }),
            Route("target", "gone"),
            Route("chosen", "two"),
            Route("never-asked", "three")
        );

        var choice = RouteChooser.Choose(snapshot, Message(), Now, steps);

        Assert.Equal("chosen", choice.Route);
        Assert.Equal(
            [
                new("account", false, "account differs"),
                new("user", false, "system_id differs"),
                new("prefix", false, "destination has none of the prefixes"),
                new("source", false, "source does not match the pattern"),
                new("time", false, "outside the time window"),
                new("text", false, "text does not match the pattern"),
                new("target", false, "none of its targets is a connector"),
                new("chosen", true, "Failover chose two"),
            ],
            steps
        );
    }

    private static void AssertMatches(RouteMatch match, bool matches, MessageSubmitted? message = null) =>
        Assert.Equal(matches ? "one" : null, Choose(message ?? Message(), Route("a", "one", match)).Connector);

    private static void AssertHolds(TimeWindow window, string now, bool holds)
    {
        var snapshot = Snapshot([], Route("a", "one", new RouteMatch { TimeWindow = window }));
        var at = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(holds ? "one" : null, RouteChooser.Choose(snapshot, Message(), at).Connector);
    }

    private static RouteChoice Choose(MessageSubmitted message, params Route[] routes) => Choose(message, [], routes);

    private static RouteChoice Choose(MessageSubmitted message, string[] stopped, params Route[] routes) =>
        RouteChooser.Choose(Snapshot(stopped, routes), message, Now);

    private static ConfigSnapshot Snapshot(string[] stopped, params Route[] routes)
    {
        var connectors = new[] { "one", "two", "three" }.Select(id => new Connector
        {
            Id = id,
            Operator = "op",
            Host = "127.0.0.1",
            SystemId = "us",
            Enabled = !stopped.Contains(id),
        });
        return new ConfigSnapshot(1, [], [], [], connectors, routes.Select(route => new CompiledRoute(route)));
    }

    private static Route Route(string id, string connector, RouteMatch? match = null) =>
        new()
        {
            Id = id,
            Match = match ?? new RouteMatch(),
            Targets = [new RouteTarget(connector)],
        };

    private static Route Route(string id, RouteStrategy strategy, params RouteTarget[] targets) =>
        new()
        {
            Id = id,
            Strategy = strategy,
            Targets = [.. targets],
        };

    private static TimeWindow Window(string from, string to, string? zone = null, params DayOfWeek[] days) =>
        new(Time(from), Time(to), zone, days);

    private static TimeOnly Time(string text) => TimeOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static MessageId Id(int number) => new(new Guid(number, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 1]));

    private static MessageSubmitted Message() =>
        new()
        {
            Id = Id(0),
            Account = "acme",
            SystemId = "esme",
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            Content = "hello"u8.ToArray(),
            AcceptedAt = Now,
            ValidUntil = Now + TimeSpan.FromHours(48),
        };
}
