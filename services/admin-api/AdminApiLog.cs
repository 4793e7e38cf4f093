namespace AdminApi;

internal static partial class AdminApiLog
{
    [LoggerMessage(7001, LogLevel.Warning, "the database does not answer yet ({Reason}); trying again in a second")]
    public static partial void DatabaseAway(ILogger logger, string reason);

    [LoggerMessage(7002, LogLevel.Information, "the database's schema is up to date")]
    public static partial void Migrated(ILogger logger);

    [LoggerMessage(7003, LogLevel.Information, "the demo's account, SMPP user, connector and route were made")]
    public static partial void Seeded(ILogger logger);

    [LoggerMessage(7004, LogLevel.Error, "{Method} {Path} failed and was answered with 500")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string method, PathString path);

    [LoggerMessage(7005, LogLevel.Warning, "{Method} {Path} was answered with 503: {Reason}")]
    public static partial void Unavailable(ILogger logger, string method, PathString path, string reason);

    [LoggerMessage(7006, LogLevel.Warning, "configuration version {Version} is stored and not yet in force in this process")]
    public static partial void ChangeNotFollowed(ILogger logger, long version);

    [LoggerMessage(7007, LogLevel.Warning, "{Stored} of {Messages} messages of one request were stored, {Unknown} may have been")]
    public static partial void NotAllStored(ILogger logger, int messages, int stored, int unknown);

    [LoggerMessage(7008, LogLevel.Debug, "{Method} {Path}: the caller went away")]
    public static partial void CallerWentAway(ILogger logger, string method, PathString path);

    [LoggerMessage(7010, LogLevel.Error, "the password of connector {Id} can't be opened, and it can't bind: {Fault}")]
    public static partial void PasswordStaysClosed(ILogger logger, string id, string fault);

    [LoggerMessage(7009, LogLevel.Error, "dead letter {Id} was purged by {Actor}, and its message cannot be recorded: {Reason}")]
    public static partial void PurgedWithoutEnd(ILogger logger, long id, string actor, string reason);
}
