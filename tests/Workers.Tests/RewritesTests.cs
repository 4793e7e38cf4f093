using Contracts;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Tlvs;
using Xunit;

namespace Workers.Tests;

public sealed class RewritesTests
{
    private const TlvTag EntityId = (TlvTag)0x1400;

    [Theory]
    [InlineData("00491700000001", "+491700000001")]
    [InlineData("+491700000001", "+491700000001")]
    [InlineData("01700000001", "+491700000001")]
    [InlineData("0", "+49")]
    [InlineData("Acme", "Acme")]
    public void Prefixes_are_stripped_and_added_by_the_first_rule_that_fits(string given, string sent)
    {
        AddressRule[] rules = [new() { Prefix = "00", Replacement = "+" }, new() { Prefix = "0", Replacement = "+49" }];

        Assert.Equal(new Party(1, 1, sent), AddressRewriting.Apply(rules, new Party(1, 1, given)));
    }

    [Theory]
    [InlineData("Acme", 5, 0, "Acme")]
    [InlineData("+49170", 1, 1, "+49170")]
    [InlineData("12345", 1, 1, "12345")]
    [InlineData("12 345", 5, 0, "12 345")]
    [InlineData("", 9, 9, "")]
    public void Senders_of_letters_and_of_digits_are_told_apart(string given, byte ton, byte npi, string sent)
    {
        AddressRule[] rules =
        [
            new()
            {
                When = AddressKind.Alphanumeric,
                Ton = 5,
                Npi = 0,
            },
            new()
            {
                When = AddressKind.Numeric,
                Ton = 1,
                Npi = 1,
            },
        ];

        Assert.Equal(new Party(ton, npi, sent), AddressRewriting.Apply(rules, new Party(9, 9, given)));
    }

    [Fact]
    public void A_sender_can_be_replaced_whole()
    {
        AddressRule[] rules = [new() { When = AddressKind.Alphanumeric, Value = "12345" }];

        Assert.Equal(new Party(5, 0, "12345"), AddressRewriting.Apply(rules, new Party(5, 0, "Acme")));
    }

    [Theory]
    [InlineData("4917", "", "4917")]
    [InlineData("", "123456789012345678", "491700000001")]
    public void A_rule_that_makes_no_address_leaves_it_as_it_is(string prefix, string replacement, string address)
    {
        AddressRule[] rules =
        [
            new()
            {
                Prefix = prefix,
                Replacement = replacement,
                Ton = 3,
            },
        ];

        Assert.Equal(new Party(1, 1, address), AddressRewriting.Apply(rules, new Party(1, 1, address)));
    }

    [Fact]
    public void TLVs_pass_unless_a_rule_says_otherwise_and_keep_their_order()
    {
        var given = TlvList
            .Empty.WithByte(TlvTag.LanguageIndicator, 1)
            .WithUInt16(TlvTag.UserMessageReference, 7)
            .With(EntityId, "mine"u8)
            .WithByte(TlvTag.PrivacyIndicator, 2);

        var sent = Apply(
            given,
            Rule("privacy_indicator", TlvAction.Drop),
            Rule("0x0204", TlvAction.Rename) with
            {
                To = "0x2204",
            },
            Rule("5120", TlvAction.Default) with
            {
                Text = "theirs",
            },
            Rule("0x1401", TlvAction.Default) with
            {
                Hex = "0a0B",
            },
            Rule("source_network_id", TlvAction.Set) with
            {
                Text = "network",
            }
        );

        var expected = TlvList
            .Empty.WithByte(TlvTag.LanguageIndicator, 1)
            .WithUInt16((TlvTag)0x2204, 7)
            .With(EntityId, "mine"u8)
            .With((TlvTag)0x1401, [0x0A, 0x0B])
            .WithCString(TlvTag.SourceNetworkId, "network");
        Assert.Equal(expected.Encoded.ToArray(), sent.Encoded.ToArray());
    }

    [Fact]
    public void A_set_TLV_replaces_the_customers()
    {
        var sent = Apply(TlvList.Empty.With(EntityId, "mine"u8), Rule("0x1400", TlvAction.Set) with { Text = "ours" });

        Assert.Equal(TlvList.Empty.With(EntityId, "ours"u8).Encoded.ToArray(), sent.Encoded.ToArray());
    }

    [Fact]
    public void The_TLVs_of_the_content_are_no_rules_business()
    {
        var given = TlvList
            .Empty.WithUInt16(TlvTag.SarMsgRefNum, 1)
            .WithByte(TlvTag.SarTotalSegments, 2)
            .WithByte(TlvTag.SarSegmentSeqnum, 1)
            .WithByte(TlvTag.LanguageIndicator, 1);

        var sent = Apply(given, Rule("language_indicator", TlvAction.Pass), Rule("*", TlvAction.Drop));
        var none = Apply(given.WithByte(TlvTag.PrivacyIndicator, 1), Rule("*", TlvAction.Drop));

        Assert.Equal(given.Encoded.ToArray(), sent.Encoded.ToArray());
        Assert.Equal(given.Without(TlvTag.LanguageIndicator).Encoded.ToArray(), none.Encoded.ToArray());
    }

    [Fact]
    public void A_message_goes_out_by_all_of_the_connectors_rules()
    {
        var connector = new Connector
        {
            Id = "one",
            Operator = "op",
            Host = "127.0.0.1",
            SystemId = "us",
            Rewrites = new Rewrites
            {
                Source = [new() { Value = "12345", Ton = 3 }],
                Destination = [new() { Prefix = "49", Replacement = "0" }],
                Tlvs = [Rule("0x1400", TlvAction.Set) with { Text = "1201" }],
                RegisteredDeliveryMask = 0x10,
                Priorities = new Dictionary<string, int> { ["2"] = 1 },
            },
        };

        var pdu = Assert.Single(SubmitParts.Of(Message(priority: 2), connector, out _));
        var other = Assert.Single(SubmitParts.Of(Message(priority: 3), connector, out _));

        Assert.Equal((new Address(3, 0, "12345"), new Address(1, 1, "01700000001")), (pdu.Source, pdu.Destination));
        Assert.Equal((0x11, 1, 3), (pdu.RegisteredDelivery, pdu.PriorityFlag, other.PriorityFlag));
        Assert.Equal(TlvList.Empty.With(EntityId, "1201"u8).Encoded.ToArray(), pdu.Tlvs.Encoded.ToArray());
    }

    private static TlvList Apply(TlvList tlvs, params TlvRule[] rules) => new TlvRewriting(rules).Apply(tlvs);

    private static TlvRule Rule(string tag, TlvAction action) => new() { Tag = tag, Action = action };

    private static MessageSubmitted Message(byte priority)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new MessageSubmitted
        {
            Id = MessageId.New(now),
            Account = "acme",
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            RegisteredDelivery = 0x1D,
            PriorityFlag = priority,
            Content = "hello"u8.ToArray(),
            AcceptedAt = now,
            ValidUntil = now + TimeSpan.FromHours(48),
        };
    }
}
