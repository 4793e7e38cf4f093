using Contracts;
using Messaging;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Leases;
using Persistence.Ledger;

namespace AdminApi.IntegrationTests;

public sealed class OperationsTests : IAsyncLifetime
{
    private TestPlatform? started;

    private TestPlatform Platform => started!;

    public async Task InitializeAsync() => started = await TestPlatform.StartAsync();

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task Binds_are_the_slots_with_their_state()
    {
        var slots = Platform.Services.GetRequiredService<BindSlots>();
        var leases = await slots.AcquireAsync("north", 2, 2, default);
        await slots.RenewAsync(
            [new SlotReport(leases[0], true, "bound"), new SlotReport(leases[1], false, "connecting", "refused")],
            default
        );

        var binds = (await Platform.Admin.GetJsonAsync("/v1/binds"))["items"]!.AsArray();

        Assert.Equal(["north-0", "north-1"], binds.Select(bind => bind!["id"].Text()));
        Assert.Equal(["operator", "operator"], binds.Select(bind => bind!["kind"].Text()));
        Assert.Equal([true, false], binds.Select(bind => bind!["bound"]!.GetValue<bool>()));
        Assert.Equal(["bound", "connecting"], binds.Select(bind => bind!["state"].Text()));
        Assert.Equal("refused", binds[1]!["lastError"].Text());
        Assert.Equal(["north-1"], (await Platform.Admin.GetJsonAsync("/v1/binds?after=north-0")).Ids());
    }

    [Fact]
    public async Task Bound_ESMEs_come_behind_the_operators_binds_and_are_unbound_by_order()
    {
        var slots = Platform.Services.GetRequiredService<BindSlots>();
        var lease = Assert.Single(await slots.AcquireAsync("north", 1, 1, default));
        var esmes = Platform.Services.GetRequiredService<EsmeDirectory>();
        // They come by id. Two ids of one millisecond are in no order.
        var boundAt = TimeProvider.System.GetUtcNow();
        var row = new EsmeSessionRow
        {
            Id = Guid.CreateVersion7(boundAt),
            SystemId = "shop",
            Account = "acme",
            Remote = "192.0.2.7",
            Mode = "transceiver",
            Version = 0x34,
            BoundAt = boundAt,
            Window = 100,
            Received = 12,
            ReceiveRate = 2.5f,
            SendRate = 1.25f,
            LastPdu = "enquire_link",
            LastPduAt = DateTimeOffset.UnixEpoch,
        };
        await esmes.ReportAsync([row, row with { Id = Guid.CreateVersion7(boundAt.AddMilliseconds(1)) }], default);

        var first = await Platform.Admin.GetJsonAsync("/v1/binds?limit=2");
        Assert.Equal(["north-0", $"{row.Id}"], first.Ids());
        var esme = first["items"]![1]!;
        Assert.Equal(
            ("esme", "shop", "192.0.2.7", "3.4", 12L),
            (
                esme["kind"].Text(),
                esme["systemId"].Text(),
                esme["remote"].Text(),
                esme["version"].Text(),
                esme["received"]!.GetValue<long>()
            )
        );
        Assert.Equal(
            (100, 0, 2.5, 1.2, "enquire_link", DateTimeOffset.UnixEpoch, "acme", "transceiver"),
            (
                esme["window"]!.GetValue<int>(),
                esme["inFlight"]!.GetValue<int>(),
                esme["receiveRate"]!.GetValue<double>(),
                esme["sendRate"]!.GetValue<double>(),
                esme["lastPdu"].Text(),
                esme["lastPduAt"]!.GetValue<DateTimeOffset>(),
                esme["account"].Text(),
                esme["mode"].Text()
            )
        );
        Assert.Equal(row.BoundAt, esme["stateAt"]!.GetValue<DateTimeOffset>(), TimeSpan.FromMilliseconds(1));
        Assert.Single((await Platform.Admin.GetJsonAsync($"/v1/binds?limit=2&after={first["next"].Text()}")).Ids());

        using var told = await Platform.Admin.PostAsync($"/v1/binds/{row.Id}:unbind", null);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, told.StatusCode);
        Assert.Equal([row.Id], await esmes.TakeUnbindsAsync(default));
        await Platform.Admin.PostAsync($"/v1/binds/{Guid.NewGuid()}:unbind", null).ProblemAsync(System.Net.HttpStatusCode.NotFound);
        await Platform.Admin.PostAsync("/v1/binds/nobody-0:unbind", null).ProblemAsync(System.Net.HttpStatusCode.NotFound);
        // Leased, and not bound yet.
        await Platform.Admin.PostAsync("/v1/binds/north-0:unbind", null).ProblemAsync(System.Net.HttpStatusCode.Conflict);
        var audit = await Platform.Admin.GetJsonAsync("/v1/audit?entity=esme-session");
        Assert.Equal([$"{row.Id}"], audit.Ids("entityId"));
        Assert.Equal("unbound", audit["items"]![0]!["action"].Text());

