using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>How binds to operators are shared and paced, and what they are doing.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121130000_OperatorBinds")]
internal sealed class OperatorBinds : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            alter table connectors
                add column burst integer,
                add column overlap text not null default 'Lenient';

            -- The connectors that a worker may hold; null: all. Empty: none, it is on its way out.
            alter table service_instances add column connectors text[];

            -- As reported with each renewal. pace: parts a second the bind may submit now; null: unlimited.
            alter table bind_slots
                add column window_size integer not null default 0,
                add column in_flight integer not null default 0,
                add column submit_rate real not null default 0,
                add column pace real,
                add column throttled bigint not null default 0;
            """
        );
}
