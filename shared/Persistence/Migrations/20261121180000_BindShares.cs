using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>The binds' shares of a connector's parts a second, as they were given out.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121180000_BindShares")]
internal sealed class BindShares : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Parts a second that the holder may submit at most; over a connector's live leases never more than its tps. 0: none, or no limit.
            alter table bind_slots add column granted double precision not null default 0;
            """
        );
}
