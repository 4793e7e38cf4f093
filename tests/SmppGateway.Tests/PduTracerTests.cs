using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence.Configuration;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Xunit;

namespace SmppGateway.Tests;

public sealed class PduTracerTests : IAsyncDisposable
{
    /// <summary>Shorter than what an idle session lives.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    private readonly Gateway gateway = new();
    private readonly Credentials credentials;
    private readonly List<RawPeer> peers = [];
    private readonly List<Task> running = [];
    private EsmeHandler handler = null!;

    public PduTracerTests()
    {
        credentials = new Credentials(new GatewayOptions { SuspectRest = TimeSpan.Zero }, gateway.Time);
        Start(new GatewayOptions());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in peers)
        {
            await peer.DisposeAsync();
        }

        await Task.WhenAll(running);
        credentials.Dispose();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_bound_session_is_traced_from_when_it_is_switched_on_until_it_is_switched_off()
    {
        var peer = await BoundAsync();
        await EnquireAsync(peer, 2);
        Assert.Empty(gateway.Tracer.TakeRows());

        Configure(Trace());
        await EnquireAsync(peer, 3);
        Configure();
        await EnquireAsync(peer, 4);

        var rows = gateway.Tracer.TakeRows();
        Assert.Equal(
            [("received", "enquire_link", 3L, null), ("sent", "enquire_link_resp", 3L, "Ok")],
            rows.Select(row => (row.Direction!, row.Command!, row.Sequence!.Value, row.Status))
        );
        Assert.All(rows, row => Assert.Equal(("acme", "esme", "192.0.2.1"), (row.Account, row.SystemId, row.Remote)));
        Assert.Equal(rows[0].Session, rows[1].Session);
    }

    [Fact]
    public async Task A_refused_bind_shows_and_its_password_does_not()
    {
        Configure(Trace(content: true));
        var peer = Connect();
        await peer.WriteAsync(new Bind { SystemId = "esme", Password = "guessed1" }, 1);
        Assert.Equal(CommandStatus.InvPaswd, (await peer.ReadAsync<BindResp>()).Pdu.Status);

        var rows = gateway.Tracer.TakeRows();

        Assert.Equal([("bind_receiver", null), ("bind_receiver_resp", "InvPaswd")], rows.Select(row => (row.Command!, row.Status)));
        Assert.DoesNotContain(rows, row => row.Line.Contains("guessed1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unreadable_bind_never_shows_its_octets()
    {
        var peer = await BoundAsync();
        Configure(Trace(content: true));
        var bind = RawPeer.Bytes(new Bind { SystemId = "esme", Password = "secret12" }, 2);
        // It ends within the password.
        var cut = bind[..27];
        cut[3] = (byte)cut.Length;
        await peer.WriteAsync(cut);
        Assert.NotEqual(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);

        var row = gateway.Tracer.TakeRows()[0];

        Assert.Equal("bind_receiver", row.Command);
        Assert.StartsWith("unreadable: ", row.Line, StringComparison.Ordinal);
        Assert.DoesNotContain("secr", row.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_of_somebody_else_shows_nothing_of_this_one()
    {
        Configure(Trace("other"));
        var peer = await BoundAsync();
        await EnquireAsync(peer, 2);

        Assert.Empty(gateway.Tracer.TakeRows());
    }

    [Fact]
    public async Task A_trace_ends_by_itself()
    {
        var peer = await BoundAsync();
        Configure(Trace());
        await EnquireAsync(peer, 2);
        Assert.Equal(2, gateway.Tracer.TakeRows().Count);

        gateway.Time.Advance(Length);
        await EnquireAsync(peer, 3);

        Assert.Empty(gateway.Tracer.TakeRows());
    }

    [Theory]
    [InlineData(4, 100, 100)]
    [InlineData(100, 4, 100)]
    [InlineData(100, 100, 4)]
    public async Task What_is_more_than_the_rate_or_the_rows_or_the_queue_is_counted_and_never_waited_for(
        int perSecond,
        int rows,
        int queue
    )
    {
        Start(
            new GatewayOptions
            {
                TracePerSecond = perSecond,
                TraceRows = rows,
                TraceQueue = queue,
            }
        );
        var peer = await BoundAsync();
        Configure(Trace());
        for (var i = 0u; i < 10; i++)
        {
            await EnquireAsync(peer, i + 2);
        }

        var taken = gateway.Tracer.TakeRows();

        Assert.Equal(5, taken.Count);
        Assert.All(taken.Take(4), row => Assert.Equal(0, row.LeftOut));
        Assert.Equal((null, 16), (taken[4].Command, taken[4].LeftOut));
        Assert.Empty(gateway.Tracer.TakeRows());
    }

    [Fact]
    public async Task Rows_that_the_database_did_not_take_are_counted()
    {
        var peer = await BoundAsync();
        Configure(Trace());
        await EnquireAsync(peer, 2);

        gateway.Tracer.Lost(gateway.Tracer.TakeRows());

        Assert.Equal(2, Assert.Single(gateway.Tracer.TakeRows()).LeftOut);
    }

    private void Start(GatewayOptions options)
    {
        handler = gateway.Esmes(credentials, limits: options);
        Configure();
    }

    private void Configure(params EsmeTrace[] traces) =>
        gateway.Configure(
            new SmppUser
            {
                SystemId = "esme",
                AccountId = "acme",
                PasswordHash = hash,
            },
            traces: traces
        );

    private EsmeTrace Trace(string systemId = "esme", bool content = false) =>
        new()
        {
            SystemId = systemId,
            StartedAt = gateway.Time.GetUtcNow(),
            EndsAt = gateway.Time.GetUtcNow() + Length,
            Content = content,
            StartedBy = "somebody",
        };

    private static readonly string hash = PasswordHash.Create("secret12");

    private RawPeer Connect()
    {
        var (ours, theirs) = DuplexPipes.Create();
        var session = new SmppSession(ours, SessionRole.Smsc, new SmppSessionOptions(), handler, NullLogger.Instance, gateway.Time)
        {
            Tag = new EsmeConnection(IPAddress.Parse("192.0.2.1")),
        };
        gateway.Tracer.Watch(session);
        running.Add(session.RunAsync(CancellationToken.None));
        var peer = new RawPeer(theirs);
        peers.Add(peer);
        return peer;
    }

    private async Task<RawPeer> BoundAsync()
    {
        var peer = Connect();
        await peer.WriteAsync(new Bind { SystemId = "esme", Password = "secret12" }, 1);
        Assert.Equal(CommandStatus.Ok, (await peer.ReadAsync<BindResp>()).Pdu.Status);
        // The answer leaves a moment before the session is entered; what comes next waits for that.
        await peer.WriteAsync(new QuerySm { MessageId = "none" }, 1);
        await peer.ReadAsync<QuerySmResp>();
        return peer;
    }

    private static async Task EnquireAsync(RawPeer peer, uint sequence)
    {
        await peer.WriteAsync(EnquireLink.Instance, sequence);
        await peer.ReadAsync<EnquireLinkResp>();
    }
}
