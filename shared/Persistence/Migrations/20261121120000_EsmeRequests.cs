using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Short ids, and intents to cancel that find a message by the id its customer knows.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121120000_EsmeRequests")]
internal sealed class EsmeRequests : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Blocks of 1,000 numbers below 2^40 (8 characters of 5 bits); the last, begun block is left out.
            create sequence short_id_blocks minvalue 0 maxvalue 1099511626 cycle;

            -- Only short ids have to be looked up by themselves: every other form tells the message's id. Who has none of them pays nothing.
            create index messages_short_id on messages (client_id) where length(client_id) = 8;

            -- A cancel that was answered OK: nothing of what it names may be sent from then on. By the id as the customer has it, for the row may
            -- not be there yet. destination: empty means any (a submit_multi's messages share an id).
            drop table cancel_intents;
            create table cancel_intents (
                account     text        not null,
                wire_id     text        not null,
                destination text        not null,
                source_ton  smallint    not null,
                source_npi  smallint    not null,
                source      text        not null,
                at          timestamptz not null default now(),
                primary key (account, wire_id, destination)
            );
            create index cancel_intents_at on cancel_intents (at);
            """
        );
}
