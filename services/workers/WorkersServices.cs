using Contracts;
using Persistence;
using ServiceDefaults;

namespace Workers;

/// <summary>Composition: what a host needs to be a worker.</summary>
public static class WorkersServices
{
    /// <summary>Adds the workers.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddPersistence();
        services.AddHandOverSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        services.AddHandOverSender(QueueNames.Inbound, ContractsJson.Default.InboundReceived);
        services.AddLimits<WorkersOptions>("Workers");
        services.AddSingleton<OperatorCredentials>();
        services.AddSingleton<AnswerWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<AnswerWriter>());
        services.AddHostedService<HoldBindSlots>();
        return services;
    }
}
