using System.Reflection;
using AdminApi.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Persistence;
using Persistence.Configuration;
using Persistence.Snapshot;

namespace AdminApi;

/// <summary>
/// One change of the configuration by one caller. Changes are made one at a time over all processes (an advisory lock), so that what a
/// check found - nothing uses it, the connector exists - still holds at the commit.
/// </summary>
internal sealed class ConfigurationEdit : IBindableFromHttpContext<ConfigurationEdit>
{
    /// <summary>Any number that no other lock of this database has.</summary>
    private const long LockKey = 0x61646D696E617069;

    private readonly IServiceProvider services;
    private IDbContextTransaction? transaction;

    private ConfigurationEdit(IServiceProvider services, string actor)
    {
        this.services = services;
        Db = services.GetRequiredService<PlatformDbContext>();
        Db.Actor = actor;
    }

    public PlatformDbContext Db { get; }

    public static ValueTask<ConfigurationEdit?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<ConfigurationEdit?>(new ConfigurationEdit(context.RequestServices, context.User.Name()));

    public static ConfigurationEdit BySystem(IServiceProvider scope) => new(scope, "system");

    /// <summary>Waits for its turn. Dispose what it returns: without <see cref="SaveAsync"/> nothing has changed.</summary>
    public async Task<IAsyncDisposable> BeginAsync(CancellationToken cancellationToken)
    {
        transaction = await Db.Database.BeginTransactionAsync(cancellationToken);
        await Db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({LockKey})", cancellationToken);
        return transaction;
    }

    /// <summary>Commits, tells every service, and waits a moment until this process follows, for the caller's next request.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        var version = await CommitAsync(cancellationToken);
        if (version > 0)
        {
            await FollowAsync(version, cancellationToken);
        }
    }

    /// <summary>Commits and tells every service.</summary>
    /// <returns>The configuration's new version; 0 when nothing has changed.</returns>
    public async Task<long> CommitAsync(CancellationToken cancellationToken)
    {
        await Db.SaveChangesAsync(cancellationToken);
        await transaction!.CommitAsync(cancellationToken);
        var version = Db.ChangeTracker.Entries<ConfigVersion>().Select(entry => entry.Entity.Id).DefaultIfEmpty(0).Max();
        if (version > 0)
        {
            services.GetRequiredService<Notifications>().Notify(Notifications.Configuration);
        }

        return version;
    }

    private async Task FollowAsync(long version, CancellationToken cancellationToken)
    {
        var snapshots = services.GetRequiredService<SnapshotSource>();
        var followed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(ConfigSnapshot snapshot)
        {
            if (snapshot.Version >= version)
            {
                followed.TrySetResult();
            }
        }

        snapshots.Changed += Look;
        try
        {
            Look(snapshots.Current);
            var wait = services.GetRequiredService<AdminApiOptions>().ChangeWait;
            await followed.Task.WaitAsync(wait, services.GetRequiredService<TimeProvider>(), cancellationToken);
        }
        catch (TimeoutException)
        {
            // Stored all the same: every service polls, this one too.
            AdminApiLog.ChangeNotFollowed(services.GetRequiredService<ILogger<ConfigurationEdit>>(), version);
        }
        finally
        {
            snapshots.Changed -= Look;
        }
    }
}
