using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Which ESMEs are traced, and their PDUs; and what a bound ESME last sent.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121140000_EsmeTraces")]
internal sealed class EsmeTraces : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Configuration: part of the snapshot, so that every process with a session of the user follows within a second.
            create table esme_traces (
                system_id  character varying(15) not null primary key references smpp_users (system_id) on delete cascade,
                started_at timestamptz           not null,
                ends_at    timestamptz           not null,
                content    boolean               not null,
                started_by text                  not null
            );

            -- A row a PDU; or, without a command, how many were left out since the row before it.
            create table traced_pdus (
                id        bigint generated always as identity primary key,
                at        timestamptz not null,
                account   text        not null,
                system_id text        not null,
                session   uuid,
                remote    text,
                direction text,
                command   text,
                sequence  bigint,
                status    text,
                line      text        not null,
                left_out  integer     not null default 0
            );
            create index traced_pdus_esme on traced_pdus (system_id, id);

            alter table esme_sessions add column last_pdu text;
            """
        );
}
