using Contracts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Persistence;
using ServiceDefaults;

namespace SmppGateway;

/// <summary>Composition: what a host needs to be a gateway.</summary>
public static class SmppGatewayServices
{
    private const int DefaultSmppPort = 2775;
    private const int DefaultSmppTlsPort = 3550;

    /// <summary>Adds the gateway and its SMPP listeners: in the clear, and over TLS when there is a certificate.</summary>
    public static WebApplicationBuilder AddSmppGateway(this WebApplicationBuilder builder)
    {
        builder.Services.AddPersistence();
        builder.Services.AddEnvelopeSender(QueueNames.Submit, ContractsJson.Default.MessageSubmitted, static message => message.Account);
        builder.Services.AddLimits<GatewayOptions>("Gateway");
        builder.Services.AddSingleton<EsmeSessions>();
        builder.Services.AddSingleton<Credentials>();
        builder.Services.AddSingleton<FailedBinds>();
        builder.Services.AddSingleton<ConnectionLimits>();
        builder.Services.AddSingleton<GatewayMetrics>();
        builder.Services.AddSingleton<IMetricsSource>(provider => provider.GetRequiredService<GatewayMetrics>());
        builder.Services.AddSingleton<SubmitRates>();
        builder.Services.AddSingleton<ShortIds>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ShortIds>());
        builder.Services.AddSingleton<ClientIds>();
        builder.Services.AddSingleton<SubmitHandler>();
        builder.Services.AddHandOverSender(QueueNames.Events, ContractsJson.Default.MessageEvent);
        builder.Services.AddSingleton<MessageRequests>();
        builder.Services.AddSingleton<PduTracer>();
        builder.Services.AddHostedService<TraceWriter>();
        builder.Services.AddSingleton<EsmeHandler>();
        builder.Services.AddHostedService<DeliverySender>();
        builder.Services.AddHostedService<FollowConfiguration>();
        builder.Services.AddSingleton<SessionRegister>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<SessionRegister>());
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        builder.Services.AddSingleton<LoopWatch>();
        builder
            .Services.AddHealthChecks()
            .AddCheck<AcceptsBinds>("binds", tags: [PlatformDefaults.Ready])
            .AddCheck<LoopWatch>("loops", tags: [PlatformDefaults.Live]);

        var address = PlatformDefaults.ListenAddress(builder.Configuration);
        var port = builder.Configuration.GetValue("SMPP_PORT", DefaultSmppPort);
        var tlsPort = builder.Configuration.GetValue("SMPP_TLS_PORT", DefaultSmppTlsPort);
        var tlsFiles = TlsCertificate.Find(builder.Configuration, TimeProvider.System);
        var proxy = ProxyProtocolOptions.From(builder.Configuration);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(
                address,
                port,
                listen => listen.UseProxyProtocol(proxy).UseConnectionLimits().UseConnectionHandler<SmppConnectionHandler>()
            );
            if (tlsFiles is not null)
            {
                kestrel.Listen(
                    address,
                    tlsPort,
                    listen =>
                    {
                        listen.UseProxyProtocol(proxy).UseConnectionLimits();
                        var handshakes = ActivatorUtilities.CreateInstance<TlsHandshakes>(listen.ApplicationServices, tlsFiles);
                        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(handshakes.Options()) });
                        listen.UseConnectionHandler<SmppConnectionHandler>();
                    }
                );
            }
        });
        return builder;
    }
}
