using AdminApi.Authentication;
using AdminApi.Http;
using AdminApi.Resources;
using Contracts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Persistence;
using Persistence.Snapshot;
using ServiceDefaults;

namespace AdminApi;

/// <summary>Composition: what a host needs to be an admin API.</summary>
public static class AdminApiServices
{
    private const string Root = "/v1";

    /// <summary>Adds the admin API, the owner of migrations: they, and the demo's seed, are done before any hosted service starts.</summary>
    public static IServiceCollection AddAdminApi(this IServiceCollection services, IConfiguration configuration)
    {
        var options = AdminApiOptions.From(configuration);
        services.AddSingleton(options);
        services.AddSingleton<DemoSeed>();
        services.AddSingleton<SealPasswords>();
        services.AddHostedService<MigrateAndSeed>();
        services.AddPersistence();
        services.AddEnvelopeSender(QueueNames.Submit, ContractsJson.Default.MessageSubmitted, static message => message.Account);
        services.AddHandOverSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        services.AddSingleton<PurgeDeadLetters>();
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(PlatformDefaults.ListenAddress(configuration), options.Port));

        services.AddSingleton<AdminKey>();
        // The framework logs every challenge: a line per request of anybody who cares to send one.
        services.AddLogging(logging => logging.AddFilter("AdminApi.Authentication", LogLevel.Warning));
        // The core alone: AddAuthentication would bring data protection, which keeps keys in the user's home, for cookies there are none of.
        services.AddAuthenticationCore(options => options.DefaultScheme = BearerKeys.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, BearerKeys>(BearerKeys.SchemeName, null);
        services
            .AddAuthorizationBuilder()
            .AddPolicy(Access.Admin, policy => policy.RequireRole(Access.Admin))
            .AddPolicy(Access.Messages, policy => policy.RequireAuthenticatedUser());

        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddOpenApi("v1", OpenApiDocument.Configure);
        services.AddHealthChecks().AddCheck<ConfigurationLoaded>("admin-api", tags: [PlatformDefaults.Ready]);
        return services;
    }

    /// <summary>Serves the API, for requests that come in on its own port only: other ports of the process know nothing of it.</summary>
    public static void MapAdminApi(this WebApplication app)
    {
        // A key file that cannot be read stops the start, not the first request.
        _ = app.Services.GetRequiredService<AdminKey>();
        app.OnPort(app.Services.GetRequiredService<AdminApiOptions>().Port, Serve);
    }

    private static void Serve(IApplicationBuilder branch)
    {
        branch.UseMiddleware<FailureAnswers>();
        branch.UseAuthentication();
        // Before routing: what exists, and how, is nobody's business without credentials.
        branch.Use(
            (http, next) =>
                http.Request.Path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase)
                && http.User.Identity is not { IsAuthenticated: true }
                    ? http.ChallengeAsync()
                    : next(http)
        );
        branch.UseRouting();
        branch.UseAuthorization();
        branch.UseEndpoints(Map);
    }

    private static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi();
        var v1 = endpoints
            .MapGroup(Root)
            .AddEndpointFilter<RouteGroupBuilder, ReadableRequests>()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapAccounts();
        v1.MapSmppUsers();
        v1.MapEsmeTraces();
        v1.MapApiKeys();
        v1.MapConnectors();
        v1.MapConnectorReceipts();
        v1.MapRoutes();
        v1.MapMessages();
        v1.MapBinds();
        v1.MapQueues();
        v1.MapDeadLetters();
        v1.MapUncertainSubmits();
        v1.MapUnmatchedReceipts();
        v1.MapStats();
        v1.MapAudit();
    }

    /// <summary>Without a configuration nobody can be let in or sent for.</summary>
    private sealed class ConfigurationLoaded(SnapshotSource snapshots) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                snapshots.Loaded.IsCompleted
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("the configuration is not loaded yet")
            );
    }
}
