using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>What failed too often, of every queue and adapter, for a person.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121150000_DeadLetters")]
internal sealed class DeadLetters : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- One row a message, copied from the queue <queue>-dead. envelope_id and position name it, so that a copy made twice is one.
            -- kind: 0 = a message (JSON), 1 = an item of an envelope that holds none, 2 = a whole body. state: 0 = waiting, 1 = replayed,
            -- 2 = purged without an end in the ledger: kept, without its body, to explain the books.
            create table dead_letters (
                id          bigint generated always as identity primary key,
                queue       text        not null,
                envelope_id uuid        not null,
                position    integer     not null,
                items       integer     not null,
                failures    integer     not null,
                kind        smallint    not null,
                state       smallint    not null default 0,
                item_id     uuid,
                boot_id     uuid,
                sent_at     timestamptz,
                dead_at     timestamptz not null,
                first_seen  timestamptz not null default now(),
                changed_at  timestamptz,
                account     text,
                reason      text        not null,
                body        bytea       not null,
                unique (queue, envelope_id, position)
            );
            create index dead_letters_state on dead_letters (queue, state, id);
            create index dead_letters_item on dead_letters (item_id);
            """
        );
}
