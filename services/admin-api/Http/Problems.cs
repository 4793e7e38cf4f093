using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Http;

/// <summary>Every error's answer: problem details (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>What a caller does about a 503: the same again, a little later.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    public static ProblemHttpResult Invalid(FieldErrors errors) =>
        TypedResults.Problem(
            "One or more fields are not as they must be; errors says which, and what to do.",
            statusCode: StatusCodes.Status400BadRequest,
            title: "The request is not valid.",
            extensions: [KeyValuePair.Create("errors", (object?)errors.ToDictionary())]
        );

    public static ProblemHttpResult Invalid(string field, string what)
    {
        var errors = new FieldErrors();
        errors.Add(field, what);
        return Invalid(errors);
    }

    public static ProblemHttpResult Of(int status, string? detail = null) => TypedResults.Problem(detail, statusCode: status);

    public static ProblemHttpResult NotFound(string what) => Of(StatusCodes.Status404NotFound, what);

    public static ProblemHttpResult Conflict(string why) => Of(StatusCodes.Status409Conflict, why);

    public static ProblemHttpResult Forbidden(string why) => Of(StatusCodes.Status403Forbidden, why);

    public static ProblemHttpResult Unavailable(HttpContext http, string why, params IEnumerable<KeyValuePair<string, object?>> more)
    {
        http.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem(why, statusCode: StatusCodes.Status503ServiceUnavailable, extensions: more);
    }
}
