using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Endpoint = Amazon.Runtime.Endpoints.Endpoint;

namespace Aws;

/// <summary>
/// How a service is reached: the runtime's own settings (<c>AWS_REGION</c>, <c>AWS_ENDPOINT_URL_…</c>, <c>AWS_USE_FIPS_ENDPOINT</c>,
/// <c>AWS_USE_DUALSTACK_ENDPOINT</c>, the profile) with <see cref="ClientConfig.ServiceURL"/> above all of them.
/// </summary>
public sealed class AwsJsonConfig : ClientConfig
{
    private readonly AwsJsonService _service;

    /// <summary>Settings for one service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="endpoint">The service's address, above every other setting; null: as configured for AWS's SDKs, else AWS.</param>
    /// <param name="region">The region; null: as configured for AWS's SDKs.</param>
    public AwsJsonConfig(AwsJsonService service, string? endpoint = null, string? region = null)
        : base(new StandardDefaults())
    {
        _service = service;
        ServiceId = service.ServiceId;
        AuthenticationServiceName = service.SigningName;
        EndpointProvider = new Rules(service.SigningName);
        if (region is not null)
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        if (endpoint is not null)
        {
            // The region then only goes into the signature.
            var signingRegion = region ?? RegionEndpoint?.SystemName ?? AwsEndpoints.DefaultRegion;
            ServiceURL = endpoint;
            AuthenticationRegion = signingRegion;
        }
    }

    /// <inheritdoc/>
    public override string RegionEndpointServiceName => _service.SigningName;

    /// <inheritdoc/>
    public override string ServiceVersion => _service.JsonVersion;

    /// <inheritdoc/>
    public override string UserAgent => "smpp-platform/1";

    /// <inheritdoc/>
    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        EndpointProvider.ResolveEndpoint(Rules.ParametersOf(this));

    private sealed class StandardDefaults : IDefaultConfigurationProvider
    {
        public IDefaultConfiguration GetDefaultConfiguration(
            RegionEndpoint clientRegion,
            DefaultConfigurationMode? requestedConfigurationMode
        ) => new DefaultConfiguration { Name = DefaultConfigurationMode.Standard, RetryMode = RequestRetryMode.Standard };
    }

    internal sealed class Rules(string service) : IEndpointProvider
    {
        public static EndpointParameters ParametersOf(IClientConfig config)
        {
            var parameters = new EndpointParameters
            {
                ["Region"] = config.RegionEndpoint?.SystemName ?? config.AuthenticationRegion ?? AwsEndpoints.DefaultRegion,
                ["UseFIPS"] = config.UseFIPSEndpoint,
                ["UseDualStack"] = config.UseDualstackEndpoint,
            };
            if (!string.IsNullOrEmpty(config.ServiceURL))
            {
                parameters["Endpoint"] = config.ServiceURL;
            }
            return parameters;
        }

        public Endpoint ResolveEndpoint(EndpointParameters parameters) =>
            parameters["Endpoint"] is string url
                ? new Endpoint(url)
                : new Endpoint(
                    AwsEndpoints.Resolve(
                        service,
                        (string)parameters["Region"],
                        (bool)parameters["UseFIPS"],
                        (bool)parameters["UseDualStack"]
                    )
                );
    }
}
