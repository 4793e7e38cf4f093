namespace Messaging.Postgres;

/// <summary>
/// The statements, each a transaction of its own. Visibility is the database's clock alone. Only what must survive a crash waits
/// for the disk: a lost claim, extension or completion means one more delivery, which at-least-once allows, so those commit
/// asynchronously (set_config, local to the statement's transaction).
/// </summary>
internal static class QueueSql
{
    // The ordinal, in microseconds, keeps the order inside a batch.
    public const string Send = """
        WITH input AS MATERIALIZED (
            SELECT nextval('queue.body_seq') AS seq, u.id, u.items, u.delay, u.body, u.ord
            FROM unnest($2::uuid[], $3::int[], $4::float8[], $5::bytea[]) WITH ORDINALITY AS u(id, items, delay, body, ord)),
        stored AS (
            INSERT INTO queue.envelopes (id, queue_id, items, seq, visible_at, enqueued_at)
            SELECT id, $1, items, seq, now() + make_interval(secs => delay + (ord - 1) * 0.000001), now()
            FROM input
            ON CONFLICT (queue_id, id) DO NOTHING
            RETURNING seq)
        INSERT INTO queue.bodies (seq, body)
        SELECT input.seq, input.body FROM input JOIN stored USING (seq)
        """;

    // As received already, by a receiver of the sender's own process. Tells which: what had been stored before is somebody else's.
    public const string SendReceived = """
        WITH input AS MATERIALIZED (
            SELECT nextval('queue.body_seq') AS seq, u.id, u.items, u.body, u.ord
            FROM unnest($2::uuid[], $3::int[], $4::bytea[]) WITH ORDINALITY AS u(id, items, body, ord)),
        stored AS (
            INSERT INTO queue.envelopes (id, queue_id, items, seq, visible_at, enqueued_at, receives, held)
            SELECT id, $1, items, seq, clock_timestamp() + make_interval(secs => $5), now(), 1, true
            FROM input
            ON CONFLICT (queue_id, id) DO NOTHING
            RETURNING seq, enqueued_at),
        kept AS (INSERT INTO queue.bodies (seq, body) SELECT input.seq, input.body FROM input JOIN stored USING (seq))
        SELECT input.ord, stored.enqueued_at FROM input JOIN stored USING (seq) ORDER BY input.ord
        """;

    public const string Complete = """
        WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT queue.complete($1, $2) FROM relaxed
        """;

    // The count of receives is the handle: a delivery that is not the latest matches nothing.
    public const string Abandon = """
        WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT queue.hide($1, $2, $3, $4, false) FROM relaxed
        """;

    public const string Extend = """
        WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT queue.hide($1, $2, $3, $4, true) FROM relaxed
        """;

    // Claims the first due rows that nobody else is claiming, by a range scan that stops at the limit, finds the rows again by
    // ctid (they are locked), and joins the bodies.
    public const string Receive = """
        WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT c.id, c.items, c.receives, c.enqueued_at, c.reason, c.body
        FROM relaxed, queue.claim($1, $3, $2) AS c
        ORDER BY c.seq
        """;

    // Moves the claim row alone. An id that is in the dead-letter queue already (a replay that failed again) gets a new one.
    public const string DeadLetter = """
        UPDATE queue.envelopes e
        SET queue_id = $4, receives = 0, held = false, visible_at = clock_timestamp(), enqueued_at = clock_timestamp(), reason = $5,
            id = CASE WHEN EXISTS (SELECT FROM queue.envelopes d WHERE d.id = e.id AND d.queue_id + 0 = $4)
                THEN gen_random_uuid() ELSE e.id END
        WHERE e.id = $2 AND e.queue_id + 0 = $1 AND e.receives = $3 AND e.held
        """;

    public const string Depth = """
        SELECT
            coalesce(sum(items) FILTER (WHERE visible_at <= now()), 0)::bigint,
            coalesce(sum(items) FILTER (WHERE visible_at > now() AND held), 0)::bigint,
            coalesce(sum(items) FILTER (WHERE visible_at > now() AND NOT held), 0)::bigint,
            coalesce(extract(epoch FROM now() - min(enqueued_at) FILTER (WHERE visible_at <= now() OR held)), 0)::float8
        FROM queue.envelopes WHERE queue_id = $1
        """;

    // A notification is told once it is committed; on disk it need not be.
    public const string Notify = """
        WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT pg_notify($1, $2 || ' ' || name) FROM relaxed, unnest($3::text[]) AS name
        """;

    public const string Ensure = """
        WITH made AS (INSERT INTO queue.queues (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id)
        SELECT id FROM made UNION ALL SELECT id FROM queue.queues WHERE name = $1
        """;

    public const string Find = "SELECT id FROM queue.queues WHERE name = $1";

    public const string List = "SELECT name FROM queue.queues ORDER BY name COLLATE \"C\"";
}
