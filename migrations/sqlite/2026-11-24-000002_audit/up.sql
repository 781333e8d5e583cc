-- Who did and saw what. Rows are only ever added. No foreign keys: the record outlives what it
-- speaks of, and a shared parent row would make every writer wait for every other.

CREATE TABLE audit_events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_username TEXT,
    actor_organization_id BLOB,
    action TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id TEXT,
    resident_id BLOB,
    division_code TEXT,
    request_id BLOB NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
    reason TEXT,
    changes TEXT
) STRICT;
CREATE INDEX audit_events_resident ON audit_events (resident_id, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor_id, sequence);
CREATE INDEX audit_events_action ON audit_events (action, sequence);
CREATE INDEX audit_events_division ON audit_events (division_code, sequence);
CREATE INDEX audit_events_entity ON audit_events (entity_type, entity_id, sequence);
CREATE INDEX audit_events_at ON audit_events (at, sequence);

CREATE TRIGGER audit_events_fixed BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the record cannot be changed');
END;
CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the record cannot be deleted');
END;

-- Answers already given, by the key the client chose; written with the business transaction.
CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL REFERENCES users (id),
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: audit_events.sequence');
END;
