-- The hot tables. Written and read with Npgsql only (shared/Persistence/Ledger), one statement per envelope and kind.
--
-- messages and submissions are partitioned by day on the message id: a version-7 UUID starts with milliseconds since 1970, so a
-- day is a range of ids. Partitions are made ahead; what falls outside goes to the default partition, which is alarming.
-- redrive: 0 = never, 1 = generation raised by the auditor, 2 = sent again. previous_state lets an update return what it replaced. No index but the primary key on columns that change, and fillfactor 80: state changes are heap-only tuples.

create function platform_day_bound(day date) returns uuid
    language sql immutable strict
    return (lpad(to_hex((extract(epoch from day::timestamp)::bigint) * 1000), 12, '0') || repeat('0', 20))::uuid;

create table messages (
    id                  uuid        not null,
    boot_id             uuid        not null,
    accepted_at         timestamptz not null,
    valid_until         timestamptz not null,
    recorded_at         timestamptz not null default now(),
    done_at             timestamptz,
    redriven_at         timestamptz,
    state               smallint    not null,
    previous_state      smallint    not null default 0,
    generation          smallint    not null default 0,
    redrive             smallint    not null default 0,
    parts               smallint    not null,
    origin              smallint    not null,
    source_ton          smallint    not null,
    source_npi          smallint    not null,
    destination_ton     smallint    not null,
    destination_npi     smallint    not null,
    esm_class           smallint    not null,
    protocol_id         smallint    not null,
    priority_flag       smallint    not null,
    registered_delivery smallint    not null,
    data_coding         smallint    not null,
    is_payload          boolean     not null,
    account             text        not null,
    system_id           text,
    client_id           text,
    reference           text,
    source              text        not null,
    destination         text        not null,
    service_type        text        not null,
    connector           text,
    route               text,
    reason              text,
    error_code          text,
    content             bytea       not null,
    tlvs                bytea,
    primary key (id)
) partition by range (id);

create table messages_default partition of messages default with (fillfactor = 80);

-- One row a part and attempt: inserted as the claim before a byte goes to the operator, completed with the operator's answer.
-- outcome: null = claimed; 1 = accepted, 2 = refused for good, 3 = to be retried, 4 = uncertain (the answer was lost).
create table submissions (
    message_id    uuid        not null,
    part          smallint    not null,
    generation    smallint    not null,
    attempt       smallint    not null,
    slot          smallint    not null,
    outcome       smallint,
    receipt_state smallint,
    fence         bigint      not null,
    status        bigint,
    holder        uuid        not null,
    claimed_at    timestamptz not null default now(),
    answered_at   timestamptz,
    receipt_at    timestamptz,
    connector     text        not null,
    operator_id   text,
    receipt_error text,
    primary key (message_id, part, generation, attempt)
) partition by range (message_id);

create table submissions_default partition of submissions default with (fillfactor = 80);

create function platform_make_partitions(from_day date, days integer) returns void
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
                    'create table %I partition of %I for values from (%L) to (%L) with (fillfactor = 80)',
                    parent || '_' || to_char(day, 'YYYYMMDD'), parent, platform_day_bound(day), platform_day_bound(day + 1));
            end if;
        end loop;
    end loop;
end
$$;

select platform_make_partitions((now() at time zone 'UTC')::date - 1, 9);

-- Receipts find their message here. Ids are scoped by operator; a recycled id has several rows, the newest open message wins.
create table operator_ids (
    operator     text        not null,
    canonical_id text        not null,
    message_id   uuid        not null,
    part         smallint    not null,
    parts        smallint    not null,
    at           timestamptz not null default now(),
    primary key (operator, canonical_id, message_id, part)
) partition by hash (operator, canonical_id);

create table operator_ids_0 partition of operator_ids for values with (modulus 4, remainder 0);
create table operator_ids_1 partition of operator_ids for values with (modulus 4, remainder 1);
create table operator_ids_2 partition of operator_ids for values with (modulus 4, remainder 2);
create table operator_ids_3 partition of operator_ids for values with (modulus 4, remainder 3);

-- A receipt that came before its message's operator id was written; tried again at due_at, for up to 72 hours.
create table parked_receipts (
    receipt_id   uuid        not null primary key,
    operator     text        not null,
    canonical_id text        not null,
    receipt      text        not null,
    parked_at    timestamptz not null default now(),
    due_at       timestamptz not null,
    tries        smallint    not null default 0
);
create index parked_receipts_due on parked_receipts (due_at);

create table unmatched_receipts (
    receipt_id   uuid        not null primary key,
    operator     text        not null,
    canonical_id text        not null,
    receipt      text        not null,
    reason       text        not null,
    at           timestamptz not null default now()
);

create table inbound_messages (
    id              uuid        not null primary key,
    received_at     timestamptz not null,
    operator        text        not null,
    connector       text        not null,
    source_ton      smallint    not null,
    source_npi      smallint    not null,
    source          text        not null,
    destination_ton smallint    not null,
    destination_npi smallint    not null,
    destination     text        not null,
    esm_class       smallint    not null,
    data_coding     smallint    not null,
    content         bytea       not null,
    tlvs            bytea
);

create table cancel_intents (
    message_id uuid        not null primary key,
    account    text        not null,
    at         timestamptz not null default now()
);

-- The books. Every statement that moves messages between states appends its sums here in the same transaction; the entries are
-- folded into the totals now and then. Totals plus entries, read in one snapshot, are exact at any time.
-- An entry with a boot_id records messages that the accepting process with that boot_id had answered for.
create table ledger_entries (
    id      bigint generated always as identity primary key,
    account text     not null,
    boot_id uuid,
    state   smallint not null,
    delta   integer  not null
);

create table ledger_totals (
    account  text     not null,
    state    smallint not null,
    messages bigint   not null,
    primary key (account, state)
);

-- accepted: answered OK by the accepting process, checkpointed every second. maybe_accepted: the queue's outcome was unknown when
-- the client was told ESME_RSYSERR; such a message may still be recorded. recorded: seen by the ledger.
create table accept_checkpoints (
    boot_id        uuid        not null,
    account        text        not null,
    accepted       bigint      not null default 0,
    maybe_accepted bigint      not null default 0,
    recorded       bigint      not null default 0,
    at             timestamptz not null default now(),
    primary key (boot_id, account)
);

-- What is owed to customers, packed per recipient. due_at doubles as the lease's end while a gateway holds the pack.
create table deliveries (
    id          bigint generated always as identity primary key,
    recipient   text        not null,
    account     text        not null,
    items       smallint    not null,
    attempts    smallint    not null default 0,
    lease_owner uuid,
    created_at  timestamptz not null default now(),
    due_at      timestamptz not null default now(),
    expires_at  timestamptz not null,
    body        bytea       not null
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index deliveries_due on deliveries (recipient, due_at);

-- Coordination. All times are the database's clock.
create table service_instances (
    id           uuid        not null primary key,
    service      text        not null,
    host         text        not null,
    process_id   integer     not null,
    started_at   timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
);

create table bind_slots (
    connector  text        not null,
    slot       smallint    not null,
    holder     uuid,
    run_key    text,
    fence      bigint      not null default 0,
    expires_at timestamptz not null default '-infinity',
    bound      boolean     not null default false,
    state      text        not null default 'free',
    state_at   timestamptz not null default now(),
    last_error text,
    primary key (connector, slot)
);

create table leader_leases (
    name       text        not null primary key,
    holder     uuid        not null,
    fence      bigint      not null default 0,
    expires_at timestamptz not null
);
