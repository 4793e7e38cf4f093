using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Smpp.Sessions;
using Testing.Smsc;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>Connectors whose SMSC calls the workers with outbind (SMPP 5.0 sections 2.2.2 and 4.1.1.7).</summary>
[Collection(PlatformTests.Name)]
public sealed class OperatorOutbindTests(RunningPlatform platform) : IAsyncLifetime
{
    private const string Waiting = "waiting for outbind";

    private readonly List<string> connectors = [];
    private readonly List<string> routes = [];
    private readonly int port = RunningPlatform.FreePorts(1)[0];
    private SmscSimulator? smsc;

    private SmscSimulator Smsc => smsc!;

    public async Task InitializeAsync() =>
        smsc = await SmscSimulator.StartAsync(new SmscOptions { Port = 0 }, NullLogger.Instance, TimeProvider.System);

    /// <summary>Other tests have the platform next.</summary>
    public async Task DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        foreach (var path in routes.Select(id => $"v1/routes/{id}").Concat(connectors.Select(id => $"v1/connectors/{id}")))
        {
            // A delivered message may still be on its way out of its queue, and keeps its connector so long.
            while (await DeleteAsync(path) != HttpStatusCode.NoContent)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
            }
        }

        await Smsc.DisposeAsync();

        async Task<HttpStatusCode> DeleteAsync(string path)
        {
            using var answer = await platform.Rest.DeleteAsync(new Uri(path, UriKind.Relative), deadline.Token);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_call_is_bound_to_and_a_message_goes_out_on_it_and_its_receipt_comes_back()
    {
        const string Destination = "4917180000001";
        await AddAsync("outbind-path", Called());
        await RouteAsync("outbind-path", Destination);
        await SlotAsync("outbind-path", slot => State(slot) == Waiting);

        var session = await CallAsync();
        await SlotAsync("outbind-path", IsBound);

        await DeliveredAsync(Destination);
        Assert.Equal(Destination, Assert.Single(Smsc.Messages()).Destination);
        Assert.Equal((SessionState.BoundTrx, 1L), (session.State, Smsc.Stats.BindsTotal));
    }

    [Fact]
    public async Task An_operator_written_by_others_calls_and_is_served()
    {
        const string Destination = "4917180000002";
        await using var others = await NodeOperator.StartAsync();
        await AddAsync("outbind-npm", Called());
        await RouteAsync("outbind-npm", Destination);
        await SlotAsync("outbind-npm", slot => State(slot) == Waiting);

        await others.CallAsync(port, "smsc", "secret");
        await SlotAsync("outbind-npm", IsBound);

        await DeliveredAsync(Destination);
        Assert.Equal("outbind", Assert.Single(await others.MessageAsync(Destination)).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Who_does_not_know_the_password_is_closed_and_said_and_takes_no_slot()
    {
        await AddAsync("outbind-wrong", Called());
        await SlotAsync("outbind-wrong", slot => State(slot) == Waiting);

        var stranger = await Smsc.CallAsync(new IPEndPoint(IPAddress.Loopback, port), "smsc", "wr0ng-one");
        await stranger.Completion.WaitAsync(RunningPlatform.Patience);

        var refused = await SlotAsync("outbind-wrong", slot => LastError(slot) is not null);
        Assert.Equal((Waiting, "a call from 127.0.0.1 was refused: wrong system_id or password"), (State(refused), LastError(refused)));
        Assert.Equal(0, Smsc.Stats.BindsTotal);
        var log = await LogAsync();
        Assert.Contains("outbind-wrong: a call from 127.0.0.1 was closed: wrong system_id or password", log, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-one", log, StringComparison.Ordinal);
        await CallAsync();
        await SlotAsync("outbind-wrong", IsBound);
    }

    [Fact]
    public async Task From_another_address_than_the_operators_nobody_is_listened_to()
    {
        await AddAsync("outbind-elsewhere", Called(host: "192.0.2.0/24"));
        await SlotAsync("outbind-elsewhere", slot => State(slot) == Waiting);

        var stranger = await CallAsync();
        await stranger.Completion.WaitAsync(RunningPlatform.Patience);

        Assert.Equal(0, Smsc.Stats.BindsTotal);
        Assert.Contains(
            "outbind-elsewhere: a call from 127.0.0.1 was closed: only 192.0.2.0/24 may call",
            await LogAsync(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_call_beyond_the_slots_is_closed_and_the_others_stay()
    {
        await AddAsync("outbind-full", Called(binds: 2));
        await UntilSlotsAsync("outbind-full", slots => slots.Count(slot => State(slot) == Waiting) == 2);
        var bound = new[] { await CallAsync(), await CallAsync() };
        await UntilSlotsAsync("outbind-full", slots => slots.Count(IsBound) == 2);

        var beyond = await CallAsync();
        await beyond.Completion.WaitAsync(RunningPlatform.Patience);

        Assert.All(bound, session => Assert.Equal(SessionState.BoundTrx, session.State));
        Assert.Equal((2, 2L), (Smsc.Stats.BindsMax, Smsc.Stats.BindsTotal));
        Assert.Contains("outbind-full: a call from 127.0.0.1 was closed: no slot", await LogAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_is_lost_or_told_to_unbind_makes_its_slot_wait_for_the_next_call()
    {
        await AddAsync("outbind-again", Called());
        await SlotAsync("outbind-again", slot => State(slot) == Waiting);
        await CallAsync();
        var first = await SlotAsync("outbind-again", IsBound);

        Smsc.DropAll();
        await SlotAsync("outbind-again", slot => State(slot) == Waiting && LastError(slot) is not null);
        var second = await CallAsync();
        await SlotAsync("outbind-again", IsBound);

        using (var told = await platform.Rest.PostAsync(new Uri("v1/binds/outbind-again-0:unbind", UriKind.Relative), null))
        {
            Assert.Equal(HttpStatusCode.Accepted, told.StatusCode);
        }

        await second.Completion.WaitAsync(RunningPlatform.Patience);
        Assert.Equal(SmppCloseReason.PeerUnbound, second.CloseReason);
        await SlotAsync("outbind-again", slot => State(slot) == Waiting);
        await CallAsync();
        var last = await SlotAsync("outbind-again", IsBound);
        Assert.Equal(first.GetProperty("fence").GetInt64(), last.GetProperty("fence").GetInt64());
        Assert.Equal(3, Smsc.Stats.BindsTotal);
    }

    [Fact]
    public async Task A_stopped_connector_listens_no_more_and_a_changed_one_on_its_new_port()
    {
        await AddAsync("outbind-stopped", Called());
        await SlotAsync("outbind-stopped", slot => State(slot) == Waiting);
        var session = await CallAsync();
        await SlotAsync("outbind-stopped", IsBound);

        await ChangeAsync(() => platform.Rest.PostAsync(new Uri("v1/connectors/outbind-stopped:stop", UriKind.Relative), null));
        await session.Completion.WaitAsync(RunningPlatform.Patience);
        Assert.Equal(SmppCloseReason.PeerUnbound, session.CloseReason);
        // The port was closed before the session was.
        await Assert.ThrowsAsync<SocketException>(CallAsync);

        await ChangeAsync(() => platform.Rest.PostAsync(new Uri("v1/connectors/outbind-stopped:start", UriKind.Relative), null));
        await SlotAsync("outbind-stopped", slot => State(slot) == Waiting);
        var moved = await CallAsync();
        await SlotAsync("outbind-stopped", IsBound);
        var next = RunningPlatform.FreePorts(1)[0];
        await ChangeAsync(() =>
            platform.Rest.PatchAsync(
                new Uri("v1/connectors/outbind-stopped", UriKind.Relative),
                JsonContent.Create(new { outbind = new { port = next } })
            )
        );
        await moved.Completion.WaitAsync(RunningPlatform.Patience);
        await SlotAsync("outbind-stopped", slot => State(slot) == Waiting);
        await Assert.ThrowsAsync<SocketException>(CallAsync);
        await Smsc.CallAsync(new IPEndPoint(IPAddress.Loopback, next), "smsc", "secret");
        await SlotAsync("outbind-stopped", IsBound);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_and_tried_again_while_another_connector_works_on()
    {
        const string Destination = "4917180000003";
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();
        await AddAsync("outbind-taken", Called());
        await AddAsync(
            "outbind-neighbour",
            new
            {
                id = "outbind-neighbour",
                @operator = "outbind-neighbour",
                host = "127.0.0.1",
                port = Smsc.EndPoint.Port,
                systemId = "simulator",
                password = "simulator",
            }
        );
        await RouteAsync("outbind-neighbour", Destination);

        var taken = await SlotAsync("outbind-taken", slot => LastError(slot) is not null);
        Assert.Equal("waiting to listen", State(taken));
        Assert.Contains($":{port}: ", LastError(taken), StringComparison.Ordinal);
        await DeliveredAsync(Destination);

        other.Stop();
        await SlotAsync("outbind-taken", slot => State(slot) == Waiting && LastError(slot) is null);
        await CallAsync();
        await SlotAsync("outbind-taken", IsBound);
    }

    [Fact]
    public async Task Of_two_processes_with_one_port_the_second_says_so_and_has_it_when_the_first_drains()
    {
        await using var own = await RunningPlatform.StartAsync(("PLATFORM_QUEUE", "postgres"), ("PLATFORM_CONNECTORS", "nobody"));
        await AddAsync(own, "outbind-two", Called(binds: 2));
        (string, string)[] soon = [("Workers__MaxReconnect", "00:00:02")];
        await using var first = await WorkerProcess.StartAsync(own, "worker-0", soon);
        await using var second = await WorkerProcess.StartAsync(own, "worker-1", soon);
        await UntilSlotsAsync(
            own,
            "outbind-two",
            slots =>
                slots.Count(slot => State(slot) == Waiting) == 1
                && slots.Count(slot => State(slot) == "waiting to listen" && LastError(slot) is not null) == 1
        );
        var session = await CallAsync();
        await UntilSlotsAsync(own, "outbind-two", slots => slots.Count(IsBound) == 1);

        Assert.Equal(0, await first.RestartAsync());

        await session.Completion.WaitAsync(RunningPlatform.Patience);
        Assert.Equal(SmppCloseReason.PeerUnbound, session.CloseReason);
        await UntilSlotsAsync(own, "outbind-two", slots => slots.Exists(slot => State(slot) == Waiting));
        await CallAsync();
        await UntilSlotsAsync(own, "outbind-two", slots => slots.Count(IsBound) == 1);
        Assert.Equal((1, 2L), (Smsc.Stats.BindsMax, Smsc.Stats.BindsTotal));
    }

    private object Called(string host = "127.0.0.1", int binds = 1) =>
        new
        {
            @operator = "outbind",
            host,
            systemId = "simulator",
            password = "simulator",
            binds,
            outbind = new
            {
                port,
                systemId = "smsc",
                password = "secret",
            },
        };

    private async Task AddAsync(string id, object connector)
    {
        await AddAsync(platform, id, connector);
        connectors.Add(id);
    }

    private static async Task AddAsync(RunningPlatform platform, string id, object connector)
    {
        var document = JsonSerializer.SerializeToNode(connector)!.AsObject();
        document["id"] = id;
        using var answer = await platform.Rest.PostAsJsonAsync("v1/connectors", document);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.DoesNotContain("\"password\":", text, StringComparison.Ordinal);
    }

    private async Task RouteAsync(string connector, string destination)
    {
        using var answer = await platform.Rest.PostAsJsonAsync(
            "v1/routes",
            new
            {
                id = connector,
                priority = 1,
                match = new { destinationPrefix = new[] { destination } },
                targets = new[] { new { connector, weight = 1 } },
                strategy = "failover",
            }
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        routes.Add(connector);
    }

    private Task<SmppSession> CallAsync() => Smsc.CallAsync(new IPEndPoint(IPAddress.Loopback, port), "smsc", "secret");

    private async Task DeliveredAsync(string destination)
    {
        using var accepted = await platform.Rest.PostAsJsonAsync(
            "v1/messages",
            new
            {
                account = "demo",
                from = "12345",
                to = destination,
                text = "outbind",
            }
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await RunningPlatform.UntilAsync(
            platform.Rest,
            $"v1/messages/{id}",
            message => message.GetProperty("state").GetString() == "delivered"
        );
    }

    private static async Task ChangeAsync(Func<Task<HttpResponseMessage>> change)
    {
        using var answer = await change();
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> SlotAsync(string connector, Func<JsonElement, bool> wanted) =>
        Assert.Single(await UntilSlotsAsync(connector, slots => slots is [var slot] && wanted(slot)));

    private Task<List<JsonElement>> UntilSlotsAsync(string connector, Func<List<JsonElement>, bool> wanted) =>
        UntilSlotsAsync(platform, connector, wanted);

    private static async Task<List<JsonElement>> UntilSlotsAsync(
        RunningPlatform platform,
        string connector,
        Func<List<JsonElement>, bool> wanted
    ) => Slots(await RunningPlatform.UntilAsync(platform.Rest, "v1/binds", binds => wanted(Slots(binds, connector))), connector);

    private static List<JsonElement> Slots(JsonElement binds, string connector) =>
        [
            .. binds
                .GetProperty("items")
                .EnumerateArray()
                .Where(bind => bind.TryGetProperty("connector", out var of) && of.GetString() == connector),
        ];

    private static string? State(JsonElement slot) => slot.GetProperty("state").GetString();

    private static string? LastError(JsonElement slot) => slot.TryGetProperty("lastError", out var error) ? error.GetString() : null;

    private static bool IsBound(JsonElement slot) => slot.GetProperty("bound").GetBoolean();

    private Task<string> LogAsync() => File.ReadAllTextAsync(Path.Combine(platform.RunDirectory, "standalone.log"));
}
