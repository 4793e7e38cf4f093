using Contracts;
using Messaging;
using Persistence.Configuration;

namespace Workers;

/// <content>What this operator does not take goes to the route's next target.</content>
internal sealed partial class ClaimAndSend
{
    /// <summary>What becomes of a part.</summary>
    /// <param name="Again">After how long it is to be tried again; null: it is settled in the ledger and told to the dlr-processor.</param>
    /// <param name="Refusal">When this operator does not take it: the event that ends it where no other operator is left.</param>
    private readonly record struct Resolution(TimeSpan? Again, PartFailed? Refusal)
    {
        public static Resolution Done => default;

        public static Resolution After(TimeSpan delay) => new(delay, null);

        /// <param name="refusal">Why.</param>
        /// <param name="orAgain">After how long it is tried here again where no other operator is left; null: it has failed then.</param>
        public static Resolution Leave(PartFailed refusal, TimeSpan? orAgain) => new(orAgain, refusal);
    }

    /// <summary>
    /// Gives the message to the next target when this operator takes none of its parts; a message of which it has one stays, for the recipient is
    /// to get it from one sender.
    /// </summary>
    /// <returns>Null when the item is settled; else after how long it is to be tried again here.</returns>
    private async Task<TimeSpan?> LeaveAsync(List<Part> parts, Resolution[] resolved)
    {
        if (Array.TrueForAll(resolved, part => part.Refusal is null))
        {
            return resolved.Max(part => part.Again);
        }

        var item = parts[0].Item.Value;
        if (Array.TrueForAll(resolved, part => part.Refusal is not null) && Targets() is { Count: > 0 } targets)
        {
            var next = await ledger.FailOverAsync(item.Message.Id, item.Generation, connector.Id, targets, CancellationToken.None);
            if (next is not null)
            {
                WorkersLog.FailedOver(logger, item.Message.Id, connector.Id, next, resolved[0].Refusal!.Reason);
                return null;
            }
        }

        TimeSpan? again = null;
        foreach (var part in resolved)
        {
            var wait = part.Again;
            if (
                part is { Refusal: { } refusal, Again: null }
                && await events.SendAsync(refusal, CancellationToken.None) != SendOutcome.Stored
            )
            {
                wait = options.RetryDelay;
            }

            again = again > wait || wait is null ? again : wait;
        }

        return again;
    }

    /// <summary>Where messages of this connector may go next, by route; only what is enabled.</summary>
    private List<(string Route, string Connector)> Targets()
    {
        var snapshot = configuration.Current;
        var found = new List<(string, string)>();
        foreach (var compiled in snapshot.Routes)
        {
            var route = compiled.Route;
            if (route.Strategy == RouteStrategy.Failover && route.Targets.Exists(target => target.Connector == connector.Id))
            {
                found.AddRange(
                    route
                        .Targets.Where(target => snapshot.Connectors.GetValueOrDefault(target.Connector) is { Enabled: true })
                        .Select(target => (route.Id, target.Connector))
                );
            }
        }

        return found;
    }
}
