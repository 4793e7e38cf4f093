namespace Messaging;

public sealed partial class EnvelopeSender<T>
{
    /// <summary>
    /// What goes out together, by the envelopes it may share. Without tenants: all. A tenant that has many of them gets envelopes of its own, with
    /// its name as their group; those with few share, and go first. Within a tenant the order stays.
    /// </summary>
    private List<(string? Group, List<PendingSend<T>> Items)> Groups(List<PendingSend<T>> taken)
    {
        if (_tenant is null || _options.OwnEnvelopeFrom <= 0)
        {
            return [(null, taken)];
        }
        var many = Math.Min(_options.OwnEnvelopeFrom, _options.MaxItems);
        var tenants = taken.GroupBy(pending => _tenant(pending.Value)).Select(items => (items.Key, Items: items.ToList())).ToList();
        if (tenants is [var only])
        {
            return [(only.Key, taken)];
        }
        var groups = new List<(string? Group, List<PendingSend<T>> Items)>();
        var shared = tenants.Where(tenant => tenant.Items.Count < many).SelectMany(tenant => tenant.Items).ToList();
        if (shared.Count > 0)
        {
            groups.Add((null, shared));
        }
        groups.AddRange(tenants.Where(tenant => tenant.Items.Count >= many).Select(tenant => ((string?)tenant.Key, tenant.Items)));
        return groups;
    }
}
