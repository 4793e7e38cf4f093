using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp;

/// <summary>
/// Waits for SMSCs that have something for us: they connect and send outbind, and we bind on the same connection as an ESME (SMPP 5.0
/// sections 2.2.2 and 4.1.1.7). Whoever sends something else, the wrong system_id or password, or nothing in time, is closed without an
/// answer: outbind has none. Where several may call, or what is bound with differs, <see cref="SmppOutbindOptions.Answer"/> decides for each.
/// </summary>
public sealed class SmppOutbindListener : IAsyncDisposable
{
    static readonly TimeSpan acceptRetry = TimeSpan.FromSeconds(1);

    readonly SmppOutbindOptions options;
    readonly SmppSessionHandler handler;
    readonly ILogger logger;
    readonly TimeProvider time;
    readonly Socket listener;
    readonly CancellationTokenSource stopping = new();
    readonly ConcurrentDictionary<SmppSession, bool> sessions = new();
    readonly ConcurrentDictionary<Socket, Task> connections = new();
    readonly Task accepting;

    SmppOutbindListener(SmppOutbindOptions options, SmppSessionHandler handler, ILogger logger, TimeProvider time)
    {
        this.options = options;
        this.handler = handler;
        this.logger = logger;
        this.time = time;
        listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }
            listener.Bind(new IPEndPoint(options.Address, options.Port));
            listener.Listen(options.MaxConnections);
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            throw new SmppException($"{options}: {exception.Message}", isTransient: true, exception);
        }
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndPoint!;

    /// <summary>The sessions that are bound now.</summary>
    public IReadOnlyList<SmppSession> Sessions => [.. sessions.Keys.Where(session => session.State.IsBound())];

    /// <summary>Starts one; it listens when this returns. One handler serves all sessions; its <see cref="SmppSessionHandler.OnOutbindAsync"/> is told before the bind.</summary>
    /// <exception cref="SmppException">The port cannot be had.</exception>
    /// <exception cref="ArgumentException">The options ask for a bind as transmitter.</exception>
    public static SmppOutbindListener Start(SmppOutbindOptions options, SmppSessionHandler handler, ILogger logger, TimeProvider time)
    {
        if (options.BindMode == BindMode.Transmitter)
        {
            throw new ArgumentException("An outbind is answered by a bind as receiver or transceiver.", nameof(options));
        }
        return new SmppOutbindListener(options, handler, logger, time);
    }

    /// <summary>Stops listening: the port is free when this returns. Sessions that are bound go on.</summary>
    public async Task StopListeningAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        listener.Dispose();
    }

    /// <summary>Stops listening, unbinds every session in order and waits for their end.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync().ConfigureAwait(false);
        await Task.WhenAll(sessions.Keys.Select(session => session.UnbindAsync(options.UnbindTimeout))).ConfigureAwait(false);
        await Task.WhenAll(connections.Values).ConfigureAwait(false);
    }

    async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stopping.Token).ConfigureAwait(false);
                if (CallerOf(socket) is not { } caller || options.MayCall?.Invoke(caller.Address) == false)
                {
                    socket.Dispose();
                    continue;
                }
                if (connections.Count >= options.MaxConnections)
                {
                    SmppLog.OutbindRefused(logger, options, "too many connections");
                    socket.Dispose();
                    continue;
                }
                socket.NoDelay = true; // as in the client
                var start = new TaskCompletionSource();
                connections[socket] = ServeAsync(socket, caller, start.Task);
                start.SetResult(); // only now may it end and remove itself
            }
            catch (OperationCanceledException)
            {
                return; // stopping
            }
            catch (SocketException exception)
            {
                // The peer went away in the queue, or the process is out of descriptors: that passes.
                SmppLog.OutbindRefused(logger, options, exception.Message);
                await Task.Delay(acceptRetry, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Null: it has gone already.
    static IPEndPoint? CallerOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
                ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
                : (IPEndPoint?)socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    async Task ServeAsync(Socket socket, IPEndPoint caller, Task started)
    {
        await started.ConfigureAwait(false);
        if (await OpenAsync(socket).ConfigureAwait(false) is { } transport)
        {
            await using (transport.ConfigureAwait(false))
            {
                SmppOutbindCall? call = null;
                var allowed = options.Session.MaySend;
                var session = new SmppSession(
                    transport,
                    SessionRole.Esme,
                    options.Session with
                    {
                        MaySend = () => (allowed is null || allowed()) && call?.MaySend() != false,
                    },
                    handler,
                    logger,
                    time
                )
                {
                    Outbound = async (called, outbind, cancellationToken) =>
                    {
                        call = await AnswerAsync(called, caller, outbind, cancellationToken).ConfigureAwait(false);
                        await BindAsync(called, outbind, call, cancellationToken).ConfigureAwait(false);
                    },
                };
                sessions[session] = true;
                if (stopping.IsCancellationRequested)
                {
                    session.Abort("stopped"); // the stop may have looked at the sessions before this one was among them
                }
                await session.RunAsync(CancellationToken.None).ConfigureAwait(false);
                sessions.TryRemove(session, out _);
                // It waited for the answer to the outbind, so there is a call now or never.
                call?.OnEnded();
            }
        }
        connections.TryRemove(socket, out _);
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever a handshake or its owner's certificate throws ends this connection alone; it is logged."
    )]
    async Task<StreamTransport?> OpenAsync(Socket socket)
    {
        if (options.Tls is null)
        {
            return new StreamTransport(socket, time);
        }
        using var deadline = new CancellationTokenSource(options.TlsTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stopping.Token);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsServerAsync(options.Tls(), both.Token).ConfigureAwait(false);
            return new StreamTransport(socket, time, tls);
        }
        catch (Exception exception)
        {
            SmppLog.OutbindRefused(logger, options, exception.Message);
            await tls.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            return null;
        }
    }

    async ValueTask<SmppOutbindCall?> AnswerAsync(
        SmppSession session,
        IPEndPoint caller,
        Outbind outbind,
        CancellationToken cancellationToken
    )
    {
        if (options.Answer is { } answer)
        {
            return await answer(session, caller, outbind, cancellationToken).ConfigureAwait(false);
        }
        if (outbind.IsFrom(options.SmscSystemId, options.SmscPassword))
        {
            return new ConfiguredCall(options.Password);
        }
        SmppLog.OutbindRefused(logger, options, "wrong system_id or password");
        return null;
    }

    async ValueTask BindAsync(SmppSession session, Outbind outbind, SmppOutbindCall? call, CancellationToken cancellationToken)
    {
        if (call is null)
        {
            session.Abort("outbind refused");
            return;
        }
        await handler.OnOutbindAsync(session, outbind, cancellationToken).ConfigureAwait(false);
        var bind = new Bind
        {
            Mode = options.BindMode,
            SystemId = options.SystemId,
            Password = call.Password,
            SystemType = options.SystemType,
            InterfaceVersion = options.InterfaceVersion,
        };
        var reply = await session.SendAsync(bind, cancellationToken).ConfigureAwait(false);
        if (reply.IsOk)
        {
            call.OnBound();
            return;
        }
        SmppLog.OutbindRefused(logger, options, $"no bind: {reply.Outcome}, {reply.Status}");
        call.OnNotBound(reply);
        session.Abort("the bind after outbind failed");
    }

    sealed class ConfiguredCall(string password) : SmppOutbindCall
    {
        public override string Password => password;
    }
}
