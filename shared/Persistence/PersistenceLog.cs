using Microsoft.Extensions.Logging;

namespace Persistence;

internal static partial class PersistenceLog
{
    [LoggerMessage(
        2001,
        LogLevel.Information,
        "configuration version {Version} in force: {Accounts} accounts, {Users} SMPP users, {Connectors} connectors, {Routes} routes"
    )]
    public static partial void SnapshotLoaded(ILogger logger, long version, int accounts, int users, int connectors, int routes);

    [LoggerMessage(2002, LogLevel.Warning, "the configuration cannot be read; version {Version} stays in force: {Reason}")]
    public static partial void SnapshotStale(ILogger logger, long version, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "not listening for notifications ({Reason}); polling goes on, next try in a second")]
    public static partial void ListenFailed(ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Debug, "a wake-up could not be sent ({Reason}); receivers poll")]
    public static partial void NotifyFailed(ILogger logger, string reason);

    [LoggerMessage(2005, LogLevel.Error, "route {Route} is passed over: {Reason}")]
    public static partial void RouteUnusable(ILogger logger, string route, string reason);

    [LoggerMessage(2010, LogLevel.Error, "{SystemId} may not bind from {Network} in its allowedIps: that is no network")]
    public static partial void NetworkUnusable(ILogger logger, string systemId, string network);

    [LoggerMessage(2006, LogLevel.Warning, "the accept checkpoint was not written ({Reason}); the next one carries it")]
    public static partial void CheckpointLate(ILogger logger, string reason);

    [LoggerMessage(2007, LogLevel.Warning, "the heartbeat was not written: {Reason}")]
    public static partial void HeartbeatLate(ILogger logger, string reason);

    [LoggerMessage(2008, LogLevel.Information, "waiting for the database's schema: {Reason}")]
    public static partial void SchemaAwaited(ILogger logger, string reason);
}
