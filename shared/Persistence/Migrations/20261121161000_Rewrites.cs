using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>What messages are turned into for an operator. Connectors of before change nothing.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121161000_Rewrites")]
internal sealed class RewritesOfConnectors : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("alter table connectors add column rewrites jsonb not null default '{}'");
}
