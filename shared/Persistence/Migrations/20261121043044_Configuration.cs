using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Configuration : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "accounts",
                columns: table => new
                {
                    id = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    rate_per_second = table.Column<int>(type: "integer", nullable: true),
                    burst = table.Column<int>(type: "integer", nullable: true),
                    credit_mode = table.Column<string>(type: "text", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_accounts", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "audit_log",
                columns: table => new
                {
                    id = table
                        .Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false),
                    entity = table.Column<string>(type: "text", nullable: false),
                    entity_id = table.Column<string>(type: "text", nullable: false),
                    before = table.Column<string>(type: "jsonb", nullable: true),
                    after = table.Column<string>(type: "jsonb", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit_log", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "config_versions",
                columns: table => new
                {
                    id = table
                        .Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_config_versions", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "connectors",
                columns: table => new
                {
                    id = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    @operator = table.Column<string>(name: "operator", type: "character varying(40)", maxLength: 40, nullable: false),
                    host = table.Column<string>(type: "text", nullable: false),
                    port = table.Column<int>(type: "integer", nullable: false),
                    tls = table.Column<bool>(type: "boolean", nullable: false),
                    system_id = table.Column<string>(type: "text", nullable: false),
                    password = table.Column<string>(type: "text", nullable: true),
                    secret_ref = table.Column<string>(type: "text", nullable: true),
                    bind_type = table.Column<string>(type: "text", nullable: false),
                    binds = table.Column<int>(type: "integer", nullable: false),
                    window = table.Column<int>(type: "integer", nullable: false),
                    tps = table.Column<int>(type: "integer", nullable: true),
                    system_type = table.Column<string>(type: "text", nullable: false),
                    interface_version = table.Column<int>(type: "integer", nullable: false),
                    enquire_link_seconds = table.Column<int>(type: "integer", nullable: false),
                    dlr_id_format = table.Column<string>(type: "text", nullable: false),
                    long_messages = table.Column<string>(type: "text", nullable: false),
                    default_alphabet = table.Column<string>(type: "text", nullable: false),
                    error_map = table.Column<string>(type: "jsonb", nullable: false),
                    uncertain = table.Column<string>(type: "text", nullable: false),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_connectors", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "routes",
                columns: table => new
                {
                    id = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    priority = table.Column<int>(type: "integer", nullable: false),
                    match = table.Column<string>(type: "jsonb", nullable: false),
                    targets = table.Column<string>(type: "jsonb", nullable: false),
                    strategy = table.Column<string>(type: "text", nullable: false),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_routes", x => x.id);
                }
            );

            migrationBuilder.CreateTable(
                name: "api_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    account_id = table.Column<string>(type: "character varying(40)", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    secret_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_api_keys", x => x.id);
                    table.ForeignKey(
                        name: "FK_api_keys_accounts_account_id",
                        column: x => x.account_id,
                        principalTable: "accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict
                    );
                }
            );

            migrationBuilder.CreateTable(
                name: "smpp_users",
                columns: table => new
                {
                    system_id = table.Column<string>(type: "character varying(15)", maxLength: 15, nullable: false),
                    account_id = table.Column<string>(type: "character varying(40)", nullable: false),
                    password_hash = table.Column<string>(type: "text", nullable: false),
                    allowed_ips = table.Column<List<string>>(type: "text[]", nullable: false),
                    max_binds = table.Column<int>(type: "integer", nullable: true),
                    rate_per_second = table.Column<int>(type: "integer", nullable: true),
                    window = table.Column<int>(type: "integer", nullable: false),
                    bind_types = table.Column<string>(type: "jsonb", nullable: false),
                    message_id_format = table.Column<string>(type: "text", nullable: false),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_smpp_users", x => x.system_id);
                    table.ForeignKey(
                        name: "FK_smpp_users_accounts_account_id",
                        column: x => x.account_id,
                        principalTable: "accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict
                    );
                }
            );

            migrationBuilder.CreateIndex(name: "IX_api_keys_account_id", table: "api_keys", column: "account_id");

            migrationBuilder.CreateIndex(
                name: "IX_audit_log_entity_entity_id",
                table: "audit_log",
                columns: new[] { "entity", "entity_id" }
            );

            migrationBuilder.CreateIndex(name: "IX_smpp_users_account_id", table: "smpp_users", column: "account_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "api_keys");

            migrationBuilder.DropTable(name: "audit_log");

            migrationBuilder.DropTable(name: "config_versions");

            migrationBuilder.DropTable(name: "connectors");

            migrationBuilder.DropTable(name: "routes");

            migrationBuilder.DropTable(name: "smpp_users");

            migrationBuilder.DropTable(name: "accounts");
        }
    }
}
