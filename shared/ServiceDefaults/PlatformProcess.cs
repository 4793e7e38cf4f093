using Microsoft.Extensions.Configuration;

namespace ServiceDefaults;

/// <summary>The configuration keys under which <see cref="PlatformDefaults"/> tells the other rooms what process this is.</summary>
public static class PlatformProcess
{
    /// <summary>The service's name.</summary>
    public const string ServiceKey = "Platform:Service";

    /// <summary>A UUID made at this start: names the process in envelopes, leases and checkpoints.</summary>
    public const string BootIdKey = "Platform:BootId";

    /// <summary>Names the place it runs in, so that the next process there may take over its leases at once.</summary>
    public const string RunKeyKey = "Platform:RunKey";

    /// <summary>The boot id.</summary>
    public static Guid BootId(IConfiguration configuration) =>
        Guid.Parse(configuration[BootIdKey] ?? throw new InvalidOperationException("call AddPlatformDefaults first"));
}
