using Contracts;
using Persistence;
using ServiceDefaults;

namespace Exporters;

/// <summary>Composition: what a host needs to be an exporter.</summary>
public static class ExportersServices
{
    /// <summary>Adds the exporters.</summary>
    public static IServiceCollection AddExporters(this IServiceCollection services)
    {
        services.AddPersistence();
        services.AddEnvelopeSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        services.AddSingleton<LedgerAuditor>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerAuditor>());
        services.AddSingleton<MetricsEndpoint>();
        return services;
    }

    /// <summary>Serves /metrics on the metrics port.</summary>
    public static WebApplication MapExporters(this WebApplication app)
    {
        app.OnMetricsPort(branch =>
            branch.Map("/metrics", metrics => metrics.Run(app.Services.GetRequiredService<MetricsEndpoint>().WriteAsync))
        );
        return app;
    }
}
