using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Persistence.Configuration;

namespace Persistence;

/// <summary>
/// The configuration's tables. Every save that changes something writes, in the same transaction, a new <see cref="ConfigVersion"/>
/// and one <see cref="AuditEntry"/> per changed row; the services follow the version. The hot tables (<see cref="Ledger.MessageLedger"/>) are
/// never mapped here; their DDL is part of the same chain of migrations.
/// </summary>
public sealed class PlatformDbContext(DbContextOptions<PlatformDbContext> options, TimeProvider time) : DbContext(options)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        DictionaryKeyPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Columns whose values never reach the audit log.</summary>
    private static readonly HashSet<string> Secrets =
    [
        nameof(SmppUser.PasswordHash),
        nameof(Connector.Password),
        nameof(Connector.OutbindPassword),
        nameof(ApiKey.SecretHash),
    ];

    /// <summary>Customers.</summary>
    public DbSet<Account> Accounts => Set<Account>();

    /// <summary>Their SMPP users.</summary>
    public DbSet<SmppUser> SmppUsers => Set<SmppUser>();

    /// <summary>Which of them are traced.</summary>
    public DbSet<EsmeTrace> EsmeTraces => Set<EsmeTrace>();

    /// <summary>Their REST keys.</summary>
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    /// <summary>Ways to operators.</summary>
    public DbSet<Connector> Connectors => Set<Connector>();

    /// <summary>Routes.</summary>
    public DbSet<Route> Routes => Set<Route>();

    /// <summary>Versions of all of the above.</summary>
    public DbSet<ConfigVersion> ConfigVersions => Set<ConfigVersion>();

    /// <summary>Who changed what.</summary>
    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();

    /// <summary>Who is changing things through this context; set once per request.</summary>
    public string Actor { get; set; } = "system";

    /// <inheritdoc />
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        var at = time.GetUtcNow();
        var audit = ChangeTracker.Entries().Where(IsConfigurationChange).Select(entry => Describe(entry, at)).ToList();
        if (audit.Count > 0)
        {
            AuditLog.AddRange(audit);
            ConfigVersions.Add(new ConfigVersion { At = at });
        }

        return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Account>(account =>
        {
            account.ToTable("accounts").HasKey(a => a.Id);
            account.Property(a => a.Id).HasMaxLength(40);
            account.Property(a => a.Name).HasMaxLength(200);
            account.Property(a => a.CreditMode).HasConversion<string>();
        });
        modelBuilder.Entity<SmppUser>(user =>
        {
            user.ToTable("smpp_users").HasKey(u => u.SystemId);
            user.Property(u => u.SystemId).HasMaxLength(15);
            user.HasOne<Account>().WithMany().HasForeignKey(u => u.AccountId).OnDelete(DeleteBehavior.Restrict);
            user.Property(u => u.MessageIdFormat).HasConversion<string>();
            AsJson(user.Property(u => u.BindTypes));
        });
        modelBuilder.Entity<EsmeTrace>(trace =>
        {
            trace.ToTable("esme_traces").HasKey(t => t.SystemId);
            trace.Property(t => t.SystemId).HasMaxLength(15);
            trace.HasOne<SmppUser>().WithOne().HasForeignKey<EsmeTrace>(t => t.SystemId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ApiKey>(key =>
        {
            key.ToTable("api_keys").HasKey(k => k.Id);
            key.HasOne<Account>().WithMany().HasForeignKey(k => k.AccountId).OnDelete(DeleteBehavior.Restrict);
            key.Property(k => k.Name).HasMaxLength(200);
        });
        modelBuilder.Entity<Connector>(connector =>
        {
            connector.ToTable("connectors").HasKey(c => c.Id);
            connector.Property(c => c.Id).HasMaxLength(40);
            connector.Property(c => c.Operator).HasMaxLength(40);
            connector.Property(c => c.BindType).HasConversion<string>();
            connector.Property(c => c.DlrIdFormat).HasConversion<string>();
            connector.Property(c => c.LongMessages).HasConversion<string>();
            connector.Property(c => c.DefaultAlphabet).HasConversion<string>();
            connector.Property(c => c.Uncertain).HasConversion<string>();
            connector.Property(c => c.Overlap).HasConversion<string>();
            AsJson(connector.Property(c => c.ErrorMap));
            AsJson(connector.Property(c => c.Rewrites));
        });
        modelBuilder.Entity<Route>(route =>
        {
            route.ToTable("routes").HasKey(r => r.Id);
            route.Property(r => r.Id).HasMaxLength(40);
            route.Property(r => r.Strategy).HasConversion<string>();
            AsJson(route.Property(r => r.Match));
            AsJson(route.Property(r => r.Targets));
        });
        modelBuilder.Entity<ConfigVersion>().ToTable("config_versions").HasKey(v => v.Id);
        modelBuilder.Entity<AuditEntry>(entry =>
        {
            entry.ToTable("audit_log").HasKey(e => e.Id);
            entry.Property(e => e.Before).HasColumnType("jsonb");
            entry.Property(e => e.After).HasColumnType("jsonb");
            entry.HasIndex(e => new { e.Entity, e.EntityId });
        });

        // Ask PostgreSQL and people alike: snake_case, nothing to quote.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        }
    }

    private static bool IsConfigurationChange(EntityEntry entry) =>
        entry.Entity is not (AuditEntry or ConfigVersion)
        && entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted;

    private AuditEntry Describe(EntityEntry entry, DateTimeOffset at) =>
        new()
        {
            At = at,
            Actor = Actor,
            Action = entry.State switch
            {
                EntityState.Added => "created",
                EntityState.Deleted => "deleted",
                _ => "updated",
            },
            Entity = JsonNamingPolicy.KebabCaseLower.ConvertName(entry.Metadata.ClrType.Name),
            EntityId = string.Join('/', entry.Metadata.FindPrimaryKey()!.Properties.Select(key => entry.CurrentValues[key]?.ToString())),
            Before = entry.State == EntityState.Added ? null : Values(entry.OriginalValues),
            After = entry.State == EntityState.Deleted ? null : Values(entry.CurrentValues),
        };

    private static string Values(PropertyValues values) =>
        JsonSerializer.Serialize(
            values
                .Properties.Where(property => !Secrets.Contains(property.Name))
                .ToDictionary(property => property.Name, property => values[property]),
            Json
        );

    private static void AsJson<T>(PropertyBuilder<T> property) =>
        property
            .HasColumnType("jsonb")
            .HasConversion(
                value => JsonSerializer.Serialize(value, Json),
                json => JsonSerializer.Deserialize<T>(json, Json)!,
                new ValueComparer<T>(
                    (a, b) => JsonSerializer.Serialize(a, Json) == JsonSerializer.Serialize(b, Json),
                    value => JsonSerializer.Serialize(value, Json).GetHashCode(StringComparison.Ordinal),
                    value => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, Json), Json)!
                )
            );
}
