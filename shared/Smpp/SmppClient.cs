using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Smpp;

/// <summary>A connection to an SMSC with its bound session.</summary>
public sealed class SmppClient : IAsyncDisposable
{
    readonly StreamTransport transport;
    readonly Task running;

    SmppClient(StreamTransport transport, SmppSession session, Task running)
    {
        this.transport = transport;
        Session = session;
        this.running = running;
    }

    /// <summary>The session, bound when the client is handed out.</summary>
    public SmppSession Session { get; }

    /// <summary>
    /// Connects and binds. Throws <see cref="SmppBindException"/> when the SMSC refuses, a transient <see cref="SmppException"/> when
    /// it cannot be reached or does not answer.
    /// </summary>
    public static async Task<SmppClient> ConnectAsync(
        SmppClientOptions options,
        SmppSessionHandler handler,
        ILogger logger,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var transport = await OpenAsync(options, time, cancellationToken).ConfigureAwait(false);
        var session = new SmppSession(transport, SessionRole.Esme, options.Session, handler, logger, time);
        var client = new SmppClient(transport, session, session.RunAsync(CancellationToken.None));
        try
        {
            await client.BindAsync(options, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            // Handed to the caller as thrown; the connection must not outlive the failure.
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Aborts the session if it still runs, and closes the connection. For an orderly end call <see cref="SmppSession.UnbindAsync"/> first.</summary>
    public async ValueTask DisposeAsync()
    {
        Session.Abort("disposed");
        await running.ConfigureAwait(false);
        await transport.DisposeAsync().ConfigureAwait(false);
    }

    async Task BindAsync(SmppClientOptions options, CancellationToken cancellationToken)
    {
        var bind = new Bind
        {
            Mode = options.BindMode,
            SystemId = options.SystemId,
            Password = options.Password,
            SystemType = options.SystemType,
            InterfaceVersion = options.InterfaceVersion,
        };
        var reply = await Session.SendAsync(bind, cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (reply.Outcome == ReplyOutcome.Answered && !reply.IsOk)
        {
            throw new SmppBindException(reply.Status);
        }
        if (!reply.IsOk)
        {
            throw new SmppException($"{options}: no bind response ({reply.Outcome}, {Session.CloseReason}).", isTransient: true);
        }
    }

    static async Task<StreamTransport> OpenAsync(SmppClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        // Small PDUs, each awaited by somebody: waiting for a fuller segment costs latency, and flushes are batched already.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, both.Token).ConfigureAwait(false);
            if (options.Tls is { } authentication)
            {
                tls = new SslStream(new NetworkStream(socket, ownsSocket: false), leaveInnerStreamOpen: false);
                await tls.AuthenticateAsClientAsync(authentication, both.Token).ConfigureAwait(false);
            }
            return new StreamTransport(socket, time, tls);
        }
        catch (Exception exception)
        {
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }
            socket.Dispose();
            throw exception switch
            {
                OperationCanceledException when cancellationToken.IsCancellationRequested => exception,
                SocketException or IOException => new SmppException($"{options}: {exception.Message}", isTransient: true, exception),
                OperationCanceledException => new SmppException($"{options}: no connection in time.", isTransient: true, exception),
                // A certificate that is not accepted stays so until somebody acts.
                AuthenticationException => new SmppException($"{options}: {exception.Message}", isTransient: false, exception),
                _ => exception,
            };
        }
    }
}
