using System.Text.Json.Serialization.Metadata;
using Messaging;
using Messaging.Amqp;
using Messaging.Postgres;
using Messaging.Sqs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults;

/// <summary>Chooses the queue adapter: the one place that names them.</summary>
public static class PlatformQueue
{
    private static readonly TimeSpan SchemaRetry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Adds the sender of a queue whose customers wait for the answer: a group commit shared by everything in the process that sends to it.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="json">How an item is written.</param>
    /// <param name="tenant">Whose an item is, where the queue is fair between tenants.</param>
    public static IServiceCollection AddEnvelopeSender<T>(
        this IServiceCollection services,
        string queue,
        JsonTypeInfo<T> json,
        Func<T, string> tenant
    ) => services.AddEnvelopeSender(queue, json, static options => options, tenant);

    /// <summary>Adds the sender of a queue between two of our own services (<see cref="EnvelopeSenderOptions.ForHandOver"/>).</summary>
    public static IServiceCollection AddHandOverSender<T>(this IServiceCollection services, string queue, JsonTypeInfo<T> json) =>
        services.AddEnvelopeSender(queue, json, static options => options.ForHandOver(), tenant: null);

    private static IServiceCollection AddEnvelopeSender<T>(
        this IServiceCollection services,
        string queue,
        JsonTypeInfo<T> json,
        Func<EnvelopeSenderOptions, EnvelopeSenderOptions> limits,
        Func<T, string>? tenant
    )
    {
        services.TryAddSingleton(provider => new EnvelopeSender<T>(
            provider.GetRequiredService<IMessageQueue>(),
            queue,
            json,
            limits(provider.GetRequiredService<EnvelopeSenderOptions>()),
            PlatformProcess.BootId(provider.GetRequiredService<IConfiguration>()),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EnvelopeSender<T>>>(),
            tenant
        ));
        return services;
    }

    internal static void AddPlatformQueue(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddLimits("EnvelopeReader", EnvelopeReaderOptions.ForServices);
        var kind = configuration.GetValue("PLATFORM_QUEUE", "postgres");
        services.AddLimits("EnvelopeSender", () => kind == "sqs" ? EnvelopeSenderOptions.ForBilledCalls() : new EnvelopeSenderOptions());
        switch (kind)
        {
            case "postgres":
                services.AddPostgresQueue(configuration);
                break;
            case "sqs":
                services.AddSqsQueue(configuration);
                break;
            case "amqp":
                services.AddAmqpQueue(configuration);
                break;
            default:
                throw new InvalidOperationException($"PLATFORM_QUEUE={kind} is unknown: postgres, sqs or amqp");
        }
        services.AddHealthChecks().AddCheck<QueueAnswers>("queue", tags: [PlatformDefaults.Ready]);
    }

    private static void AddPostgresQueue(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddLimits<PostgresQueueOptions>("PostgresQueue");
        services.TryAddSingleton(provider => new PostgresQueue(
            CreateDataSource(configuration),
            provider.GetRequiredService<PostgresQueueOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PostgresQueue>>()
        ));
        services.TryAddSingleton<IMessageQueue>(provider => provider.GetRequiredService<PostgresQueue>());
        services.AddHostedService<QueueSchemaStartup>();
    }

    private static void AddSqsQueue(this IServiceCollection services, IConfiguration configuration)
    {
        var defaults = new SqsQueueOptions();
        var options = defaults with
        {
            Prefix = configuration["PLATFORM_QUEUE_PREFIX"] is { Length: > 0 } prefix ? prefix : defaults.Prefix,
            KmsKeyId = configuration["PLATFORM_SQS_KMS_KEY"] is { Length: > 0 } key ? key : null,
        };
        var endpoint = configuration["PLATFORM_SQS_ENDPOINT"] is { Length: > 0 } url ? url : null;
        services.TryAddSingleton<IMessageQueue>(provider => new SqsQueue(
            SqsQueue.CreateClient(endpoint),
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SqsQueue>>()
        ));
    }

    private static void AddAmqpQueue(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration["PLATFORM_AMQP"] is not { Length: > 0 } text || !Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            // Its text is not told: there is a password in it.
            throw new InvalidOperationException(
                "PLATFORM_QUEUE=amqp needs the broker's address in PLATFORM_AMQP: amqp://user:password@host/vhost"
            );
        }
        services.AddLimits<AmqpQueueOptions>("AmqpQueue");
        services.TryAddSingleton<IMessageQueue>(provider =>
        {
            var limits = provider.GetRequiredService<AmqpQueueOptions>();
            return new AmqpQueue(
                limits with
                {
                    Address = address,
                    Prefix = configuration["PLATFORM_QUEUE_PREFIX"] is { Length: > 0 } prefix ? prefix : limits.Prefix,
                    CertificateAuthorities = configuration["PLATFORM_AMQP_CA"] is { Length: > 0 } file
                        ? file
                        : limits.CertificateAuthorities,
                    ServerName = configuration["PLATFORM_AMQP_SERVER_NAME"] is { Length: > 0 } name ? name : limits.ServerName,
                    ConnectionName = $"{provider.GetRequiredService<IHostEnvironment>().ApplicationName}@{Environment.MachineName}",
                },
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<AmqpQueue>>()
            );
        });
    }

    private static NpgsqlDataSource CreateDataSource(IConfiguration configuration)
    {
        var database = configuration["PLATFORM_DATABASE"] ?? throw new InvalidOperationException("PLATFORM_DATABASE is not set");
        var builder = new NpgsqlConnectionStringBuilder(database)
        {
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            // Nothing is left behind in a connection: settings of the queue's statements are local to their transaction.
            NoResetOnClose = true,
        };
        builder.ApplicationName ??= "platform-queue";
        return new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
    }

    /// <summary>Makes the queue's tables before anything sends or receives; waits for the database as long as it takes.</summary>
    private sealed class QueueSchemaStartup(PostgresQueue queue, TimeProvider time, ILogger<PostgresQueue> logger) : IHostedLifecycleService
    {
        public async Task StartingAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                try
                {
                    await queue.EnsureSchemaAsync(cancellationToken);
                    return;
                }
                catch (NpgsqlException e)
                {
                    ServiceDefaultsLog.QueueNotReady(logger, e.Message);
                    await Task.Delay(SchemaRetry, time, cancellationToken);
                }
            }
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class QueueAnswers(IMessageQueue queue) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await queue.ListAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                return HealthCheckResult.Unhealthy(e.Message);
            }
        }
    }
}
