using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Testing.Smsc;

/// <summary>An SMSC: takes messages, remembers them, sends receipts and MOs. Real TCP, the library's session in the other role.</summary>
public sealed partial class SmscSimulator : IAsyncDisposable
{
    readonly SmscOptions options;
    readonly ILogger logger;
    readonly TimeProvider time;
    readonly Socket listener;
    readonly CancellationTokenSource stopping = new();
    readonly ConcurrentDictionary<SmppSession, Task> connections = new();
    readonly ConcurrentDictionary<SmppSession, bool> bound = new();
    readonly SmscJournal journal;
    readonly SmscReceipts receipts;
    readonly SmscRates rates;
    Task accepting = Task.CompletedTask;
    SmscHttp? http;
    SmscSettings settings;
    int binds;
    int bindsMax;
    long bindsTotal;
    long submits;
    long accepted;
    long refused;
    long lastId;
    int turn;

    SmscSimulator(SmscOptions options, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.logger = logger;
        this.time = time;
        listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        settings = options.Settings.Checked();
        journal = new SmscJournal(options.Keep);
        rates = new SmscRates(time);
        receipts = new SmscReceipts(ReceiverOf, time);
        // Ids go on rising over restarts: an operator does not give an id twice within days.
        lastId = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndPoint!;

    /// <summary>Where its HTTP interface is, if it has one.</summary>
    public string? HttpUrl => http?.Url;

    /// <summary>How it behaves; may be set while it runs. Throws <see cref="FormatException"/> for a value that is none.</summary>
    public SmscSettings Settings
    {
        get => Volatile.Read(ref settings);
        set => Volatile.Write(ref settings, value.Checked());
    }

    /// <summary>Raised after <see cref="SmscStats.Binds"/> has changed, on the session's thread: a handler only passes it on.</summary>
    public event Action? BindsChanged;

    /// <summary>Its counters.</summary>
    public SmscStats Stats =>
        new()
        {
            Submits = Interlocked.Read(ref submits),
            Accepted = Interlocked.Read(ref accepted),
            Refused = Interlocked.Read(ref refused),
            Unique = journal.Unique,
            Doubled = journal.DoubledCount,
            Binds = bound.Count,
            BindsMax = Volatile.Read(ref bindsMax),
            BindsTotal = Interlocked.Read(ref bindsTotal),
            ReceiptsQueued = receipts.Queued,
            ReceiptsSent = receipts.Sent,
            ReceiptsAnswered = receipts.Answered,
            ReceiptsGivenUp = receipts.GivenUp,
            ReceiptsWaiting = receipts.Waiting,
        };

    /// <summary>Submits by second of the clock, the last ten minutes.</summary>
    public IReadOnlyList<SmscSecond> Seconds => rates.Seconds;

    /// <summary>Starts one; it listens when this returns.</summary>
    public static async Task<SmscSimulator> StartAsync(SmscOptions options, ILogger logger, TimeProvider time)
    {
        var simulator = new SmscSimulator(options, logger, time);
        try
        {
            simulator.listener.Bind(new IPEndPoint(options.Address, options.Port));
            simulator.listener.Listen(512);
            if (options.HttpPort is { } port)
            {
                simulator.http = await SmscHttp.StartAsync(simulator, port);
            }
            simulator.accepting = simulator.AcceptAsync();
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync(); // thrown on: the port is taken, say
            throw;
        }
    }

    /// <summary>The last messages it accepted, the newest first.</summary>
    public IReadOnlyList<SmscMessage> Messages(int limit = int.MaxValue) => journal.Last(limit);

    /// <summary>The first 1000 messages that it accepted although it knew them.</summary>
    public IReadOnlyList<SmscMessage> Doubled => journal.Doubled();

    /// <summary>
    /// Calls an ESME instead of being called (SMPP 5.0 section 4.1.1.7): connects, sends outbind, and serves the bind that is to come as one on an
    /// accepted connection. Returns when outbind is on its way; whoever is not wanted sees the session's completion.
    /// </summary>
    public async Task<SmppSession> CallAsync(EndPoint esme, string systemId, string password, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(esme, cancellationToken);
        }
        catch
        {
            socket.Dispose(); // thrown on: nobody listens there, say
            throw;
        }
        var session = Serve(socket);
        await session.PostAsync(new Outbind { SystemId = systemId, Password = password }, cancellationToken);
        return session;
    }

    /// <summary>Sends a deliver_sm over any receiving bind of the system_id. Null: there is none.</summary>
    public async Task<SmppReply<DeliverSmResp>?> SendMoAsync(
        DeliverSm message,
        string? systemId = null,
        CancellationToken cancellationToken = default
    ) => ReceiverOf(systemId ?? options.SystemId) is { } session ? await session.SendAsync(message, cancellationToken) : null;

    /// <summary>Cuts every connection, without unbind. Returns how many.</summary>
    public int DropAll()
    {
        var sessions = connections.Keys.ToList();
        sessions.ForEach(session => session.Abort("dropped"));
        return sessions.Count;
    }

    /// <summary>Forgets messages and counters.</summary>
    public void Reset()
    {
        journal.Clear();
        rates.Clear();
        Interlocked.Exchange(ref submits, 0);
        Interlocked.Exchange(ref accepted, 0);
        Interlocked.Exchange(ref refused, 0);
    }

    /// <summary>Stops listening and unbinds every session.</summary>
    public async Task DrainAsync(TimeSpan timeout)
    {
        listener.Close();
        await accepting;
        await Task.WhenAll(connections.Keys.Select(session => session.UnbindAsync(timeout)));
        await Task.WhenAll(connections.Values);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await stopping.CancelAsync();
        await accepting;
        await Task.WhenAll(connections.Values);
        await receipts.DisposeAsync();
        if (http is not null)
        {
            await http.DisposeAsync();
        }
        listener.Dispose();
        stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(stopping.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return; // closed: no more connections
            }
            socket.NoDelay = true;
            Serve(socket);
        }
    }

    SmppSession Serve(Socket socket)
    {
        var transport = new StreamTransport(socket, time);
        var session = new SmppSession(transport, SessionRole.Smsc, options.Session, new Handler(this), logger, time);
        var start = new TaskCompletionSource();
        connections[session] = ServeAsync(session, transport, start.Task);
        start.SetResult(); // only now may it end and remove itself
        return session;
    }

    async Task ServeAsync(SmppSession session, StreamTransport transport, Task started)
    {
        await started;
        await session.RunAsync(stopping.Token);
        await transport.DisposeAsync();
        connections.TryRemove(session, out _);
    }

    // In turn over the binds, passing those without a free slot by.
    SmppSession? ReceiverOf(string systemId)
    {
        var receivers = bound.Keys.Where(session => session.SystemId == systemId && session.Mode != BindMode.Transmitter).ToList();
        if (receivers.Count == 0)
        {
            return null;
        }
        var first = (int)((uint)Interlocked.Increment(ref turn) % (uint)receivers.Count);
        for (var i = 0; i < receivers.Count; i++)
        {
            var session = receivers[(first + i) % receivers.Count];
            if (session.WindowFree > 0)
            {
                return session;
            }
        }
        return receivers[first];
    }

    string NextId()
    {
        var id = Interlocked.Increment(ref lastId);
        return Settings.MessageId == "hex" ? id.ToString("X", CultureInfo.InvariantCulture) : id.ToString(CultureInfo.InvariantCulture);
    }
}
