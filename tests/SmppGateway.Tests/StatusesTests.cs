using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Tlvs;
using Smpp.Wire;
using Testing;
using Xunit;

namespace SmppGateway.Tests;

/// <summary>The table of docs/statuses.md: every row is produced here, over a session, or by the test that it names.</summary>
public sealed partial class StatusesTests : IAsyncDisposable
{
    private const string Password = "secret12";
    private readonly Gateway gateway = new();
    private readonly Credentials credentials;

    public StatusesTests() => credentials = new Credentials(new GatewayOptions(), gateway.Time);

    /// <summary>How each status comes about.</summary>
    private static readonly Dictionary<CommandStatus, Func<StatusesTests, Task<CommandStatus>>> Scenarios = new()
    {
        [CommandStatus.Ok] = t => t.AskAsync(Submit()),
        [CommandStatus.InvMsgLen] = t => t.AskAsync(Submit() with { Tlvs = TlvList.Empty.With(TlvTag.MessagePayload, "more"u8) }),
        [CommandStatus.InvCmdLen] = t => t.AskAsync([0, 0, 0, 15, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2]),
        [CommandStatus.InvCmdId] = t => t.AskAsync(Frame((CommandId)0x0F0F, [])),
        [CommandStatus.InvBndSts] = t => t.AskAsync(RawPeer.Bytes(Submit(), 2), mode: null),
        [CommandStatus.AlyBnd] = t => t.AskAsync(Bind(BindMode.Transceiver)),
        [CommandStatus.InvPrtFlg] = t => t.AskAsync(Submit() with { PriorityFlag = 4 }),
        [CommandStatus.InvRegDlvFlg] = t => t.AskAsync(Submit() with { RegisteredDelivery = 0x20 }),
        // The harness has no database.
        [CommandStatus.SysErr] = t => t.AskAsync(new CancelSm { MessageId = new string('0', 32), Source = Sender }),
        [CommandStatus.InvSrcAdr] = t => t.AskAsync(Submit() with { Source = new Address(5, 0, "Twelve chars") }),
        [CommandStatus.InvDstAdr] = t => t.AskAsync(Submit() with { Destination = new Address(1, 1, "49x") }),
        [CommandStatus.InvMsgId] = t => t.AskAsync(new CancelSm { MessageId = "none of ours", Source = Sender }),
        [CommandStatus.BindFail] = t => t.BindAsync(Bind(BindMode.Transceiver), disabled: true),
        [CommandStatus.InvPaswd] = t => t.BindAsync(Bind(BindMode.Transceiver) with { Password = "guessed" }),
        [CommandStatus.InvSysId] = t => t.AskAsync(Frame(CommandId.BindTransceiver, "a system_id too long\0"u8), mode: null),
        [CommandStatus.MsgQFul] = async t =>
        {
            t.gateway.Queue.FailNextSends([.. Enumerable.Repeat(SendFault.Refuse, 1000)]);
            return (await t.gateway.SubmitToTheEndAsync(Submit())).Status;
        },
        [CommandStatus.InvSerTyp] = t => t.AskAsync(Submit() with { ServiceType = "\u0007" }),
        [CommandStatus.InvNumDests] = t => t.AskAsync(Frame(CommandId.SubmitMulti, [0, 0, 0, 0, 0])),
        [CommandStatus.InvDlName] = t => t.AskAsync(Frame(CommandId.SubmitMulti, [0, 0, 0, 0, 1, 2, .. "a list's name too long\0"u8])),
        [CommandStatus.InvDestFlag] = t => t.AskAsync(Frame(CommandId.SubmitMulti, [0, 0, 0, 0, 1, 3, 0])),
        [CommandStatus.InvSubRep] = t => t.AskAsync(Submit() with { ReplaceIfPresentFlag = 1 }),
        [CommandStatus.InvEsmClass] = t => t.AskAsync(Submit() with { EsmClass = 1 }),
        [CommandStatus.CntSubDl] = async t =>
            (await t.gateway.SubmitMultiAsync(Multi(new MultiDestination(default, "friends"), new MultiDestination(Recipient))))
                .Unsuccessful.Single()
                .Status,
        [CommandStatus.SubmitFail] = t => t.AskAsync(Multi(new MultiDestination(default, "friends"))),
        [CommandStatus.InvSrcTon] = t => t.AskAsync(Submit() with { Source = new Address(7, 0, "1") }),
        [CommandStatus.InvSrcNpi] = t => t.AskAsync(Submit() with { Source = new Address(1, 2, "1") }),
        [CommandStatus.InvDstTon] = t => t.AskAsync(Submit() with { Destination = new Address(5, 0, "1") }),
        [CommandStatus.InvDstNpi] = t => t.AskAsync(Submit() with { Destination = new Address(1, 2, "1") }),
        [CommandStatus.InvSysTyp] = t => t.AskAsync(Frame(CommandId.BindTransceiver, "e\0p\0a system_type too long\0"u8), mode: null),
        [CommandStatus.InvRepFlag] = t => t.AskAsync(Submit() with { ReplaceIfPresentFlag = 2 }),
        [CommandStatus.Throttled] = t => t.AskAsync(Submit(), rate: 0),
        [CommandStatus.InvSched] = t => t.AskAsync(Submit() with { ScheduleDeliveryTime = "000100000000000R" }),
        [CommandStatus.InvExpiry] = t => t.AskAsync(Submit() with { ValidityPeriod = "000000000000000R" }),
        [CommandStatus.InvDftMsgId] = t => t.AskAsync(Submit() with { SmDefaultMsgId = 1 }),
        // The harness has no database.
        [CommandStatus.QueryFail] = t => t.AskAsync(new QuerySm { MessageId = new string('0', 32), Source = Sender }),
        [CommandStatus.InvTlvStream] = t => t.AskAsync([.. Lengthened(RawPeer.Bytes(Submit(), 2)), 4, 36, 0]),
        [CommandStatus.TlvNotAllwd] = t => t.AskAsync(Submit(TlvTag.MessageState, 2)),
        [CommandStatus.InvTlvLen] = t => t.AskAsync(Submit(TlvTag.UserMessageReference, 2)),
        [CommandStatus.MissingTlv] = t => t.AskAsync(new DataSm { Source = Sender, Destination = Recipient }),
        [CommandStatus.InvTlvVal] = t => t.AskAsync(Submit(TlvTag.PrivacyIndicator, 4)),
        [CommandStatus.InvDcs] = t => t.AskAsync(Submit() with { DataCoding = 0x0B }),
        [CommandStatus.InvSrcAddrSubunit] = t => t.AskAsync(Submit(TlvTag.SourceAddrSubunit, 5)),
        [CommandStatus.InvDstAddrSubunit] = t => t.AskAsync(Submit(TlvTag.DestAddrSubunit, 5)),
    };

