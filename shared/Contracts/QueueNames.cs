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

    /// <summary>What the high lane's queue is called beyond the normal one; no connector's id ends so.</summary>
    public const string HighSuffix = "-high";

    /// <summary>Routed messages for one connector, the normal lane: router → the workers that hold a bind of it.</summary>
    public static string Dispatch(string connector) => DispatchPrefix + connector;

    /// <summary>The same for messages that go first: those with a priority_flag of 1 and more (SMPP 5.0 section 4.7.14).</summary>
    public static string DispatchHigh(string connector) => DispatchPrefix + connector + HighSuffix;

    /// <summary>The queue of the lane in which a message of this priority_flag goes.</summary>
    public static string Dispatch(string connector, byte priorityFlag) => priorityFlag == 0 ? Dispatch(connector) : DispatchHigh(connector);

    /// <summary>The queue that keeps, for a person, what failed too often on <paramref name="queue"/>.</summary>
    public static string Dead(string queue) => queue + "-dead";
}
