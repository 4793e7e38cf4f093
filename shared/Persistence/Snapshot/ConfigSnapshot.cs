using System.Collections.Frozen;
using System.Net;
using Persistence.Configuration;

namespace Persistence.Snapshot;

/// <summary>
/// The whole configuration as of one version: immutable, compiled, read without locks by every hot path. A change makes a new one.
/// </summary>
public sealed class ConfigSnapshot
{
    /// <summary>Before the first load.</summary>
    public static ConfigSnapshot Empty { get; } = new(0, [], [], [], [], []);

    internal ConfigSnapshot(
        long version,
        IEnumerable<Account> accounts,
        IEnumerable<SmppUser> users,
        IEnumerable<ApiKey> keys,
        IEnumerable<Connector> connectors,
        IEnumerable<CompiledRoute> routes,
        IEnumerable<EsmeTrace>? traces = null
    )
    {
        Version = version;
        Accounts = accounts.ToFrozenDictionary(account => account.Id);
        SmppUsers = users.ToFrozenDictionary(user => user.SystemId);
        AllowedNetworks = SmppUsers
            .Values.Where(user => user.AllowedIps.Count > 0)
            .ToFrozenDictionary(user => user.SystemId, user => new AllowedNetworks(user.AllowedIps));
        ApiKeys = keys.Where(key => key.RevokedAt is null).ToFrozenDictionary(key => key.Id);
        Connectors = connectors.ToFrozenDictionary(connector => connector.Id);
        Routes = [.. routes];
        Traces = (traces ?? []).ToFrozenDictionary(trace => trace.SystemId);
    }

    /// <summary>The version; 0 before the first load.</summary>
    public long Version { get; }

    /// <summary>Accounts by id.</summary>
    public FrozenDictionary<string, Account> Accounts { get; }

    /// <summary>SMPP users by system_id.</summary>
    public FrozenDictionary<string, SmppUser> SmppUsers { get; }

    /// <summary>From where those users may bind that may not bind from anywhere, by system_id.</summary>
    public FrozenDictionary<string, AllowedNetworks> AllowedNetworks { get; }

    /// <summary>API keys that are not revoked, by id.</summary>
    public FrozenDictionary<Guid, ApiKey> ApiKeys { get; }

    /// <summary>Connectors by id.</summary>
    public FrozenDictionary<string, Connector> Connectors { get; }

    /// <summary>Enabled routes in the order they are tried.</summary>
    public IReadOnlyList<CompiledRoute> Routes { get; }

    /// <summary>Traces by system_id, those that have ended too.</summary>
    public FrozenDictionary<string, EsmeTrace> Traces { get; }

    /// <summary>The user of a system_id, if it and its account are there and enabled.</summary>
    public SmppUser? EnabledUser(string systemId) =>
        SmppUsers.TryGetValue(systemId, out var user)
        && user.Enabled
        && Accounts.TryGetValue(user.AccountId, out var account)
        && account.Enabled
            ? user
            : null;

    /// <summary>Whether a user may bind from an address; an IPv4 address is given as such, not within an IPv6 one.</summary>
    public bool MayComeFrom(SmppUser user, IPAddress address) =>
        !AllowedNetworks.TryGetValue(user.SystemId, out var networks) || networks.Contains(address);
}
