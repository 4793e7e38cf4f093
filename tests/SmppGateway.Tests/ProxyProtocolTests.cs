using System.Net;
using Messaging.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Testing;
using Xunit;

namespace SmppGateway.Tests;

/// <summary>A gateway's listener behind a balancer, over TCP: the user may bind from one network only, so its answers show whose address counted.</summary>
public sealed class ProxyProtocolTests : IAsyncDisposable
{
    // From 192.0.2.7:40000 to 10.0.0.1:2775, as section 2.2 lays it out.
    private static readonly byte[] FromAllowed = Convert.FromHexString("0D0A0D0A000D0A515549540A2111000CC00002070A0000019C400AD7");
    private static readonly byte[] FromElsewhere = Convert.FromHexString("0D0A0D0A000D0A515549540A2111000CC63364070A0000019C400AD7");
    private static readonly byte[] Local = Convert.FromHexString("0D0A0D0A000D0A515549540A20000000");

    private readonly Gateway gateway = new();
    private readonly ManualTime time = new();
    private readonly ListLogger log = new();
    private readonly Credentials credentials;
    private WebApplication? host;

    public ProxyProtocolTests()
    {
        credentials = new Credentials(new GatewayOptions(), time);
        Configure("192.0.2.0/24");
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        credentials.Dispose();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task The_clients_address_counts_not_the_balancers()
    {
        await StartAsync("127.0.0.0/8");
        Assert.Equal(CommandStatus.Ok, await BindAsync(FromAllowed));
        Assert.Equal(CommandStatus.BindFail, await BindAsync(FromElsewhere));
    }

    [Fact]
    public async Task A_local_connection_of_the_balancer_has_the_balancers_address()
    {
        await StartAsync("10.0.0.0/8, 127.0.0.1");
        Assert.Equal(CommandStatus.BindFail, await BindAsync(Local));
        Configure("127.0.0.1/32");
        Assert.Equal(CommandStatus.Ok, await BindAsync(Local));
    }

    [Fact]
    public async Task A_header_that_comes_octet_by_octet_and_with_the_bind_is_taken()
    {
        await StartAsync("127.0.0.1");
        await using var peer = await RawPeer.ConnectAsync(EndPoint());
        for (var i = 0; i < FromAllowed.Length - 1; i++)
        {
            await peer.WriteAsync(FromAllowed.AsMemory(i, 1));
        }

        await peer.WriteAsync((byte[])[FromAllowed[^1], .. RawPeer.Bytes(Bind, 1)]);
        Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);
    }

    [Fact]
    public async Task A_balancer_without_the_header_is_closed_without_an_answer()
    {
        await StartAsync("127.0.0.1");
        await using var peer = await RawPeer.ConnectAsync(EndPoint());
        await peer.WriteAsync(Bind, 1);
        Assert.Null(await peer.ReadFrameAsync());
        Assert.Contains(log.Entries, entry => entry.Id.Id == 5009);
    }

    [Fact]
    public async Task A_header_from_anybody_else_is_not_believed()
    {
        await StartAsync("10.0.0.0/8");
        await using var peer = await RawPeer.ConnectAsync(EndPoint());
        await peer.WriteAsync((byte[])[.. FromAllowed, .. RawPeer.Bytes(Bind, 1)]);
        Assert.Equal(CommandStatus.InvCmdLen, (await peer.ReadAsync<GenericNack>()).Pdu.Status);
        Assert.Null(await peer.ReadFrameAsync());
    }

    [Fact]
    public async Task Without_networks_no_header_is_expected()
    {
        Configure("127.0.0.1/32");
        await StartAsync("");
        Assert.Equal(CommandStatus.Ok, await BindAsync([]));
    }

    [Fact]
    public async Task A_header_that_does_not_come_in_time_ends_the_connection()
    {
        await StartAsync("127.0.0.1");
        await using var peer = await RawPeer.ConnectAsync(EndPoint());
        await peer.WriteAsync(FromAllowed.AsMemory(0, 10));
        var closed = peer.WaitClosedAsync();
        await time.AdvanceUntilAsync(closed, TimeSpan.FromSeconds(1));
        await closed;
        Assert.Contains(log.Entries, entry => entry.Id.Id == 5010);
    }

