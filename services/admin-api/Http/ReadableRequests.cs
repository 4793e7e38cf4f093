namespace AdminApi.Http;

/// <summary>Answers for requests whose body or query did not read, so that handlers see only what did.</summary>
internal sealed class ReadableRequests : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var argument in context.Arguments)
        {
            if (argument is IRequestPart { Problem: { } problem })
            {
                return ValueTask.FromResult<object?>(problem);
            }
        }

        return next(context);
    }
}
