using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Counts of receipts that found their message in another way than their connector is configured for.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121160000_ReceiptRescues")]
internal sealed class ReceiptRescueCounts : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- kind: the number of a ReceiptRescue. A handful of rows a connector.
            create table receipt_rescues (
                connector text        not null,
                kind      smallint    not null,
                count     bigint      not null,
                first_at  timestamptz not null default now(),
                last_at   timestamptz not null default now(),
                primary key (connector, kind)
            );
            """
        );
}
