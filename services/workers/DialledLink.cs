using Smpp;
using Smpp.Sessions;

namespace Workers;

/// <summary>A bind for which we call the operator, again and again with back-off.</summary>
internal sealed class DialledLink : IOperatorLink
{
    private readonly SmppLink link;

    public DialledLink(SmppLinkOptions options, SmppSessionHandler handler, TimeProvider time, ILogger logger)
    {
        Peer = $"{options.Client.Host}:{options.Client.Port}";
        link = SmppLink.Start(options, handler, logger, time);
        link.Changed += _ => Changed?.Invoke(this);
    }

    public event Action<IOperatorLink>? Changed;

    public SmppSession? Session => link.Session;

    public bool IsWaiting => link.State == SmppLinkState.Waiting;

    public string Doing => IsWaiting ? "waiting to reconnect" : "connecting";

    public string? LastFailure => link.LastFailure;

    public string Peer { get; }

    public void Close()
    {
        // A bind that comes about before the stop is unbound by it: it is no more than the slot allows.
    }

    public Task StopAsync() => link.StopAsync();
}
