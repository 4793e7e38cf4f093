using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Work with a due time, progress of a pack under way, and the reason of a part that failed.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121080000_Schedule")]
internal sealed class Schedule : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Items of a pack that the customer acknowledged, a bit each, lowest first.
            alter table deliveries add column acknowledged bytea;

            alter table submissions add column receipt_reason text;

            -- What waits longer than a queue should hold it: one row a message and kind. kind: 1 = a retry.
            create table scheduled_work (
                message_id uuid        not null,
                kind       smallint    not null,
                due_at     timestamptz not null,
                created_at timestamptz not null default now(),
                primary key (message_id, kind)
            );
            create index scheduled_work_due on scheduled_work (due_at);
            """
        );
}
