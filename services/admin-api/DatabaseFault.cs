using Npgsql;

namespace AdminApi;

/// <summary>Tells a database that is away from one that refuses.</summary>
internal static class DatabaseFault
{
    /// <summary>Finds what the database said, however deep it is wrapped; null when it is not about the database.</summary>
    public static NpgsqlException? Find(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is NpgsqlException found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>True when the same again, later, may well succeed.</summary>
    public static bool IsAway(Exception exception) =>
        exception is TimeoutException
        || Find(exception) switch
        {
            null => false,
            // SQLSTATE classes: connection, resources, operator's intervention (starting up, shutting down).
            PostgresException e => e.IsTransient || e.SqlState[..2] is "08" or "53" or "57",
            // It never answered.
            _ => true,
        };
}
