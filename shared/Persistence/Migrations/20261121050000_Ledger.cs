using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>The hot tables, from <c>ledger.sql</c>: EF Core runs their DDL and maps none of them.</summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121050000_Ledger")]
internal sealed class Ledger : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        using var stream = typeof(Ledger).Assembly.GetManifestResourceStream("Persistence.Migrations.ledger.sql")!;
        using var reader = new StreamReader(stream);
        migrationBuilder.Sql(reader.ReadToEnd());
    }
}
