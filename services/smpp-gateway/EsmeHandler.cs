using System.Net;
using Persistence.Configuration;
using Persistence.Snapshot;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace SmppGateway;

/// <summary>What ESMEs ask of us. One instance serves all sessions; each request's own file says what happens.</summary>
internal sealed partial class EsmeHandler(
    SnapshotSource configuration,
    Credentials credentials,
    EsmeSessions sessions,
    SubmitHandler submits,
    MessageRequests requests,
    ILogger<EsmeHandler> logger
) : SmppSessionHandler
{
    /// <inheritdoc />
    public override async ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken)
    {
        var remote = (IPAddress)session.Tag!;
        if (!configuration.Loaded.IsCompletedSuccessfully)
        {
            GatewayLog.BindRefused(logger, bind.SystemId, remote, "the configuration was never loaded");
            return BindResp.Rejected(CommandStatus.SysErr);
        }

        var snapshot = configuration.Current;
        snapshot.SmppUsers.TryGetValue(bind.SystemId, out var user);
        if (!await credentials.VerifyAsync(user, bind.Password, cancellationToken))
        {
            GatewayLog.BindRefused(logger, bind.SystemId, remote, "wrong system_id or password");
            return BindResp.Rejected(CommandStatus.InvPaswd);
        }

        if (Refusal(snapshot, user!, bind, remote) is { } refusal)
        {
            GatewayLog.BindRefused(logger, bind.SystemId, remote, refusal.Reason);
            return BindResp.Rejected(refusal.Status);
        }

        session.MaxInFlightRequests = user!.Window;
        return BindResp.Accepted(SystemIds.Platform);
    }

    /// <inheritdoc />
    public override ValueTask OnBoundAsync(SmppSession session, CancellationToken cancellationToken)
    {
        var user = configuration.Current.SmppUsers.GetValueOrDefault(session.SystemId);
        if (user is null)
        {
            // Deleted between the answer and now.
            session.Abort("the user was deleted");
            return default;
        }

        var esme = new EsmeSession(session, user.SystemId, user.AccountId, (IPAddress)session.Tag!);
        sessions.Add(esme);
        GatewayLog.Bound(logger, esme.SystemId, esme.Remote, session.Mode, session.InterfaceVersion);
        return default;
    }

    /// <inheritdoc />
    public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
    {
        if (sessions.Remove(session) is { } esme)
        {
            GatewayLog.Closed(logger, esme.SystemId, esme.Remote, reason, unanswered.Count);
        }

        return default;
    }

    private (CommandStatus Status, string Reason)? Refusal(ConfigSnapshot snapshot, SmppUser user, Bind bind, IPAddress remote)
    {
        if (!user.Enabled || !snapshot.Accounts.TryGetValue(user.AccountId, out var account) || !account.Enabled)
        {
            return (CommandStatus.BindFail, "the user or its account is disabled");
        }

        if (user.AllowedIps.Count > 0 && !user.AllowedIps.Any(network => Contains(network, remote)))
        {
            return (CommandStatus.BindFail, "the address is not in allowedIps");
        }

        if (user.BindTypes.Count > 0 && !user.BindTypes.Contains(Enum.Parse<BindType>(bind.Mode.ToString())))
        {
            return (CommandStatus.BindFail, $"bind type {bind.Mode} is not allowed");
        }

        if (user.MaxBinds is { } most && sessions.Count(user.SystemId) >= most)
        {
            return (CommandStatus.AlyBnd, $"maxBinds ({most}) reached");
        }

        return null;
    }

    private static bool Contains(string network, IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IPNetwork.TryParse(network, out var cidr)
            ? cidr.Contains(plain)
            : IPAddress.TryParse(network, out var single) && single.Equals(plain);
    }
}

/// <summary>What we call ourselves.</summary>
internal static class SystemIds
{
    /// <summary>system_id of our bind responses.</summary>
    public const string Platform = "platform";
}
