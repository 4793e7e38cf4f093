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
    FailedBinds failures,
    EsmeSessions sessions,
    SessionRegister register,
    Drain drain,
    PduTracer tracer,
    SubmitHandler submits,
    MessageRequests requests,
    GatewayOptions options,
    TimeProvider time,
    ILogger<EsmeHandler> logger
) : SmppSessionHandler
{
    private readonly OncePerMinute refusals = new(options.FailuresTracked, time);

    /// <inheritdoc />
    public override async ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken)
    {
        var remote = ((EsmeConnection)session.Tag!).Remote;
        if (!configuration.Loaded.IsCompletedSuccessfully)
        {
            return Refuse(bind, remote, CommandStatus.SysErr, "the configuration was never loaded");
        }

        if (drain.IsRefusing)
        {
            return Refuse(bind, remote, CommandStatus.SysErr, "this process is stopping");
        }

        // :: Step 1: the password. A right one is never held back, whatever came before it.
        var snapshot = configuration.Current;
        snapshot.SmppUsers.TryGetValue(bind.SystemId, out var user);
        // Not cancelled with the session: who hangs up before the answer has tried a password all the same.
        switch (await credentials.VerifyAsync(bind.SystemId, user, bind.Password, failures.IsSuspect(remote), CancellationToken.None))
        {
            case Verification.Busy:
                return Refuse(bind, remote, CommandStatus.SysErr, "too many passwords wait to be verified");
            case Verification.Wrong:
                return await RefusePasswordAsync(bind, remote, cancellationToken);
        }

        failures.Clear(bind.SystemId, remote);

        // :: Step 2: what the user may.
        if (!((EsmeConnection)session.Tag).MayBe(bind.SystemId))
        {
            return Refuse(bind, remote, CommandStatus.BindFail, "its certificate names somebody else");
        }

        if (Refusal(snapshot, user!, bind, remote) is { } refusal)
        {
            return Refuse(bind, remote, refusal.Status, refusal.Reason);
        }

        // :: Step 3: one bind more, over all processes.
        session.MaxInFlightRequests = user!.Window;
        if (!await register.TryAdmitAsync(session, user, bind, remote, cancellationToken))
        {
            return Refuse(bind, remote, CommandStatus.AlyBnd, $"maxBinds ({user.MaxBinds}) reached");
        }

        return BindResp.Accepted(SystemIds.Platform, SmppVersions.V50);
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

        var connection = (EsmeConnection)session.Tag!;
        connection.Seat?.Bound();
        var esme = new EsmeSession(session, user.SystemId, user.AccountId, connection.Remote);
        sessions.Add(esme);
        tracer.Follow(esme);
        GatewayTelemetry.BindsAccepted.Add(1, new KeyValuePair<string, object?>("mode", $"{session.Mode}"));
        if (drain.IsRefusing || configuration.Current.EnabledUser(esme.SystemId) is null)
        {
            // Let in a moment before the drain, or who follows the configuration, took its list.
            _ = session.UnbindAsync(options.UnbindTimeout);
        }

        GatewayLog.Bound(logger, esme.SystemId, esme.Remote, session.Mode, esme.Version);
        return default;
    }

    /// <inheritdoc />
    public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
    {
        register.Remove(session);
        if (sessions.Remove(session) is { } esme)
        {
            GatewayLog.Closed(logger, esme.SystemId, esme.Remote, reason, unanswered.Count);
        }

        return default;
    }

    /// <summary>Unknown users and wrong passwords are not told apart, neither by the status nor by the time it takes.</summary>
    private async ValueTask<BindResp> RefusePasswordAsync(Bind bind, IPAddress remote, CancellationToken cancellationToken)
    {
        GatewayTelemetry.Refused("password");
        var failure = failures.Count(bind.SystemId, remote);
        if (failure.AttackBegins)
        {
            GatewayTelemetry.BindAttacks.Add(1);
            GatewayLog.AttackBegan(logger, remote, bind.SystemId);
        }
        else if (!failure.IsAttack)
        {
            GatewayLog.BindRefused(logger, bind.SystemId, remote, "wrong system_id or password");
        }

        if (failure.Delay > TimeSpan.Zero)
        {
            await Task.Delay(failure.Delay, time, cancellationToken);
        }

        return BindResp.Rejected(CommandStatus.InvPaswd);
    }

    private BindResp Refuse(Bind bind, IPAddress remote, CommandStatus status, string reason)
    {
        GatewayTelemetry.Refused($"{status}");
        if (refusals.IsDue($"{bind.SystemId} {status}", remote))
        {
            GatewayLog.BindRefused(logger, bind.SystemId, remote, reason);
        }

        return BindResp.Rejected(status);
    }

    private static (CommandStatus Status, string Reason)? Refusal(ConfigSnapshot snapshot, SmppUser user, Bind bind, IPAddress remote)
    {
        if (snapshot.EnabledUser(user.SystemId) is null)
        {
            return (CommandStatus.BindFail, "the user or its account is disabled");
        }

        if (!snapshot.MayComeFrom(user, ClientNetwork.Plain(remote)))
        {
            return (CommandStatus.BindFail, "the address is not in allowedIps");
        }

        if (user.BindTypes.Count > 0 && !user.BindTypes.Contains(Enum.Parse<BindType>(bind.Mode.ToString())))
        {
            return (CommandStatus.BindFail, $"bind type {bind.Mode} is not allowed");
        }

        return null;
    }
}

/// <summary>What we call ourselves.</summary>
internal static class SystemIds
{
    /// <summary>system_id of our bind responses.</summary>
    public const string Platform = "platform";
}