    [Fact]
    public async Task The_clients_unbound_connections_are_limited_not_the_balancers()
    {
        await StartAsync("127.0.0.1");
        var most = new GatewayOptions().UnboundPerAddress;
        var idle = new List<RawPeer>();
        for (var i = 0; i < most; i++)
        {
            idle.Add(await RawPeer.ConnectAsync(EndPoint()));
            await idle[i].WriteAsync(FromElsewhere);
        }

        var limits = host!.Services.GetRequiredService<ConnectionLimits>();
        using (var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10)))
        {
            while (limits.Unbound < most)
            {
                await Task.Delay(1, bound.Token);
            }
        }

        await using var oneMore = await RawPeer.ConnectAsync(EndPoint());
        await oneMore.WriteAsync(FromElsewhere);
        Assert.Null(await oneMore.ReadFrameAsync());
        Assert.Equal(CommandStatus.Ok, await BindAsync(FromAllowed));
        foreach (var peer in idle)
        {
            await peer.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8,balancer")]
    [InlineData("10.0.0.0/99")]
    public void A_network_that_is_none_stops_the_start(string networks)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Options(networks));
        Assert.Contains("SMPP_PROXY_NETWORKS", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The kernel gathers octets before it wakes anybody; none may be left there, however they arrive.</summary>
    [Fact]
    public async Task A_bind_that_comes_in_pieces_is_answered_wherever_it_is_cut()
    {
        Configure("127.0.0.1/32");
        await StartAsync("10.0.0.0/8");
        var bind = RawPeer.Bytes(Bind, 1);
        for (var cut = 0; cut < bind.Length; cut++)
        {
            await using var peer = await RawPeer.ConnectAsync(EndPoint());
            await peer.WriteAsync(bind.AsMemory(0, cut));
            for (var i = cut; i < bind.Length; i++)
            {
                await peer.WriteAsync(bind.AsMemory(i, 1));
            }

            Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);
        }
    }

    private static Bind Bind { get; } =
        new()
        {
            Mode = BindMode.Transceiver,
            SystemId = "esme",
            Password = "secret12",
        };

    private static ProxyProtocolOptions Options(string networks) =>
        ProxyProtocolOptions.From(new ConfigurationBuilder().AddInMemoryCollection([new("SMPP_PROXY_NETWORKS", networks)]).Build());

    private void Configure(string allowed) =>
        gateway.Configure(
            new SmppUser
            {
                SystemId = "esme",
                AccountId = "acme",
                PasswordHash = PasswordHash.Create("secret12"),
                AllowedIps = [allowed],
            }
        );

    private async Task StartAsync(string networks)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(new GatewayOptions());
        builder.Services.AddSingleton(gateway.Esmes(credentials));
        builder.Services.AddSingleton(gateway.Tracer);
        builder.Services.AddSingleton<ConnectionLimits>();
        builder.Services.AddSingleton<ILoggerFactory>(new OneLogger(log));
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        var proxy = Options(networks);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen => listen.UseProxyProtocol(proxy).UseConnectionLimits().UseConnectionHandler<SmppConnectionHandler>()
            )
        );
        host = builder.Build();
        await host.StartAsync();
    }

    private IPEndPoint EndPoint()
    {
        var addresses = host!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return IPEndPoint.Parse(new Uri(addresses.Single()).Authority);
    }

    private async Task<CommandStatus> BindAsync(byte[] header)
    {
        await using var peer = await RawPeer.ConnectAsync(EndPoint());
        await peer.WriteAsync(header);
        await peer.WriteAsync(Bind, 1);
        return (await peer.ReadAsync<BindResp>()).Pdu.Status;
    }

    private sealed class OneLogger(ILogger log) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one logger.");

        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose() { }
    }
}