        await slots.RenewAsync([new SlotReport(lease, true, "bound")], default);
        using var slotTold = await Platform.Admin.PostAsync("/v1/binds/north-0:unbind", null);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, slotTold.StatusCode);
        Assert.Equal([lease], await slots.TakeUnbindsAsync(default));
        Assert.Empty(await slots.TakeUnbindsAsync(default));
        Assert.Equal(["north-0"], (await Platform.Admin.GetJsonAsync("/v1/audit?entity=operator-bind")).Ids("entityId"));
    }

    [Fact]
    public async Task Queues_show_their_depth_in_messages_and_their_dead()
    {
        await Platform.CreateConnectorAsync("north");
        await Platform.Queue.SendAsync(QueueNames.Submit, [new OutgoingEnvelope(Guid.NewGuid(), "x"u8.ToArray(), 5)], default);
        await Platform.Queue.SendAsync(
            QueueNames.Dead(QueueNames.Events),
            [new OutgoingEnvelope(Guid.NewGuid(), "x"u8.ToArray(), 2)],
            default
        );
        await Platform.Queue.EnsureQueueAsync("dispatch-former", default);

        var page = await Platform.Admin.GetJsonAsync("/v1/queues");

        Assert.Equal(["dispatch-former", "dispatch-north", "dispatch-north-high", "events", "inbound", "submit"], page.Ids("name"));
        var submit = page["items"]![5]!;
        Assert.Equal(5, submit["depth"]!.GetValue<long>());
        Assert.Equal(5, submit["ready"]!.GetValue<long>());
        Assert.True(submit["oldestSeconds"]!.GetValue<double>() >= 0);
        Assert.Equal(2, page["items"]![3]!["dead"]!.GetValue<long>());
    }

    [Fact]
    public async Task Stats_balance_in_total_and_by_account()
    {
        await RecordAsync("acme", "north");
        await RecordAsync("acme", "north");
        await RecordAsync("other", "north");
        await Platform.Ledger.CheckpointAsync(Guid.NewGuid(), [new AcceptCount("acme", 5, 1), new AcceptCount("other", 1, 0)], default);

        var stats = await Platform.Admin.GetJsonAsync("/v1/stats");

        Assert.Equal(
            """{"account":null,"accepted":6,"maybeAccepted":1,"notYetRecorded":3,"dead":0,"rejected":0,"cancelled":0,"expired":0,"failed":0,"delivered":0,"uncertain":0,"inFlight":3,"states":{"accepted":0,"scheduled":0,"held":0,"routed":3,"submitted":0,"uncertain":0,"delivered":0,"failed":0,"rejected":0,"expired":0,"cancelled":0}}""",
            stats["total"]!.ToJsonString()
        );
        var accounts = stats["accounts"]!.AsArray();
        Assert.Equal(["acme", "other"], accounts.Select(account => account!["account"].Text()));
        Assert.Equal([3, 0], accounts.Select(account => account!["notYetRecorded"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Audit_says_who_changed_what_and_never_a_secret()
    {
        await Platform.CreateConnectorAsync("north");
        using var changed = await Platform.Admin.PatchJsonAsync("/v1/connectors/north", new { password = "n3w-s3cret", window = 50 });
        await Platform.CreateAsync("/v1/accounts", new { id = "acme", name = "Acme" });
        await Platform.CreateAsync("/v1/accounts/acme/smpp-users", new { systemId = "esme", password = "p4ssw0rd" });
        var key = await Platform.CreateAsync("/v1/accounts/acme/api-keys", new { name = "shop" });
        using var deleted = await Platform.Admin.DeleteAsync("/v1/accounts/acme/smpp-users/esme");

        var audit = await Platform.Admin.GetJsonAsync("/v1/audit");

        var items = audit["items"]!.AsArray();
        Assert.Equal(
            [
                "deleted smpp-user esme",
                $"created api-key {Guid.Parse(key["id"].Text())}",
                "created smpp-user esme",
                "created account acme",
                "updated connector north",
                "created connector north",
            ],
            items.Select(entry => $"{entry!["action"].Text()} {entry["entity"].Text()} {entry["entityId"].Text()}")
        );
        Assert.All(items, entry => Assert.Equal("admin-key", entry!["actor"].Text()));
        Assert.Null(items[5]!["before"]);
        Assert.NotNull(items[5]!["after"]);
        Assert.Equal(10, items[4]!["before"]!["window"]!.GetValue<int>());
        Assert.Equal(50, items[4]!["after"]!["window"]!.GetValue<int>());
        foreach (var secret in new[] { "s3cret", "p4ssw0rd", "pbkdf2", key["secret"].Text(), "assword", "ecretHash" })
        {
            Assert.DoesNotContain(secret, audit.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Audit_is_filtered_and_paged()
    {
        await Platform.CreateAsync("/v1/accounts", new { id = "a1", name = "x" });
        await Platform.CreateAsync("/v1/accounts", new { id = "a2", name = "x" });
        await Platform.CreateConnectorAsync("north");

        Assert.Equal(["a2", "a1"], (await Platform.Admin.GetJsonAsync("/v1/audit?entity=account")).Ids("entityId"));
        Assert.Equal(["a1"], (await Platform.Admin.GetJsonAsync("/v1/audit?entity=account&entityId=a1")).Ids("entityId"));
        Assert.Empty((await Platform.Admin.GetJsonAsync("/v1/audit?actor=nobody")).Ids("entityId"));
        var first = await Platform.Admin.GetJsonAsync("/v1/audit?limit=1");
        Assert.Equal(["north"], first.Ids("entityId"));
        Assert.Equal(["a2", "a1"], (await Platform.Admin.GetJsonAsync($"/v1/audit?after={first["next"].Text()}")).Ids("entityId"));
        await Platform.Admin.GetAsync("/v1/audit?after=x").RefusesAsync("after");
    }

    private async Task RecordAsync(string account, string connector)
    {
        var now = TimeProvider.System.GetUtcNow();
        var message = new MessageSubmitted
        {
            Id = MessageId.New(now),
            Account = account,
            Source = new Party(5, 0, "A"),
            Destination = new Party(1, 1, "491711234567"),
            Content = "x"u8.ToArray(),
            AcceptedAt = now,
            ValidUntil = now.AddDays(2),
        };
        await Platform.Ledger.RecordAsync([new Verdict(Guid.NewGuid(), message, connector, "r", null)], default);
    }
}
