using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Persistence.Configuration;
using Smpp.Pdus;
using Smpp.Sessions;
using Testing;
using Testing.Smsc;
using Xunit;

namespace Workers.Tests;

/// <summary>An SMSC calls over TCP; time stands still on our side.</summary>
public sealed class OutbindPortTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTime time = new();
    private readonly ListLogger log = new();
    private readonly List<CalledLink> links = [];
    private readonly Dictionary<string, string?> variables = [];
    private readonly WorkersOptions options = new();
    private SmscSimulator? smsc;

    private SmscSimulator Smsc => smsc!;

    public async Task InitializeAsync() =>
        smsc = await SmscSimulator.StartAsync(new SmscOptions { Port = 0 }, NullLogger.Instance, TimeProvider.System);

    public async Task DisposeAsync()
    {
        await Task.WhenAll(links.Select(link => link.StopAsync()));
        await Smsc.DisposeAsync();
    }

    [Fact]
    public async Task Each_call_takes_a_waiting_slot_and_one_beyond_them_is_closed()
    {
        var port = Open(Connector());
        var (first, second) = (Join(port), Join(port));
        await ListensAsync(first);
        Assert.Equal("waiting for outbind", second.Doing);

        await CallAsync(port);
        await BoundAsync(first);
        Assert.True(second.IsWaiting);
        await CallAsync(port);
        await BoundAsync(second);
        var third = await CallAsync(port);

        await third.Completion.WaitAsync(Patience);
        Assert.Equal(2, Smsc.Stats.Binds);
        Assert.Contains("no slot", Assert.Single(Refusals()), StringComparison.Ordinal);
        Assert.Equal((SessionState.BoundTrx, "simulator"), (first.Session!.State, first.Session.SystemId));
    }

    [Fact]
    public async Task A_slot_whose_session_ended_waits_for_the_next_call()
    {
        var port = Open(Connector());
        var link = Join(port);
        await ListensAsync(link);
        await CallAsync(port);
        await BoundAsync(link);

        Smsc.DropAll();
        await UntilAsync(link, l => l.IsWaiting);
        Assert.Equal(("waiting for outbind", null), (link.Doing, link.Session));
        Assert.StartsWith("the session ended", link.LastFailure, StringComparison.Ordinal);

        await CallAsync(port);
        await BoundAsync(link);
        Assert.Equal(2, Smsc.Stats.BindsTotal);
    }

    [Theory]
    [InlineData("smsc", "wrong-one")]
    [InlineData("other", "secret")]
    public async Task Who_is_not_the_operator_is_closed_and_logged_once_in_a_while_without_the_password(string systemId, string password)
    {
        var port = Open(Connector());
        var link = Join(port);
        await ListensAsync(link);

        for (var i = 0; i < 3; i++)
        {
            var call = await Smsc.CallAsync(port.EndPoint!, systemId, password);
            await call.Completion.WaitAsync(Patience);
        }

        Assert.Contains("0 more", Assert.Single(Refusals()), StringComparison.Ordinal);
        time.Advance(options.OutbindQuiet);
        var last = await Smsc.CallAsync(port.EndPoint!, systemId, password);
        await last.Completion.WaitAsync(Patience);

        Assert.Contains("2 more", Refusals()[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains(password, StringComparison.Ordinal));
        Assert.Equal("a call from 127.0.0.1 was refused: wrong system_id or password", link.LastFailure);
        Assert.Equal((true, 0L), (link.IsWaiting, Smsc.Stats.BindsTotal));
    }

    [Fact]
    public async Task Where_no_identity_is_configured_any_will_do()
    {
        var connector = Connector();
        (connector.OutbindSystemId, connector.OutbindPassword) = (null, null);
        var port = Open(connector);
        var link = Join(port);
        await ListensAsync(link);

        await Smsc.CallAsync(port.EndPoint!, "whoever", "");

        await BoundAsync(link);
    }

    [Fact]
    public async Task From_an_address_that_may_not_call_nothing_is_read()
    {
        var connector = Connector();
        connector.Host = "192.0.2.0/24";
        var port = Open(connector);
        await ListensAsync(Join(port));

        await using var caller = await RawPeer.ConnectAsync(port.EndPoint!);

        Assert.Null(await caller.ReadFrameAsync());
        Assert.Contains("only 192.0.2.0/24 may call", Assert.Single(Refusals()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_lease_nothing_is_bound_or_sent()
    {
        var isLeased = false;
        var port = Open(Connector());
        var link = Join(port, () => isLeased);
        await ListensAsync(link);

        var early = await CallAsync(port);
        await early.Completion.WaitAsync(Patience);
        Assert.Equal(0, Smsc.Stats.BindsTotal);

        isLeased = true;
        await CallAsync(port);
        await BoundAsync(link);
        isLeased = false;
        Assert.Equal(ReplyOutcome.NotSent, (await link.Session!.SendAsync(new SubmitSm())).Outcome);
        isLeased = true;
        Assert.True((await link.Session!.SendAsync(new SubmitSm())).IsOk);
    }

    [Fact]
    public async Task A_bind_that_the_operator_refuses_is_the_slots_failure()
    {
        var connector = Connector();
        connector.Password = "not ours";
        var port = Open(connector);
        var link = Join(port);
        await ListensAsync(link);

        var call = await CallAsync(port);
        await call.Completion.WaitAsync(Patience);

        await UntilAsync(link, l => l.IsWaiting && l.LastFailure is not null);
        Assert.Contains("InvPaswd", link.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_the_slots_failure_until_it_is_free()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var connector = Connector();
        connector.OutbindPort = ((IPEndPoint)other.LocalEndpoint).Port;
        var port = Open(connector);
        var link = Join(port);
        await UntilAsync(link, l => l.LastFailure is not null);
        Assert.Equal("waiting to listen", link.Doing);
        Assert.Contains($"{connector.OutbindPort}", link.LastFailure, StringComparison.Ordinal);
        Assert.Equal(link.LastFailure, Join(port).LastFailure);

        other.Stop();
        // The wait begins after the failure was told.
        var listens = ListensAsync(link);
        while (!listens.IsCompleted)
        {
            time.Advance(options.FirstReconnect);
            await Task.WhenAny(listens, Task.Delay(1));
        }

        await listens;
        Assert.Null(link.LastFailure);
    }

    [Fact]
    public async Task With_the_last_slot_the_port_closes_while_its_session_goes_on_until_it_is_stopped()
    {
        var port = Open(Connector());
        var (bound, other) = (Join(port), Join(port));
        await ListensAsync(bound);
        await CallAsync(port);
        await BoundAsync(bound);
        var endPoint = port.EndPoint!;

        other.Close();
        Assert.NotNull(port.EndPoint);
        bound.Close();
        await port.Closed.WaitAsync(Patience);

        await Assert.ThrowsAsync<SocketException>(() => Smsc.CallAsync(endPoint, "smsc", "secret"));
        Assert.Null(port.TryJoin(() => true, () => true));
        Assert.True((await bound.Session!.SendAsync(new SubmitSm())).IsOk);
        await other.StopAsync().WaitAsync(Patience);
        await bound.StopAsync().WaitAsync(Patience);
        Assert.Null(bound.Session);
    }

    [Fact]
    public async Task A_changed_connector_has_the_port_as_soon_as_it_is_free()
    {
        var old = Open(Connector());
        var leaving = Join(old);
        await ListensAsync(leaving);
        var connector = Connector();
        connector.OutbindPort = old.EndPoint!.Port;

        var next = Open(connector, old.Closed);
        var link = Join(next);
        Assert.Equal("waiting to listen", link.Doing);
        leaving.Close();

        await ListensAsync(link);
        Assert.Null(link.LastFailure);
        await CallAsync(next);
        await BoundAsync(link);
    }

    [Fact]
    public async Task With_tls_we_are_the_server_and_without_a_certificate_it_is_said()
    {
        var connector = Connector();
        connector.Tls = true;
        var without = Join(Open(connector));
        await UntilAsync(without, l => l.LastFailure is not null);
        Assert.Contains("SMPP_TLS_CERTIFICATE", without.LastFailure, StringComparison.Ordinal);

        var folder = Directory.CreateTempSubdirectory("outbind");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=workers", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now.AddDays(-1),
            now.AddDays(1)
        );
        variables["SMPP_TLS_CERTIFICATE"] = Path.Combine(folder.FullName, "certificate.pem");
        variables["SMPP_TLS_KEY"] = Path.Combine(folder.FullName, "key.pem");
        await File.WriteAllTextAsync(variables["SMPP_TLS_CERTIFICATE"]!, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(variables["SMPP_TLS_KEY"]!, key.ExportPkcs8PrivateKeyPem());
        try
        {
            var port = Open(connector);
            await ListensAsync(Join(port));

            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(port.EndPoint!);
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "workers",
                    RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint,
                }
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Connector Connector() =>
        new()
        {
            Id = "mno",
            Operator = "mno",
            Host = "127.0.0.1",
            SystemId = "simulator",
            Password = "simulator",
            Binds = 4,
            OutbindPort = 0,
            OutbindSystemId = "smsc",
            OutbindPassword = "secret",
        };

    private OutbindPort Open(Connector connector, Task? before = null)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(variables).Build();
        var credentials = new OperatorCredentials(
            new PasswordSeal(settings),
            settings,
            options,
            time,
            NullLogger<OperatorCredentials>.Instance
        );
        return new OutbindPort(connector, before ?? Task.CompletedTask, new Handler(), credentials, options, settings, time, log);
    }

    private CalledLink Join(OutbindPort port, Func<bool>? isLeased = null)
    {
        var link = port.TryJoin(isLeased ?? (() => true), isLeased ?? (() => true));
        Assert.NotNull(link);
        links.Add(link);
        return link;
    }

    private Task<SmppSession> CallAsync(OutbindPort port) => Smsc.CallAsync(port.EndPoint!, "smsc", "secret");

    private List<string> Refusals() => [.. log.Entries.Where(entry => entry.Id.Id == 7019).Select(entry => entry.Text)];

    private static Task ListensAsync(CalledLink link) => UntilAsync(link, l => l.Doing == "waiting for outbind");

    private static Task BoundAsync(CalledLink link) => UntilAsync(link, l => l.Session is not null);

    private static async Task UntilAsync(CalledLink link, Func<CalledLink, bool> wanted)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(IOperatorLink changed)
        {
            if (wanted((CalledLink)changed))
            {
                reached.TrySetResult();
            }
        }

        link.Changed += Look;
        Look(link);
        await reached.Task.WaitAsync(Patience);
        link.Changed -= Look;
    }

    /// <summary>Whatever it sends: nothing of it matters here.</summary>
    private sealed class Handler : SmppSessionHandler;
}
