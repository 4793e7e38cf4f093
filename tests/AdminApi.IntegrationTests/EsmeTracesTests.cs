using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Persistence.Leases;
using Persistence.Snapshot;

namespace AdminApi.IntegrationTests;

public sealed class EsmeTracesTests(SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private readonly string account = $"a{Guid.NewGuid():N}"[..20];
    private readonly string systemId = $"e{Guid.NewGuid():N}"[..15];

    private TestPlatform Platform => shared.Platform;

    private string Path => $"/v1/accounts/{account}/smpp-users/{systemId}:trace";

    [Fact]
    public async Task A_trace_is_switched_on_for_a_while_replaced_and_switched_off_and_all_of_it_is_audited()
    {
        await CreateUserAsync();
        Assert.Null((await Platform.Admin.GetJsonAsync(Path))["trace"]);

        using var started = await Platform.Admin.PostAsJsonAsync(Path, new { minutes = 10 });
        Assert.Equal(HttpStatusCode.OK, started.StatusCode);
        var trace = await started.JsonAsync();
        Assert.Equal(
            (systemId, true, false, "admin-key"),
            (trace["systemId"].Text(), trace["running"]!.GetValue<bool>(), trace["content"]!.GetValue<bool>(), trace["startedBy"].Text())
        );
        Assert.Equal(
            TimeSpan.FromMinutes(10),
            trace["endsAt"]!.GetValue<DateTimeOffset>() - trace["startedAt"]!.GetValue<DateTimeOffset>()
        );
        var inForce = Platform.Services.GetRequiredService<SnapshotSource>();
        Assert.False(inForce.Current.Traces[systemId].Content);

        using var again = await Platform.Admin.PostAsJsonAsync(Path, new { minutes = 60, content = true });
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.True(inForce.Current.Traces[systemId].Content);
        Assert.True((await Platform.Admin.GetJsonAsync(Path))["trace"]!["content"]!.GetValue<bool>());

        using var stopped = await Platform.Admin.DeleteAsync(Path);
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        Assert.Empty(inForce.Current.Traces.Keys.Intersect([systemId]));
        Assert.Null((await Platform.Admin.GetJsonAsync(Path))["trace"]);
        await Platform.Admin.DeleteAsync(Path).ProblemAsync(HttpStatusCode.NotFound);

        var audit = await Platform.Admin.GetJsonAsync($"/v1/audit?entity=esme-trace&entityId={systemId}");
        Assert.Equal(["deleted", "updated", "created"], audit.Ids("action"));
        Assert.True(audit["items"]![1]!["after"]!["content"]!.GetValue<bool>());
    }

    [Fact]
    public async Task What_was_traced_is_read_page_by_page()
    {
        await CreateUserAsync();
        var traced = Platform.Services.GetRequiredService<TracedPdus>();
        var session = Guid.NewGuid();
        var row = new TracedPdu
        {
            At = TimeProvider.System.GetUtcNow(),
            Account = account,
            SystemId = systemId,
            Session = session,
            Remote = "192.0.2.1",
            Direction = "sent",
            Command = "submit_sm_resp",
            Sequence = 7,
            Status = "Throttled",
            Line = "",
        };
        var leftOut = new TracedPdu
        {
            At = row.At,
            Account = account,
            SystemId = systemId,
            Line = "left out",
            LeftOut = 3,
        };
        await traced.AppendAsync([row, leftOut, row with { Sequence = 8 }], default);

        var first = await Platform.Admin.GetJsonAsync($"{Path}?limit=2");
        var item = first["items"]![0]!;
        Assert.Equal(
            ("sent", "submit_sm_resp", 7, "Throttled", $"{session}", "192.0.2.1"),
            (
                item["direction"].Text(),
                item["command"].Text(),
                item["sequence"]!.GetValue<int>(),
                item["status"].Text(),
                item["session"].Text(),
                item["remote"].Text()
            )
        );
        Assert.Equal(3, first["items"]![1]!["leftOut"]!.GetValue<int>());
        var second = await Platform.Admin.GetJsonAsync($"{Path}?limit=2&after={first["next"].Text()}");
        Assert.Equal(8, Assert.Single(second["items"]!.AsArray())!["sequence"]!.GetValue<int>());
        Assert.Null(second["next"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    public async Task A_trace_lasts_an_hour_at_most(int minutes)
    {
        await CreateUserAsync();
        await Platform.Admin.PostAsJsonAsync(Path, new { minutes }).RefusesAsync("minutes");
        await Platform.Admin.GetAsync($"{Path}?after=x").RefusesAsync("after");
    }

    [Fact]
    public async Task Nobody_but_the_operator_traces_and_only_users_there_are()
    {
        using var customer = await Platform.CustomerAsync(account);
        await Platform.Admin.PostAsJsonAsync(Path, new { minutes = 1 }).ProblemAsync(HttpStatusCode.NotFound);
        await Platform.Admin.GetAsync(Path).ProblemAsync(HttpStatusCode.NotFound);
        await customer.PostAsJsonAsync(Path, new { minutes = 1 }).ProblemAsync(HttpStatusCode.Forbidden);
        await customer.GetAsync(Path).ProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_user_that_is_traced_can_be_deleted()
    {
        await CreateUserAsync();
        using var started = await Platform.Admin.PostAsJsonAsync(Path, new { minutes = 10 });
        using var deleted = await Platform.Admin.DeleteAsync($"/v1/accounts/{account}/smpp-users/{systemId}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    private async Task CreateUserAsync()
    {
        await Platform.CreateAsync("/v1/accounts", new { id = account, name = "Acme" });
        await Platform.CreateAsync($"/v1/accounts/{account}/smpp-users", new { systemId, password = "p4ssw0rd" });
    }
}