    private static readonly Address Sender = new(5, 0, "Acme");
    private static readonly Address Recipient = new(1, 1, "491700000001");

    public static TheoryData<uint> Produced { get; } = [.. Rows().Where(row => row.Test == nameof(StatusesTests)).Select(row => row.Value)];

    public async ValueTask DisposeAsync()
    {
        credentials.Dispose();
        await gateway.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Produced))]
    public async Task A_status_of_the_table_is_answered(uint status) =>
        Assert.Equal((CommandStatus)status, await Scenarios[(CommandStatus)status](this));

    [Fact]
    public void The_table_and_the_tests_agree()
    {
        var rows = Rows().ToList();

        Assert.Equal(rows.Count, rows.Select(row => row.Value).Distinct().Count());
        Assert.Equal(
            Scenarios.Keys.Select(status => (uint)status).Order(),
            rows.Where(row => row.Test == nameof(StatusesTests)).Select(row => row.Value).Order()
        );
        Assert.All(rows, row => Assert.Equal("ESME_R" + ((CommandStatus)row.Value).ToString().ToUpperInvariant(), row.Name));
        foreach (var row in rows.Where(row => row.Test != nameof(StatusesTests)))
        {
            // A test that needs the database, and so the whole platform.
            var source = File.ReadAllText(Path.Combine(Checkout(), "tests/Platform.FunctionalTests", row.Test + ".cs"));
            Assert.Contains($"CommandStatus.{(CommandStatus)row.Value},", source, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_status_that_the_gateway_s_source_names_is_in_the_table()
    {
        var named = Directory
            .EnumerateFiles(Path.Combine(Checkout(), "services/smpp-gateway"), "*.cs")
            .SelectMany(file => Named().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            // What customers answer to our deliver_sm.
            .Where(name => !name.StartsWith("Rx", StringComparison.Ordinal))
            .Distinct()
            .ToList();

        Assert.True(named.Count > 25, $"only {named.Count} statuses were found: is the pattern still right?");
        Assert.All(named, name => Assert.Contains(Rows(), row => row.Value == (uint)Enum.Parse<CommandStatus>(name)));
    }

    /// <summary>The status of the answer to a request on a bound session.</summary>
    private Task<CommandStatus> AskAsync(IPdu pdu, int? rate = null) => AskAsync(RawPeer.Bytes(pdu, 2), BindMode.Transceiver, rate);

    private async Task<CommandStatus> AskAsync(byte[] frame, BindMode? mode = BindMode.Transceiver, int? rate = null)
    {
        Configure(rate, disabled: false);
        return await OverSessionAsync(async peer =>
        {
            if (mode is { } bound)
            {
                await peer.WriteAsync(Bind(bound), 1);
                Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);
            }

            await peer.WriteAsync(frame);
            return (await peer.ReadFrameAsync())!.Value.Header.Status;
        });
    }

    private Task<CommandStatus> BindAsync(Bind bind, bool disabled = false)
    {
        Configure(null, disabled);
        return OverSessionAsync(async peer =>
        {
            await peer.WriteAsync(bind, 1);
            return (await peer.ReadAsync<BindResp>()).Pdu.Status;
        });
    }

    private async Task<CommandStatus> OverSessionAsync(Func<RawPeer, Task<CommandStatus>> exchange)
    {
        var (ours, theirs) = DuplexPipes.Create();
        var session = new SmppSession(
            ours,
            SessionRole.Smsc,
            new SmppSessionOptions(),
            gateway.Esmes(credentials),
            NullLogger.Instance,
            gateway.Time
        )
        {
            Tag = new EsmeConnection(IPAddress.Loopback),
        };
        var running = session.RunAsync(CancellationToken.None);
        await using var peer = new RawPeer(theirs);
        var status = await exchange(peer);
        session.Abort("the test has its answer");
        await running;
        return status;
    }

    private void Configure(int? rate, bool disabled) =>
        gateway.Configure(
            new SmppUser
            {
                SystemId = "esme",
                AccountId = "acme",
                PasswordHash = PasswordHash.Create(Password),
                RatePerSecond = rate,
                Enabled = !disabled,
            }
        );

    private static Bind Bind(BindMode mode) =>
        new()
        {
            Mode = mode,
            SystemId = "esme",
            Password = Password,
            InterfaceVersion = SmppVersions.V34,
        };

    private static SubmitSm Submit() =>
        new()
        {
            Source = Sender,
            Destination = Recipient,
            ShortMessage = "hello"u8.ToArray(),
        };

    private static SubmitSm Submit(TlvTag tag, byte value) => Submit() with { Tlvs = TlvList.Empty.With(tag, [value]) };

    private static SubmitMulti Multi(params MultiDestination[] destinations) =>
        new()
        {
            Source = Sender,
            Destinations = destinations,
            ShortMessage = "hello"u8.ToArray(),
        };

    private static byte[] Frame(CommandId command, ReadOnlySpan<byte> body)
    {
        var frame = new byte[PduHeader.Size + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)command);
        frame[^(body.Length + 1)] = 2;
        body.CopyTo(frame.AsSpan(PduHeader.Size));
        return frame;
    }

    /// <summary>The frame with three octets more announced.</summary>
    private static byte[] Lengthened(byte[] frame)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length + 3);
        return frame;
    }

    private static IEnumerable<(string Name, uint Value, string Test)> Rows() =>
        Row()
            .Matches(File.ReadAllText(Path.Combine(Checkout(), "docs/statuses.md")))
            .Select(match =>
                (
                    match.Groups[1].Value,
                    uint.Parse(match.Groups[2].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    match.Groups[3].Value
                )
            );

    private static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Platform.sln is not above the tests");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"^\| (ESME_\w+) \| 0x([0-9A-F]{8}) \|.*\| (\w+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"CommandStatus\.([A-Z]\w+)")]
    private static partial Regex Named();
}
