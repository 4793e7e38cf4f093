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
        services.AddHandOverSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        services.AddSingleton<LedgerAuditor>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerAuditor>());
        services.AddLimits<ExportersOptions>("Exporters");
        services.AddHostedService<CollectDeadLetters>();
        services.AddSingleton<IMetricsSource, PlatformMetrics>();
        return services;
    }
}
