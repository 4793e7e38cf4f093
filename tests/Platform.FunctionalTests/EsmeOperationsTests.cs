using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Smpp;
using Smpp.Pdus;
using Testing;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>What an operator does about bound ESMEs, and when they feel it.</summary>
[Collection(PlatformTests.Name)]
public sealed class EsmeOperationsTests(RunningPlatform platform)
{
    private const string Password = "s3cret12";

    /// <summary>What is promised of a change of the configuration.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(1);

    private readonly string account = $"a{Guid.NewGuid():N}"[..12];

    [Theory]
    [InlineData("/smpp-users/{0}")]
    [InlineData("")]
    public async Task Who_is_disabled_is_unbound_within_a_second_and_nobody_else_is(string switched)
    {
        var (user, bystander) = ($"{account}-x", $"{account}-y");
        var other = $"{account}b";
        await CreateAsync(account, user);
        await CreateAsync(other, bystander);
        await using var first = await BoundAsync(user);
        await using var second = await BoundAsync(user);
        await using var untouched = await BoundAsync(bystander);

        // From before the request, so from before its commit.
        var began = TimeProvider.System.GetTimestamp();
        var path = string.Format(null, $"v1/accounts/{account}{switched}", user);
        var changing = platform.Rest.PatchAsJsonAsync(path, new { enabled = false });
        var unbinds = await Task.WhenAll(first.ReadAsync<Unbind>(), second.ReadAsync<Unbind>());
        var took = TimeProvider.System.GetElapsedTime(began);

        using var changed = await changing;
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.True(took < Promised, $"{took} from before the commit to the unbind");
        await first.WriteAsync(UnbindResp.Ok, unbinds[0].Sequence);
        await second.WriteAsync(UnbindResp.Ok, unbinds[1].Sequence);
        await first.WaitClosedAsync();
        await second.WaitClosedAsync();
        Assert.Equal(CommandStatus.BindFail, await TryBindAsync(user));

        // Had it got an unbind, that would come first.
        await untouched.WriteAsync(EnquireLink.Instance, 2);
        Assert.Equal(2u, (await untouched.ReadAsync<EnquireLinkResp>()).Sequence);
    }

    [Fact]
    public async Task A_live_session_is_unbound_by_order_and_leaves_the_list()
    {
        var user = $"{account}-x";
        await CreateAsync(account, user);
        await using var ordered = await NodeEsme.ConnectAsync(platform.SmppPort);
        await ordered.DoAsync(
            new
            {
                op = "bind",
                systemId = user,
                password = Password,
            }
        );
        Assert.Equal(0, (await ordered.NextAsync("bound")).GetProperty("status").GetInt32());
        await using var kept = await BoundAsync(user);
        var listed = await BindsAsync(user, binds => binds.Count == 2);
        // Who connected first is first.
        var bind = listed[0];
        Assert.Equal("127.0.0.1", bind.GetProperty("remote").GetString());
        Assert.Equal("5.0", bind.GetProperty("version").GetString());
        Assert.Equal("transceiver", bind.GetProperty("mode").GetString());
        Assert.Equal("bind_transceiver", bind.GetProperty("lastPdu").GetString());

        using var order = await platform.Rest.PostAsync(
            new Uri($"v1/binds/{bind.GetProperty("id").GetString()}:unbind", UriKind.Relative),
            null
        );
        Assert.Equal(HttpStatusCode.Accepted, order.StatusCode);

        await ordered.NextAsync("unbind");
        await ordered.NextAsync("closed");
        var left = await BindsAsync(user, binds => binds.Count == 1);
        Assert.Equal(listed[1].GetProperty("id").GetString(), left[0].GetProperty("id").GetString());
        await kept.WriteAsync(EnquireLink.Instance, 2);
        Assert.Equal(2u, (await kept.ReadAsync<EnquireLinkResp>()).Sequence);
    }

    [Fact]
    public async Task The_metrics_show_binds_submits_by_status_and_refusals()
    {
        var user = $"{account}-x";
        await CreateAsync(account, user);
        var before = await MetricsAsync();
        await using var esme = await BoundAsync(user);
        var submit = new SubmitSm { Destination = new Address(1, 1, "491711000078"), ShortMessage = "counted"u8.ToArray() };
        await esme.WriteAsync(submit, 2);
        Assert.Equal(CommandStatus.Ok, (await esme.ReadAsync<SubmitSmResp>()).Pdu.Status);
        await esme.WriteAsync(submit with { EsmClass = 1 }, 3);
        Assert.Equal(CommandStatus.InvEsmClass, (await esme.ReadAsync<SubmitSmResp>()).Pdu.Status);
        using var disabled = await platform.Rest.PatchAsJsonAsync($"v1/accounts/{account}/smpp-users/{user}", new { enabled = false });
        await esme.ReadAsync<Unbind>();
        Assert.Equal(CommandStatus.BindFail, await TryBindAsync(user));

        var after = await MetricsAsync();

        // Others of this platform's tests may count too.
        Assert.True(Grown("smpp_gateway_submits_total{status=\"Ok\"}") >= 1);
        Assert.True(Grown("smpp_gateway_submits_total{status=\"InvEsmClass\"}") >= 1);
        Assert.True(Grown("smpp_gateway_binds_accepted_total{mode=\"Transceiver\"}") >= 1);
        Assert.True(Grown("smpp_gateway_binds_refused_total{reason=\"BindFail\"}") >= 1);
        Assert.True(after["smpp_gateway_binds{mode=\"transceiver\"}"] >= 1);
        Assert.True(after["smpp_gateway_connections"] >= after["smpp_gateway_connections_unbound"] + 1);
        Assert.Contains("smpp_gateway_windows_full_total", after);
        Assert.Contains("smpp_gateway_deliveries_total{outcome=\"acknowledged\"}", after);

        double Grown(string series) => after[series] - before.GetValueOrDefault(series);
    }

