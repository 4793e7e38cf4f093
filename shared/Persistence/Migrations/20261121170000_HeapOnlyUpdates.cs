using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Persistence.Migrations;

/// <summary>
/// Room in the pages of <c>messages</c> and <c>submissions</c> for the version of a row that its answer or its end writes; and less counting of
/// what a new day's partitions hold.
/// </summary>
[DbContext(typeof(PlatformDbContext))]
[Migration("20261121170000_HeapOnlyUpdates")]
internal sealed class HeapOnlyUpdates : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            -- Every row is written again within seconds, most of them before its old version may be removed. At 80 every second update left its
            -- page and wrote the index too; at these, one in twenty, and the table is as large as it became anyway.
            -- Messages are found by their keys whatever the statistics say, and a partition that begins empty grows by a tenth, which is when
            -- they are made anew, every few seconds: that was a tenth of the server's CPU.
            create or replace function platform_make_partitions(from_day date, days integer) returns void
                language plpgsql as
            $$
            declare
                day date;
                parent text;
            begin
                perform pg_advisory_xact_lock(hashtext('platform_make_partitions'));
                for i in 0 .. days - 1 loop
                    day := from_day + i;
                    foreach parent in array array ['messages', 'submissions'] loop
                        if to_regclass(parent || '_' || to_char(day, 'YYYYMMDD')) is null then
                            execute format(
                                'create table %I partition of %I for values from (%L) to (%L) with (fillfactor = %s, autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5)',
                                parent || '_' || to_char(day, 'YYYYMMDD'), parent, platform_day_bound(day), platform_day_bound(day + 1),
                                case parent when 'messages' then 50 else 45 end);
                        end if;
                    end loop;
                end loop;
            end
            $$;

            do $$
            declare
                partition regclass;
                parent text;
            begin
                for partition, parent in
                    select inhrelid::regclass, inhparent::regclass::text from pg_inherits
                    where inhparent in ('messages'::regclass, 'submissions'::regclass)
                loop
                    execute format(
                        'alter table %s set (fillfactor = %s, autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5)',
                        partition, case parent when 'messages' then 50 else 45 end);
                end loop;
            end
            $$;

            alter table operator_ids_0 set (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5);
            alter table operator_ids_1 set (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5);
            alter table operator_ids_2 set (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5);
            alter table operator_ids_3 set (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.5);
            """
        );
}
