namespace Contracts;

/// <summary>The names of the queues between the services. Adapters may prefix them; nothing else may spell them.</summary>
public static class QueueNames
{
    /// <summary>Accepted messages: smpp-gateway, admin-api → router.</summary>
    public const string Submit = "submit";

    /// <summary>What became of messages: router, workers → dlr-processor.</summary>
    public const string Events = "events";

    /// <summary>Mobile-originated messages and their parts: workers → router.</summary>
    public const string Inbound = "inbound";

    private const string DispatchPrefix = "dispatch-";

    /// <summary>Routed messages for one connector: router → the workers that hold a bind of it.</summary>
    public static string Dispatch(string connector) => DispatchPrefix + connector;

    /// <summary>The queue that keeps, for a person, what failed too often on <paramref name="queue"/>.</summary>
    public static string Dead(string queue) => queue + "-dead";
}
