using System.Net;
using Contracts;
using Messaging;
using Smpp;
using Smpp.Pdus;
using Smpp.Proxy;
using Smpp.Sessions;

namespace SmppGateway;

internal static partial class GatewayLog
{
    [LoggerMessage(5001, LogLevel.Information, "{SystemId} bound from {Remote} as {Mode}, version 0x{Version:X2}")]
    public static partial void Bound(ILogger logger, string systemId, IPAddress remote, BindMode? mode, byte version);

    [LoggerMessage(5002, LogLevel.Warning, "bind of {SystemId} from {Remote} refused: {Reason}")]
    public static partial void BindRefused(ILogger logger, string systemId, IPAddress remote, string reason);

    [LoggerMessage(5003, LogLevel.Information, "{SystemId} from {Remote} closed: {Reason}, {Unanswered} deliver_sm unanswered")]
    public static partial void Closed(ILogger logger, string systemId, IPAddress remote, SmppCloseReason reason, int unanswered);

    [LoggerMessage(5004, LogLevel.Information, "{SystemId} from {Remote} is no longer allowed: unbinding")]
    public static partial void Unwanted(ILogger logger, string systemId, IPAddress remote);

    [LoggerMessage(5005, LogLevel.Warning, "deliveries cannot be read ({Reason}); trying again")]
    public static partial void DeliveriesNotRead(ILogger logger, string reason);

    [LoggerMessage(
        5006,
        LogLevel.Warning,
        "the leases of {Packs} packs ran out before they were written back: receipts acknowledged since then go out twice"
    )]
    public static partial void PacksLost(ILogger logger, int packs);

    [LoggerMessage(5007, LogLevel.Warning, "the progress of {Packs} packs of receipts cannot be written ({Reason}); trying again")]
    public static partial void PacksNotWritten(ILogger logger, int packs, string reason);

    [LoggerMessage(
        5014,
        LogLevel.Error,
        "stopping without a database: the progress of {Packs} packs is not written, receipts acknowledged since then go out twice"
    )]
    public static partial void PacksGivenUp(ILogger logger, int packs);

    [LoggerMessage(5008, LogLevel.Warning, "{SystemId} refused the receipt of {MessageId} for good: {Status}")]
    public static partial void ReceiptRefused(ILogger logger, string systemId, string messageId, CommandStatus status);

    [LoggerMessage(5009, LogLevel.Warning, "connection from the balancer {Balancer} refused: its PROXY protocol header is {Status}")]
    public static partial void ProxyHeaderRefused(ILogger logger, IPAddress balancer, ProxyHeaderStatus status);

    [LoggerMessage(5010, LogLevel.Warning, "connection from the balancer {Balancer} closed: no whole PROXY protocol header in time")]
    public static partial void ProxyHeaderMissing(ILogger logger, IPAddress balancer);

    [LoggerMessage(
        5011,
        LogLevel.Warning,
        "an attack on passwords from {Remote}, last on {SystemId}: refusals are delayed, and no longer logged one by one"
    )]
    public static partial void AttackBegan(ILogger logger, IPAddress remote, string systemId);

    [LoggerMessage(5012, LogLevel.Warning, "connection of {Remote} closed: {Reason} (said once a minute)")]
    public static partial void ConnectionRefused(ILogger logger, IPAddress remote, string reason);

    [LoggerMessage(5013, LogLevel.Warning, "binds of {SystemId} are counted by this process alone: {Reason}")]
    public static partial void AdmittedAlone(ILogger logger, string systemId, string reason);

    [LoggerMessage(5015, LogLevel.Warning, "live sessions cannot be reported ({Reason}); trying again")]
    public static partial void SessionsNotReported(ILogger logger, string reason);

    [LoggerMessage(5016, LogLevel.Information, "{SystemId} from {Remote} is unbound by order")]
    public static partial void ToldToUnbind(ILogger logger, string systemId, IPAddress remote);

    [LoggerMessage(5017, LogLevel.Information, "draining: no more binds; {Sessions} sessions are unbound over {Spread}")]
    public static partial void Draining(ILogger logger, int sessions, TimeSpan spread);

    [LoggerMessage(5018, LogLevel.Information, "the TLS certificate changed; the new one is good until {NotAfter}")]
    public static partial void CertificateReloaded(ILogger logger, DateTime notAfter);

    [LoggerMessage(5019, LogLevel.Error, "the TLS files changed and cannot be used, those before stay in force: {Reason}")]
    public static partial void CertificateNotReloaded(ILogger logger, string reason);

    [LoggerMessage(5020, LogLevel.Warning, "{Rows} rows of traces are left out: they cannot be written ({Reason})")]
    public static partial void TraceNotWritten(ILogger logger, int rows, string reason);

    [LoggerMessage(5030, LogLevel.Warning, "no short message ids were leased ({Reason}); trying again")]
    public static partial void ShortIdsNotLeased(ILogger logger, string reason);

    [LoggerMessage(5031, LogLevel.Warning, "a query, cancel or replace of {SystemId} could not ask the ledger: {Reason}")]
    public static partial void LedgerNotAsked(ILogger logger, string systemId, string reason);

    [LoggerMessage(
        5032,
        LogLevel.Warning,
        "message {Id} and those cancelled with it will not be sent; that they ended is told later ({Outcome})"
    )]
    public static partial void CancelNotTold(ILogger logger, MessageId id, SendOutcome outcome);
}
