using System.Data.Common;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ServiceDefaults;

/// <summary>What every service of the platform has in common: logging, probes, the queue, and an orderly stop.</summary>
public static class PlatformDefaults
{
    /// <summary>A health check with this tag decides whether the service is ready for traffic.</summary>
    public const string Ready = "ready";

    /// <summary>A health check with this tag decides whether the process is alive; failing it asks for a restart.</summary>
    public const string Live = "live";

    private const int DefaultMetricsPort = 9464;

    /// <summary>All of a stop, from SIGTERM to exit (docs/architecture.md, decision 14), unless Platform:ShutdownTimeout says otherwise: the chart allows 75 s, of which 15 s announce it.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Adds the defaults. Call it first.</summary>
    /// <param name="builder">The service's host.</param>
    /// <param name="service">The service's name, as in the deployment: smpp-gateway, router, …</param>
    public static WebApplicationBuilder AddPlatformDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                [PlatformProcess.ServiceKey] = service,
                [PlatformProcess.BootIdKey] = Guid.NewGuid().ToString(),
                [PlatformProcess.RunKeyKey] = builder.Configuration["RUN_DIR"] is { Length: > 0 } directory
                    ? $"{Environment.MachineName}:{Path.GetFullPath(directory)}:{service}"
                    : null,
            }
        );
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Npgsql", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = builder.Configuration.GetValue("Platform:ShutdownTimeout", ShutdownTimeout)
        );
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks().AddCheck<Stopping>("stopping", tags: [Ready]);
        builder.Services.AddSingleton<ProcessMetrics>();
        builder.Services.AddSingleton<IMetricsSource>(provider => provider.GetRequiredService<ProcessMetrics>());
        builder.Services.AddPlatformQueue(builder.Configuration);

        var port = builder.Configuration.GetValue("METRICS_PORT", DefaultMetricsPort);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(ListenAddress(builder.Configuration), port);
        });
        return builder;
    }

    /// <summary>Serves the probes, and the metrics of everything in the process, on the metrics port.</summary>
    public static WebApplication MapPlatformDefaults(this WebApplication app)
    {
        // From the first count on.
        _ = app.Services.GetRequiredService<ProcessMetrics>();
        app.Lifetime.ApplicationStopping.Register(() => ServiceDefaultsLog.Stopping(app.Logger));
        app.Lifetime.ApplicationStopped.Register(() => ServiceDefaultsLog.Stopped(app.Logger));
        app.OnMetricsPort(branch =>
        {
            branch.UseHealthChecks("/livez", Probe(Live));
            branch.UseHealthChecks("/readyz", Probe(Ready));
            branch.Map("/metrics", metrics => metrics.Run(WriteMetricsAsync));
        });
        return app;
    }

    private static void OnMetricsPort(this WebApplication app, Action<IApplicationBuilder> configure) =>
        app.OnPort(app.Configuration.GetValue("METRICS_PORT", DefaultMetricsPort), configure);

    /// <summary>Configures a part of the pipeline for requests that came in on one port, whatever their Host header says.</summary>
    public static void OnPort(this WebApplication app, int port, Action<IApplicationBuilder> configure) =>
        app.UseWhen(context => context.Connection.LocalPort == port, configure);

    /// <summary>Where to listen: PLATFORM_LISTEN, or loopback when it is not set (containers set 0.0.0.0 or ::).</summary>
    public static IPAddress ListenAddress(IConfiguration configuration) =>
        configuration["PLATFORM_LISTEN"] is { Length: > 0 } text ? IPAddress.Parse(text) : IPAddress.Loopback;

    private static async Task WriteMetricsAsync(HttpContext context)
    {
        var text = new MetricsText();
        try
        {
            foreach (var source in context.RequestServices.GetServices<IMetricsSource>())
            {
                await source.WriteAsync(text, context.RequestAborted);
            }
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            // Old numbers would lie: a scrape without an answer is what the alarm on scraping is for.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"the database or the queue does not answer: {e.Message}\n", context.RequestAborted);
            return;
        }

        context.Response.ContentType = MetricsText.ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static HealthCheckOptions Probe(string tag) =>
        new()
        {
            Predicate = check => check.Tags.Contains(tag),
            ResponseWriter = static (context, report) =>
            {
                context.Response.ContentType = "text/plain; charset=utf-8";
                var reasons = report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy);
                var lines = reasons.Select(entry =>
                    string.Create(CultureInfo.InvariantCulture, $"{entry.Key}: {entry.Value.Description}\n")
                );
                return context.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "ok\n" : string.Concat(lines));
            },
        };

    /// <summary>Not ready from the moment the stop begins.</summary>
    private sealed class Stopping(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("stopping")
                : lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("starting")
            );
    }
}
