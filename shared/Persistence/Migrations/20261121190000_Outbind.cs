using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>Connectors whose operators call us. Those of before are called.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121190000_Outbind")]
internal sealed class Outbind : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            alter table connectors
                add column outbind_port integer,
                add column outbind_system_id text,
                add column outbind_password text,
                add column outbind_secret_ref text
            """
        );
}
