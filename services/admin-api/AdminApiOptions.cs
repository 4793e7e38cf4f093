namespace AdminApi;

/// <summary>The admin API's settings, from the environment.</summary>
internal sealed record AdminApiOptions
{
    /// <summary>ADMIN_PORT: where the API listens. Default 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>PLATFORM_ADMIN_KEY_FILE: the file with the local admin key. None: there is no admin key.</summary>
    public string? AdminKeyFile { get; init; }

    /// <summary>PLATFORM_DEMO=1: an empty platform gets the demo account, user, connector and route.</summary>
    public bool Demo { get; init; }

    /// <summary>SMSC_PORT: where the demo's operator listens. Default 2776.</summary>
    public int SmscPort { get; init; } = 2776;

    /// <summary>The longest body. Default 1 MB: a message for 1,000 recipients takes some 30 KB.</summary>
    public int MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a start waits for the database. Default 60 s: half of what `make up` allows.</summary>
    public TimeSpan DatabaseWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a change waits until this process follows it, so that the caller's next call finds it in force. Default 1 s: the time promised.</summary>
    public TimeSpan ChangeWait { get; init; } = TimeSpan.FromSeconds(1);

    public static AdminApiOptions From(IConfiguration configuration)
    {
        var defaults = new AdminApiOptions();
        return defaults with
        {
            Port = configuration.GetValue("ADMIN_PORT", defaults.Port),
            AdminKeyFile = configuration["PLATFORM_ADMIN_KEY_FILE"] is { Length: > 0 } file ? file : null,
            Demo = configuration["PLATFORM_DEMO"] == "1",
            SmscPort = configuration.GetValue("SMSC_PORT", defaults.SmscPort),
        };
    }
}
