using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Persistence.Configuration;
using Persistence.DeadLetters;
using Persistence.Leases;
using Persistence.Ledger;
using Persistence.Snapshot;

namespace Persistence;

/// <summary>Registers the database with a host. Safe to call from several services of one process.</summary>
public static class PersistenceServices
{
    /// <summary>Adds the ledger, the leases, the configuration and its snapshot over one data source (PLATFORM_DATABASE).</summary>
    public static IServiceCollection AddPersistence(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(MessageLedger)))
        {
            return services;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
            PlatformDatabase.CreateDataSource(
                provider.GetRequiredService<IConfiguration>()["PLATFORM_DATABASE"]
                    ?? throw new InvalidOperationException("PLATFORM_DATABASE is not set")
            )
        );
        services.AddSingleton<MessageLedger>();
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<Notifications>();
        services.AddSingleton<PasswordSeal>();
        services.AddSingleton<BindSlots>();
        services.AddSingleton<EsmeDirectory>();
        services.AddSingleton<TracedPdus>();
        services.AddDbContext<PlatformDbContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        // First: who migrates has been registered before.
        services.AddHostedService<AwaitSchema>();
        AddHosted<ServiceInstance>(services);
        AddHosted<SnapshotSource>(services);
        AddHosted<AcceptCounter>(services);
        return services;
    }

    private static void AddHosted<T>(IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
