using System.Collections.Frozen;
using Persistence.Configuration;
using Smpp;

namespace Workers;

/// <summary>What a submit_sm_resp's command_status means for its message: the connector's error map, else the default table (docs/statuses.md).</summary>
internal sealed class StatusTable
{
    /// <summary>Tries at one connector before the route's next target has its turn, where the map names no number.</summary>
    public const int Tries = 5;

    private readonly FrozenDictionary<CommandStatus, ErrorRule> map;

    /// <summary>Compiles a connector's map. What the API has not let in is not there.</summary>
    public StatusTable(IReadOnlyDictionary<string, string> errorMap)
    {
        var rules = new Dictionary<CommandStatus, ErrorRule>();
        foreach (var (status, text) in errorMap)
        {
            if (ErrorRule.TryParseStatus(status, out var number) && ErrorRule.TryParse(text, out var rule))
            {
                rules[(CommandStatus)number] = rule;
            }
        }

        map = rules.ToFrozenDictionary();
    }

    /// <summary>The rule for a status other than ESME_ROK.</summary>
    public ErrorRule Of(CommandStatus status) => map.TryGetValue(status, out var rule) ? rule : Default(status);

    /// <summary>Whether the bind is to submit more slowly: the operator's queue is full, or it says so in words.</summary>
    public bool SlowsDown(CommandStatus status)
    {
        var action = Of(status).Action;
        return action == ErrorAction.Throttle || (action == ErrorAction.Retry && status == CommandStatus.MsgQFul);
    }

    /// <summary>
    /// The default table. Statuses nobody specified (the vendors' range and reserved ones) are permanent: retrying what is not understood
    /// multiplies traffic at best.
    /// </summary>
    public static ErrorRule Default(CommandStatus status) =>
        status switch
        {
            CommandStatus.Throttled => new(ErrorAction.Throttle),
            // Of the link or the operator at this moment.
            CommandStatus.SysErr
            or CommandStatus.MsgQFul
            or CommandStatus.InvBndSts
            or CommandStatus.AlyBnd
            or CommandStatus.BindFail
            or CommandStatus.RxTAppn
            or CommandStatus.UnknownErr
            or CommandStatus.SerTypUnavail => new(ErrorAction.Retry),
            // Of what we may do at this operator: another may take the same message.
            CommandStatus.SubmitFail
            or CommandStatus.InvPaswd
            or CommandStatus.InvSysId
            or CommandStatus.InvSysTyp
            or CommandStatus.InvSerTyp
            or CommandStatus.SerTypUnauth
            or CommandStatus.SerTypDenied
            or CommandStatus.Prohibited => new(ErrorAction.Failover),
            _ => new(ErrorAction.Permanent),
        };
}
