namespace AdminApi.Http;

/// <summary>What endpoints of one kind have in common in the OpenAPI document.</summary>
internal static class EndpointDescriptions
{
    /// <summary>Names an operation, for generated clients, and says what it does.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint.WithName(name).WithSummary(summary);

    public static RouteHandlerBuilder Creates<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces<T>(StatusCodes.Status201Created).TakesBody().ProducesProblem(StatusCodes.Status409Conflict);

    public static RouteHandlerBuilder Finds<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.Produces<T>().ProducesProblem(StatusCodes.Status404NotFound);

    public static RouteHandlerBuilder Changes<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.Finds<T>().TakesBody().ProducesProblem(StatusCodes.Status409Conflict);

    public static RouteHandlerBuilder Deletes(this RouteHandlerBuilder endpoint) =>
        endpoint
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);

    public static RouteHandlerBuilder TakesBody(this RouteHandlerBuilder endpoint) =>
        endpoint
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
}
