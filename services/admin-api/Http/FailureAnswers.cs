using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace AdminApi.Http;

/// <summary>The outermost step: whatever fails, and every answer without a body, becomes a problem in words.</summary>
internal sealed class FailureAnswers(RequestDelegate next, ILogger<FailureAnswers> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer.
            AdminApiLog.CallerWentAway(logger, http.Request.Method, http.Request.Path);
            return;
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            http.Response.Clear();
            await Answer(http, e).ExecuteAsync(http);
            return;
        }

        var response = http.Response;
        if (response.StatusCode >= 400 && !response.HasStarted && response.ContentType is null && response.ContentLength is null)
        {
            await Problems.Of(response.StatusCode, Words(http)).ExecuteAsync(http);
        }
    }

    private static string? Words(HttpContext http) =>
        http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {http.Request.Path}; /openapi/v1.json lists what there is.",
            StatusCodes.Status405MethodNotAllowed => $"{http.Request.Method} is not possible here; the Allow header lists what is.",
            StatusCodes.Status415UnsupportedMediaType => "Send the body as application/json.",
            _ => null,
        };

    private ProblemHttpResult Answer(HttpContext http, Exception exception)
    {
        if (exception is BadHttpRequestException bad)
        {
            return Problems.Of(bad.StatusCode, bad.Message);
        }

        switch ((DatabaseFault.Find(exception) as PostgresException)?.SqlState)
        {
            case PostgresErrorCodes.UniqueViolation:
                return Problems.Conflict("Something with this id exists already.");
            case PostgresErrorCodes.ForeignKeyViolation:
                return Problems.Conflict("It is in use by something else, or what it refers to is gone.");
            case PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter:
                return Problems.Of(StatusCodes.Status400BadRequest, "A text contains the character U+0000: remove it.");
            default:
                break;
        }

        if (DatabaseFault.IsAway(exception))
        {
            AdminApiLog.Unavailable(logger, http.Request.Method, http.Request.Path, exception.Message);
            return Problems.Unavailable(http, "The database does not answer; try again shortly.");
        }

        // The queue's adapters say so of a broker that is away.
        if (exception is IOException)
        {
            AdminApiLog.Unavailable(logger, http.Request.Method, http.Request.Path, exception.Message);
            return Problems.Unavailable(http, "The queue does not answer; try again shortly.");
        }

        AdminApiLog.RequestFailed(logger, exception, http.Request.Method, http.Request.Path);
        return Problems.Of(StatusCodes.Status500InternalServerError, "This is a mistake of the platform's; its log has the details.");
    }
}
