using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ServiceDefaults;

/// <summary>Limits and timers: records with safe defaults, each changed by a setting of the section that bears its room's name.</summary>
public static class Limits
{
    /// <summary>
    /// Adds an options record bound from a configuration section: <c>Workers__RetryDelay=00:00:05</c> in the environment sets
    /// <c>RetryDelay</c> of the section <c>Workers</c>. A name that is not in the record stops the start and is named.
    /// </summary>
    public static IServiceCollection AddLimits<T>(this IServiceCollection services, string section)
        where T : class, new() => services.AddLimits(section, static () => new T());

    /// <summary>The same where the defaults depend on what the process is used with.</summary>
    public static IServiceCollection AddLimits<T>(this IServiceCollection services, string section, Func<T> defaults)
        where T : class
    {
        services.TryAddSingleton(provider =>
        {
            var limits = defaults();
            provider.GetRequiredService<IConfiguration>().GetSection(section).Bind(limits, bind => bind.ErrorOnUnknownConfiguration = true);
            return limits;
        });
        return services;
    }
}
