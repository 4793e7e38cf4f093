using System.Security.Cryptography;
using System.Text;

namespace Messaging.Postgres;

/// <summary>
/// The tables. Claims are narrow rows that change with every delivery; bodies are written once and deleted once, so a receive or
/// an extension never copies one. The one range index leads to what is due, in order, whatever the depth; it carries what depth
/// and age need.
/// </summary>
internal static class QueueSchema
{
    // Any number; the same in every process.
    public const long AdvisoryLock = 7_238_114_905_071_533_001;

    // What this text made is not made again: "if not exists" locks the tables before it looks, so that a process that starts would stop the
    // traffic of the others, and could wait for it crosswise.
    public static readonly string Stamp =
        $"Messaging.Postgres {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Ddl)))[..16]}";

    public const string GetStamp = "SELECT obj_description(to_regnamespace('queue'), 'pg_namespace')";

    public static readonly string SetStamp = $"COMMENT ON SCHEMA queue IS '{Stamp}'";

    // Functions, because a function carries planner settings: a plan made and cached while the tables were small (a sequential scan)
    // would stay in force while a million envelopes pile up. The README has the times measured.
    // "queue_id + 0" keeps the planner from walking the whole queue by envelopes_due where the ids lead straight there.
    // Autovacuum: by number of changes, not by share of the table, and unthrottled: a queue's tables are dead rows by trade.
    public const string Ddl = """
        CREATE SCHEMA IF NOT EXISTS queue;
        CREATE TABLE IF NOT EXISTS queue.queues (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL UNIQUE);
        CREATE SEQUENCE IF NOT EXISTS queue.body_seq CACHE 100;
        CREATE TABLE IF NOT EXISTS queue.envelopes (
            id uuid NOT NULL,
            queue_id int NOT NULL,
            items int NOT NULL,
            seq bigint NOT NULL,
            visible_at timestamptz NOT NULL,
            enqueued_at timestamptz NOT NULL,
            receives int NOT NULL DEFAULT 0,
            held boolean NOT NULL DEFAULT false,
            reason text,
            PRIMARY KEY (id, queue_id))
            WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.05,
                autovacuum_vacuum_insert_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
                autovacuum_analyze_threshold = 10000, autovacuum_analyze_scale_factor = 0.2);
        CREATE INDEX IF NOT EXISTS envelopes_due ON queue.envelopes (queue_id, visible_at)
            INCLUDE (items, enqueued_at, held);
        CREATE TABLE IF NOT EXISTS queue.bodies (
            seq bigint PRIMARY KEY,
            body bytea NOT NULL)
            WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.05,
                autovacuum_vacuum_cost_delay = 0,
                toast.autovacuum_vacuum_threshold = 10000, toast.autovacuum_vacuum_scale_factor = 0.05,
                toast.autovacuum_vacuum_cost_delay = 0);
        DO $$ BEGIN
            ALTER TABLE queue.bodies ALTER COLUMN body SET COMPRESSION lz4;
        EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
            RAISE NOTICE 'this server has no lz4; bodies are compressed by pglz';
        END $$;
        CREATE OR REPLACE FUNCTION queue.claim(for_queue int, most int, visibility float8)
            RETURNS TABLE (seq bigint, id uuid, items int, receives int, enqueued_at timestamptz, reason text, body bytea)
            LANGUAGE plpgsql
            SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
            AS $f$
            #variable_conflict use_column
            BEGIN RETURN QUERY
                WITH claimed AS (
                    UPDATE queue.envelopes e
                    SET visible_at = clock_timestamp() + make_interval(secs => visibility), receives = e.receives + 1, held = true
                    WHERE e.ctid = ANY (ARRAY(
                        SELECT d.ctid FROM queue.envelopes d
                        WHERE d.queue_id = for_queue AND d.visible_at <= now()
                        ORDER BY d.visible_at
                        LIMIT most
                        FOR UPDATE SKIP LOCKED))
                    RETURNING e.seq, e.id, e.items, e.receives, e.enqueued_at, e.reason)
                SELECT c.seq, c.id, c.items, c.receives, c.enqueued_at, c.reason, b.body
                FROM claimed c JOIN queue.bodies b ON b.seq = c.seq;
            END $f$;
        CREATE OR REPLACE FUNCTION queue.complete(for_queue int, ids uuid[]) RETURNS void LANGUAGE plpgsql
            SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
            AS $f$ BEGIN
                WITH gone AS (
                    DELETE FROM queue.envelopes e WHERE e.id = ANY (ids) AND e.queue_id + 0 = for_queue RETURNING e.seq)
                DELETE FROM queue.bodies b USING gone WHERE b.seq = gone.seq;
            END $f$;
        CREATE OR REPLACE FUNCTION queue.hide(for_queue int, ids uuid[], counts int[], secs float8, hold boolean)
            RETURNS void LANGUAGE plpgsql
            SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
            AS $f$ BEGIN
                UPDATE queue.envelopes e
                SET visible_at = clock_timestamp() + make_interval(secs => hide.secs), held = hold
                -- In the order in which complete finds them by the key: leases extended while others are settled would else wait crosswise.
                FROM (SELECT * FROM unnest(ids, counts) AS held(id, receives) ORDER BY held.id) AS u
                WHERE e.id = u.id AND e.queue_id + 0 = for_queue AND e.receives = u.receives AND e.held;
            END $f$;
        """;
}
