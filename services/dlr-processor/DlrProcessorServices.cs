using Persistence;
using ServiceDefaults;

namespace DlrProcessor;

/// <summary>Composition: what a host needs to be a dlr-processor.</summary>
public static class DlrProcessorServices
{
    /// <summary>Adds the dlr-processor.</summary>
    public static IServiceCollection AddDlrProcessor(this IServiceCollection services)
    {
        services.AddPersistence();
        services.AddLimits<DlrProcessorOptions>("DlrProcessor");
        services.AddHostedService<RecordOutcomes>();
        return services;
    }
}
