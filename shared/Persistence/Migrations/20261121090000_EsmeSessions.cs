using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Who is bound to which gateway process, and what such a process is told to do.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121090000_EsmeSessions")]
internal sealed class EsmeSessions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Owned by an instance of service_instances; a dead instance's rows don't count.
            create table esme_sessions (
                id           uuid        not null primary key,
                instance     uuid        not null,
                run_key      text,
                system_id    text        not null,
                account      text        not null,
                remote       text        not null,
                mode         text        not null,
                version      smallint    not null,
                bound_at     timestamptz not null default now(),
                window_size  integer     not null,
                in_flight    integer     not null default 0,
                received     bigint      not null default 0,
                sent         bigint      not null default 0,
                throttled    bigint      not null default 0,
                receive_rate real        not null default 0,
                send_rate    real        not null default 0,
                last_pdu_at  timestamptz,
                reported_at  timestamptz not null default now()
            );
            create index esme_sessions_system_id on esme_sessions (system_id);
            create index esme_sessions_instance on esme_sessions (instance);

            -- Orders to one process: taken by deleting them.
            create table commands (
                id         uuid        not null primary key default gen_random_uuid(),
                instance   uuid        not null,
                kind       text        not null,
                subject    text        not null,
                created_at timestamptz not null default now()
            );
            create index commands_instance on commands (instance);
            """
        );
}
