using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Contracts;
using Messaging;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Configuration;
using Persistence.Snapshot;

namespace AdminApi.IntegrationTests;

public sealed class ConnectorsTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly TestPlatform platform = shared.Platform;

    private SnapshotSource Snapshots => platform.Services.GetRequiredService<SnapshotSource>();

    [Fact]
    public async Task A_created_connector_has_its_defaults_and_keeps_its_password_to_itself()
    {
        var created = await platform.CreateConnectorAsync("defaults");

        Assert.Equal(
            """{"id":"defaults","operator":"tel","host":"127.0.0.1","port":2775,"tls":false,"systemId":"us","secretRef":null,"bindType":"transceiver","outbind":null,"binds":1,"window":10,"tps":null,"burst":null,"systemType":"","interfaceVersion":52,"enquireLinkSeconds":30,"dlrIdFormat":"asIs","longMessages":"udh","defaultAlphabet":"gsm7","errorMap":{},"uncertain":"retryOnce","overlap":"lenient","rewrites":{"source":[],"destination":[],"tlvs":[],"alphabets":null,"transliterate":false,"longReferences":false,"convertParts":false,"registeredDeliveryMask":28,"priorities":{}},"enabled":true}""",
            created.ToJsonString()
        );
        Assert.Equal(created.ToJsonString(), (await platform.Admin.GetJsonAsync("/v1/connectors/defaults")).ToJsonString());
        Assert.Contains("defaults", (await platform.Admin.GetJsonAsync("/v1/connectors")).Ids());
        Assert.Equal("s3cret", Snapshots.Current.Connectors["defaults"].Password);
    }

    [Fact]
    public async Task Every_field_can_be_set_and_read_back()
    {
        var all = JsonNode.Parse(
            """{"id":"all","operator":"tel-2","host":"smsc.example.net","port":3550,"tls":true,"systemId":"me","secretRef":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:smsc-1a2b3c#password","bindType":"receiver","outbind":null,"binds":100,"window":1000,"tps":50,"burst":7,"systemType":"VMA","interfaceVersion":80,"enquireLinkSeconds":60,"dlrIdFormat":"hexToDec","longMessages":"payload","defaultAlphabet":"latin1","errorMap":{"0x00000058":"throttle","8":"retry:30:5"},"uncertain":"query","overlap":"strict","rewrites":{"source":[{"when":"alphanumeric","prefix":"","replacement":"","value":"12345","ton":3,"npi":0}],"destination":[{"when":"numeric","prefix":"00","replacement":"\u002B","value":null,"ton":1,"npi":1}],"tlvs":[{"tag":"0x1400","action":"default","to":null,"text":"1201","hex":null},{"tag":"user_message_reference","action":"rename","to":"0x2204","text":null,"hex":null},{"tag":"*","action":"drop","to":null,"text":null,"hex":null}],"alphabets":["latin1"],"transliterate":true,"longReferences":true,"convertParts":true,"registeredDeliveryMask":16,"priorities":{"0":1,"3":2}},"enabled":false}"""
        )!;

        var created = await platform.CreateAsync("/v1/connectors", all);

        Assert.Equal(all.ToJsonString(), created.ToJsonString());
    }

    [Fact]
    public async Task A_password_is_kept_until_a_new_one_or_a_reference_replaces_it()
    {
        await platform.CreateConnectorAsync("password");

        using var kept = await platform.Admin.PatchJsonAsync("/v1/connectors/password", new { window = 20 });
        Assert.Equal("s3cret", Snapshots.Current.Connectors["password"].Password);
        using var changed = await platform.Admin.PatchJsonAsync("/v1/connectors/password", new { password = "other" });
        Assert.Equal("other", Snapshots.Current.Connectors["password"].Password);
        using var replaced = await platform.Admin.PatchJsonAsync("/v1/connectors/password", new { secretRef = "vault" });
        Assert.Null(Snapshots.Current.Connectors["password"].Password);
        Assert.Equal("vault", (await replaced.JsonAsync())["secretRef"].Text());
    }

    [Fact]
    public async Task A_connector_whose_operator_calls_says_so_and_keeps_the_outbind_password_to_itself()
    {
        var created = await platform.CreateAsync(
            "/v1/connectors",
            new
            {
                id = "called",
                @operator = "tel",
                host = "192.0.2.0/24",
                systemId = "us",
                outbind = new
                {
                    port = 2780,
                    systemId = "smsc",
                    password = "c4lling",
                },
            }
        );

        const string Shown = """{"port":2780,"systemId":"smsc","secretRef":null}""";
        Assert.Equal(Shown, created["outbind"]!.ToJsonString());
        Assert.Equal(Shown, (await platform.Admin.GetJsonAsync("/v1/connectors/called"))["outbind"]!.ToJsonString());
        Assert.Equal("c4lling", Stored().OutbindPassword);
        using var kept = await platform.Admin.PatchJsonAsync("/v1/connectors/called", new { outbind = new { port = 2781 } });
        Assert.Equal((2781, "smsc", "c4lling"), (Stored().OutbindPort, Stored().OutbindSystemId, Stored().OutbindPassword));
        using var elsewhere = await platform.Admin.PatchJsonAsync(
            "/v1/connectors/called",
            new { outbind = new { secretRef = "env:CALLED" } }
        );
        Assert.Equal(("env:CALLED", null), (Stored().OutbindSecretRef, Stored().OutbindPassword));
        using var again = await platform.Admin.PatchAsync(
            "/v1/connectors/called",
            new StringContent("""{"outbind":null,"host":"smsc.example.net"}""", null, "application/merge-patch+json")
        );
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal((null, null, null), (Stored().OutbindPort, Stored().OutbindSystemId, Stored().OutbindSecretRef));
        Assert.DoesNotContain("c4lling", (await platform.Admin.GetJsonAsync("/v1/audit")).ToJsonString(), StringComparison.Ordinal);

        Connector Stored() => Snapshots.Current.Connectors["called"];
    }

    [Theory]
    [InlineData("transmitter", "127.0.0.1", "bindType")]
    [InlineData("transmitterReceiver", "127.0.0.1", "bindType")]
    [InlineData("receiver", "smsc.example.net", "host")]
    [InlineData("receiver", "192.0.2.0/33", "host")]
    public async Task What_an_operator_that_calls_cannot_be_is_refused(string bindType, string host, string field) =>
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/connectors",
                new
                {
                    id = "refused",
                    @operator = "tel",
                    host,
                    systemId = "us",
                    bindType,
                    outbind = new { port = 2780 },
                }
            )
            .RefusesAsync(field);

    [Fact]
    public async Task What_is_wrong_with_outbind_is_said_field_by_field() =>
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/connectors",
                new
                {
                    id = "refused",
                    @operator = "tel",
                    host = "127.0.0.1",
                    systemId = "us",
                    outbind = new
                    {
                        port = 0,
                        systemId = "sixteen-letters!",
                        password = "sealed$",
                        secretRef = "r",
                    },
                }
            )
            .RefusesAsync("outbind.port", "outbind.systemId", "outbind.password", "outbind.secretRef");

    [Fact]
    public async Task Stop_and_start_switch_a_connector_within_the_call()
    {
        await platform.CreateConnectorAsync("switch");

        using var stopped = await platform.Admin.PostAsync("/v1/connectors/switch:stop", null);
        Assert.False((await stopped.JsonAsync())["enabled"]!.GetValue<bool>());
        Assert.False(Snapshots.Current.Connectors["switch"].Enabled);
        using var started = await platform.Admin.PostAsync("/v1/connectors/switch:start", null);
        Assert.True((await started.JsonAsync())["enabled"]!.GetValue<bool>());
        Assert.True(Snapshots.Current.Connectors["switch"].Enabled);
        Assert.Equal("s3cret", Snapshots.Current.Connectors["switch"].Password);
        await platform.Admin.PostAsync("/v1/connectors/nobody:stop", null).ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_wrong_is_said_field_by_field()
    {
        await platform.Admin.PostAsJsonAsync("/v1/connectors", new { id = "x" }).RefusesAsync("operator", "host", "systemId");
        await platform
            .Admin.PostAsJsonAsync(
                "/v1/connectors",
                new
                {
                    id = "-x",
                    @operator = "Tel",
                    host = "not a host",
                    port = 65536,
                    systemId = "",
                    password = "p",
                    secretRef = "r",
                    binds = 101,
                    window = 1001,
                    tps = 0,
                    systemType = "thirteen-char",
                    interfaceVersion = 34,
                    enquireLinkSeconds = 0,
                    errorMap = new Dictionary<string, string>
                    {
                        ["0x58"] = "explode",
                        ["0"] = "retry",
                        ["8"] = "retry:0",
                        ["0x14"] = "retry",
                        ["20"] = "permanent",
                        ["11"] = "permanent:5",
                    },
                }
            )
            .RefusesAsync(
                "id",
                "operator",
                "host",
                "port",
                "systemId",
                "secretRef",
                "binds",
                "window",
                "tps",
                "systemType",
                "interfaceVersion",
                "enquireLinkSeconds",
                "errorMap.0x58",
                "errorMap.0",
                "errorMap.8",
                "errorMap.20",
                "errorMap.11"
            );
    }

    [Fact]
    public async Task What_is_wrong_with_rewrites_is_said_rule_by_rule()
    {
        var rewrites = new
        {
            source = new object[] { new { replacement = "00", value = "12345" }, new { value = "" }, new { ton = 256, npi = -1 } },
            destination = new object[] { new { replacement = new string('1', 21) } },
            tlvs = new object[]
            {
                new { tag = "no_such_tag", action = "pass" },
                new { tag = "message_payload", action = "drop" },
                new { tag = "0x1400", action = "rename" },
                new { tag = "0x1400", action = "set" },
                new
                {
                    tag = "0x1400",
                    action = "set",
                    text = "a",
                    hex = "61",
                },
                new
                {
                    tag = "0x1400",
                    action = "set",
                    hex = "6",
                },
                new
                {
                    tag = "user_message_reference",
                    action = "set",
                    hex = "61",
                },
                new
                {
                    tag = "*",
                    action = "default",
                    text = "a",
                },
                new
                {
                    tag = "0x1400",
                    action = "drop",
                    to = "0x1401",
                },
            },
            registeredDeliveryMask = 1,
            priorities = new Dictionary<string, int> { ["5"] = 0, ["0"] = 9 },
        };

        await platform
            .Admin.PostAsJsonAsync(
                "/v1/connectors",
                new
                {
                    id = "rules",
                    @operator = "tel",
                    host = "127.0.0.1",
                    systemId = "us",
                    rewrites,
                }
            )
            .RefusesAsync(
                "rewrites.source[0].value",
                "rewrites.source[1].value",
                "rewrites.source[2].ton",
                "rewrites.source[2].npi",
                "rewrites.destination[0].replacement",
                "rewrites.tlvs[0].tag",
                "rewrites.tlvs[1].tag",
                "rewrites.tlvs[2].to",
                "rewrites.tlvs[3].text",
                "rewrites.tlvs[4].hex",
                "rewrites.tlvs[5].hex",
                "rewrites.tlvs[6].hex",
                "rewrites.tlvs[7].tag",
                "rewrites.tlvs[8].to",
                "rewrites.registeredDeliveryMask",
                "rewrites.priorities.5",
                "rewrites.priorities.0"
            );
    }

    [Fact]
    public async Task A_connector_in_use_is_not_deleted_and_the_answer_says_what_uses_it()
    {
        await platform.CreateConnectorAsync("in-use");
        await platform.CreateAsync("/v1/routes", new { id = "uses", targets = new[] { new { connector = "in-use" } } });
        var queue = QueueNames.Dispatch("in-use");
        await platform.Queue.SendAsync(queue, [new OutgoingEnvelope(Guid.NewGuid(), "x"u8.ToArray(), 3)], default);

        Assert.Contains("Route uses", await WhyNotDeletedAsync(), StringComparison.Ordinal);
        using var route = await platform.Admin.DeleteAsync("/v1/routes/uses");
        Assert.Contains("3 messages", await WhyNotDeletedAsync(), StringComparison.Ordinal);
        await platform.Queue.CompleteAsync(queue, await platform.Queue.ReceiveAsync(queue, 1, TimeSpan.Zero, default), default);
        using var deleted = await platform.Admin.DeleteAsync("/v1/connectors/in-use");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await platform.Admin.GetAsync("/v1/connectors/in-use").ProblemAsync(HttpStatusCode.NotFound);

        async Task<string> WhyNotDeletedAsync() =>
            (await platform.Admin.DeleteAsync("/v1/connectors/in-use").ProblemAsync(HttpStatusCode.Conflict))["detail"].Text();
    }
}
