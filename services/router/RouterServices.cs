using Contracts;
using Persistence;
using ServiceDefaults;

namespace Router;

/// <summary>Composition: what a host needs to be a router.</summary>
public static class RouterServices
{
    /// <summary>Adds the router.</summary>
    public static IServiceCollection AddRouter(this IServiceCollection services)
    {
        services.AddPersistence();
        services.AddLimits<RouterOptions>("Router");
        services.AddHandOverSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        services.AddSingleton<DispatchSenders>();
        services.AddHostedService<RouteMessages>();
        services.AddHostedService<KeepInbound>();
        services.AddHostedService<DispatchDue>();
        return services;
    }
}