    private async Task<Dictionary<string, double>> MetricsAsync() =>
        (await platform.Metrics.GetStringAsync(new Uri("metrics", UriKind.Relative)))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_trace_shows_the_PDUs_of_one_ESME_without_its_password_and_its_words()
    {
        var (user, bystander) = ($"{account}-x", $"{account}-y");
        await CreateAsync(account, user);
        await CreateUserAsync(account, bystander);
        var path = $"v1/accounts/{account}/smpp-users/{user}:trace";
        using var started = await platform.Rest.PostAsJsonAsync(path, new { minutes = 5 });
        Assert.Equal(HttpStatusCode.OK, started.StatusCode);

        await using var traced = await BoundAsync(user);
        await using var other = await BoundAsync(bystander);
        var submit = new SubmitSm
        {
            Source = new Address(5, 0, "Acme"),
            Destination = new Address(1, 1, "491711000077"),
            ShortMessage = "the secret words"u8.ToArray(),
        };
        await other.WriteAsync(submit with { Source = new Address(5, 0, "Bystander") }, 2);
        Assert.Equal(CommandStatus.Ok, (await other.ReadAsync<SubmitSmResp>()).Pdu.Status);
        await traced.WriteAsync(submit, 2);
        var id = (await traced.ReadAsync<SubmitSmResp>()).Pdu.MessageId;

        var page = await RunningPlatform.UntilAsync(platform.Rest, path, p => p.GetProperty("items").GetArrayLength() >= 4);

        var items = page.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(
            ["received bind_transceiver", "sent bind_transceiver_resp", "received submit_sm", "sent submit_sm_resp"],
            items.Select(item => $"{item.GetProperty("direction")} {item.GetProperty("command")}")
        );
        Assert.StartsWith(
            "source_addr=Acme(5/0) destination_addr=491711000077(1/1) short_message=<16 octets>",
            items[2].GetProperty("line").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal($"message_id={id}", items[3].GetProperty("line").GetString());
        Assert.DoesNotContain(Password, page.GetRawText(), StringComparison.Ordinal);

        using var again = await platform.Rest.PostAsJsonAsync(path, new { minutes = 1, content = true });
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        await traced.WriteAsync(submit, 3);
        await traced.ReadAsync<SubmitSmResp>();
        var after = items[^1].GetProperty("id").GetInt64();
        page = await RunningPlatform.UntilAsync(platform.Rest, $"{path}?after={after}", p => p.GetProperty("items").GetArrayLength() >= 2);
        Assert.Contains(
            "short_message=\"the secret words\"",
            page.GetProperty("items")[0].GetProperty("line").GetString(),
            StringComparison.Ordinal
        );

        using var stopped = await platform.Rest.DeleteAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
    }

    private async Task<List<JsonElement>> BindsAsync(string systemId, Func<List<JsonElement>, bool> wanted)
    {
        List<JsonElement> Own(JsonElement page) =>
            [
                .. page.GetProperty("items")
                    .EnumerateArray()
                    .Where(bind => bind.TryGetProperty("systemId", out var id) && id.GetString() == systemId),
            ];
        return Own(await RunningPlatform.UntilAsync(platform.Rest, "v1/binds?limit=1000", page => wanted(Own(page))));
    }

    private async Task CreateAsync(string id, string user)
    {
        using var created = await platform.Rest.PostAsJsonAsync("v1/accounts", new { id, name = id });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await CreateUserAsync(id, user);
    }

    private async Task CreateUserAsync(string id, string user)
    {
        using var created = await platform.Rest.PostAsJsonAsync(
            $"v1/accounts/{id}/smpp-users",
            new { systemId = user, password = Password }
        );
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private async Task<RawPeer> BoundAsync(string systemId)
    {
        var peer = await RawPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, platform.SmppPort));
        await peer.WriteAsync(Bind(systemId), 1);
        Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);
        return peer;
    }

    private async Task<CommandStatus> TryBindAsync(string systemId)
    {
        await using var peer = await RawPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, platform.SmppPort));
        await peer.WriteAsync(Bind(systemId), 1);
        return (await peer.ReadAsync<BindResp>()).Pdu.Status;
    }

    private static Bind Bind(string systemId) =>
        new()
        {
            Mode = BindMode.Transceiver,
            SystemId = systemId,
            Password = Password,
        };
}
