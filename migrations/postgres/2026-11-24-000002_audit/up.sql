-- Who did and saw what. Rows are only ever added. No foreign keys: the record outlives what it
-- speaks of, and a shared parent row would make every writer wait for every other.

CREATE TABLE audit_events (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_id uuid,
    actor_username text,
    actor_organization_id uuid,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id text,
    resident_id uuid,
    division_code text COLLATE "C",
    request_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
    reason text,
    changes text
);
CREATE INDEX audit_events_resident ON audit_events (resident_id, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor_id, sequence);
CREATE INDEX audit_events_action ON audit_events (action, sequence);
CREATE INDEX audit_events_division ON audit_events (division_code, sequence);
CREATE INDEX audit_events_entity ON audit_events (entity_type, entity_id, sequence);
CREATE INDEX audit_events_at ON audit_events (at, sequence);

CREATE TRIGGER audit_events_fixed BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_keep BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Answers already given, by the key the client chose; written with the business transaction.
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users (id),
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    location text,
    etag text,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
