-- A resident moves to another county, with all that is open, once somebody there accepts. While it is offered
-- both ends hold; what is accepted has moved as a whole, and runs on as it was. `reason`, `taken_over` and
-- `comment` are sealed.

CREATE TABLE transfers (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    from_division_code TEXT NOT NULL REFERENCES divisions (code),
    to_division_code TEXT NOT NULL REFERENCES divisions (code),
    reason BLOB NOT NULL,
    moved_date TEXT NOT NULL,
    offered_by BLOB NOT NULL REFERENCES users (id),
    offered_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'cancelled')),
    last_transition INTEGER NOT NULL,
    taken_over BLOB,
    from_county_code TEXT GENERATED ALWAYS AS (substr(from_division_code, 1, 6)) STORED,
    to_county_code TEXT GENERATED ALWAYS AS (substr(to_division_code, 1, 6)) STORED,
    CHECK (substr(from_division_code, 1, 6) <> substr(to_division_code, 1, 6)),
    CHECK ((state = 'accepted') = (taken_over IS NOT NULL)),
    FOREIGN KEY (id, last_transition, state) REFERENCES transfer_transitions (transfer_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX transfers_open ON transfers (resident_id) WHERE state = 'offered';
CREATE INDEX transfers_resident ON transfers (resident_id, id);
CREATE INDEX transfers_from_county ON transfers (from_county_code, id);
CREATE INDEX transfers_to_county ON transfers (to_county_code, id);
CREATE INDEX transfers_from_division ON transfers (from_division_code, id);
CREATE INDEX transfers_to_division ON transfers (to_division_code, id);
CREATE INDEX transfers_state ON transfers (state, id);
CREATE INDEX transfers_offered_by ON transfers (offered_by);

CREATE TABLE transfer_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    transfer_id BLOB NOT NULL REFERENCES transfers (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
    UNIQUE (transfer_id, sequence),
    UNIQUE (transfer_id, sequence, to_state),
    CHECK ((action = 'offer') = (sequence = 1)),
    CHECK ((action = 'offer') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'offer' THEN to_state = 'offered'
        WHEN 'accept' THEN to_state = 'accepted' AND from_state = 'offered'
        WHEN 'decline' THEN to_state = 'declined' AND from_state = 'offered'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state = 'offered'
        ELSE 1 = 0 END),
    CHECK (action IN ('offer', 'accept') OR comment IS NOT NULL),
    FOREIGN KEY (transfer_id, previous_sequence, from_state) REFERENCES transfer_transitions (transfer_id, sequence, to_state)
) STRICT;
CREATE INDEX transfer_transitions_previous ON transfer_transitions (transfer_id, previous_sequence, from_state);
CREATE INDEX transfer_transitions_actor ON transfer_transitions (actor_id);

-- Who is offered is where the offer says.
CREATE TRIGGER transfers_from BEFORE INSERT ON transfers
WHEN NOT EXISTS (SELECT 1 FROM residents r WHERE r.id = NEW.resident_id AND r.division_code = NEW.from_division_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.transfer_from_elsewhere');
END;
-- Who offered does not answer.
CREATE TRIGGER transfer_transitions_side BEFORE INSERT ON transfer_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM transfers t WHERE t.id = NEW.transfer_id AND CASE NEW.action
        WHEN 'offer' THEN t.offered_by = NEW.actor_id
        WHEN 'cancel' THEN 1 = 1
        ELSE t.offered_by <> NEW.actor_id END)
BEGIN
    SELECT RAISE(ABORT, 'huican.transfer_side');
END;
-- Nobody and nothing open is left behind.
CREATE TRIGGER transfer_transitions_whole BEFORE INSERT ON transfer_transitions
WHEN NEW.action = 'accept' AND NOT EXISTS (
    SELECT 1 FROM transfers t
    JOIN residents r ON r.id = t.resident_id AND r.division_code = t.to_division_code
    WHERE t.id = NEW.transfer_id
      AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.resident_id = t.resident_id AND c.division_code <> t.to_division_code
        AND c.state NOT IN ('completed', 'rejected', 'withdrawn', 'terminated'))
      AND NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.resident_id = t.resident_id
        AND e.division_code <> t.to_division_code AND e.state <> 'stopped'))
BEGIN
    SELECT RAISE(ABORT, 'huican.transfer_in_part');
END;

-- While it is offered both ends hold: no entry in a case's history, no case, no other village.
CREATE TRIGGER case_transitions_held BEFORE INSERT ON case_transitions
WHEN EXISTS (SELECT 1 FROM cases c JOIN transfers t ON t.resident_id = c.resident_id AND t.state = 'offered' WHERE c.id = NEW.case_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER cases_held BEFORE INSERT ON cases
WHEN EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = NEW.resident_id AND t.state = 'offered')
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER residents_held BEFORE UPDATE ON residents
WHEN NEW.division_code <> OLD.division_code
  AND EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = NEW.id AND t.state = 'offered')
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;

-- Another county's is only what was accepted there last, and of cases what is open, of benefits what runs: in
-- the same state, from the same month, at the same rate.
CREATE TRIGGER residents_moved BEFORE UPDATE ON residents
WHEN substr(NEW.division_code, 1, 6) <> substr(OLD.division_code, 1, 6) AND NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = NEW.id ORDER BY id DESC LIMIT 1) t
    WHERE t.state = 'accepted' AND t.from_county_code = substr(OLD.division_code, 1, 6) AND t.to_division_code = NEW.division_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.not_transferred');
END;
CREATE TRIGGER cases_moved BEFORE UPDATE ON cases
WHEN NEW.division_code <> OLD.division_code AND (
    OLD.state IN ('completed', 'rejected', 'withdrawn', 'terminated') OR NEW.state <> OLD.state OR NEW.step IS NOT OLD.step
    OR NEW.due_date IS NOT OLD.due_date OR NEW.last_transition <> OLD.last_transition + 1 OR NOT EXISTS (
        SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = NEW.resident_id ORDER BY id DESC LIMIT 1) t
        WHERE t.state = 'accepted' AND t.from_county_code = substr(OLD.division_code, 1, 6) AND t.to_division_code = NEW.division_code))
BEGIN
    SELECT RAISE(ABORT, 'huican.not_transferred');
END;
CREATE TRIGGER case_transitions_moved BEFORE INSERT ON case_transitions
WHEN NEW.action = 'transfer' AND NOT EXISTS (
    SELECT 1 FROM cases c
    JOIN transfers t ON t.id = (SELECT l.id FROM transfers l WHERE l.resident_id = c.resident_id ORDER BY l.id DESC LIMIT 1)
    WHERE c.id = NEW.case_id AND c.last_transition = NEW.sequence
      AND t.state = 'accepted' AND t.to_division_code = c.division_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.not_transferred');
END;
DROP TRIGGER enrollments_fixed;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen
  OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
CREATE TRIGGER enrollments_moved BEFORE UPDATE ON enrollments
WHEN NEW.division_code <> OLD.division_code AND (
    OLD.state = 'stopped' OR NEW.state <> OLD.state OR NEW.stop_month IS NOT OLD.stop_month OR NOT EXISTS (
        SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = NEW.resident_id ORDER BY id DESC LIMIT 1) t
        WHERE t.state = 'accepted' AND t.from_county_code = substr(OLD.division_code, 1, 6) AND t.to_division_code = NEW.division_code))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
-- What a reviewer waits for goes along with the step.
DROP TRIGGER supplement_requests_only_end;
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests
WHEN OLD.outcome IS NOT NULL OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.what <> OLD.what
  OR NEW.due_date <> OLD.due_date OR NEW.remaining_days <> OLD.remaining_days OR NEW.requested_by <> OLD.requested_by
  OR NEW.requested_at <> OLD.requested_at OR (NEW.outcome IS NULL) = (NEW.sequence = OLD.sequence)
  OR (NEW.outcome IS NULL AND NOT EXISTS (SELECT 1 FROM case_transitions t
        WHERE t.case_id = NEW.case_id AND t.sequence = NEW.sequence AND t.action = 'transfer'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a request can only be ended, once');
END;

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER transfers_fixed BEFORE UPDATE ON transfers
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.from_division_code <> OLD.from_division_code
  OR NEW.to_division_code <> OLD.to_division_code OR NEW.moved_date <> OLD.moved_date OR NEW.offered_by <> OLD.offered_by
  OR NEW.offered_at <> OLD.offered_at OR NEW.last_transition < OLD.last_transition
  OR (NEW.reason <> OLD.reason AND substr(NEW.reason, 2, 2) <= substr(OLD.reason, 2, 2))
  OR (NEW.taken_over <> OLD.taken_over AND substr(NEW.taken_over, 2, 2) <= substr(OLD.taken_over, 2, 2))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a transfer is about does not change');
END;
CREATE TRIGGER transfers_keep BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: transfers are never deleted');
END;
CREATE TRIGGER transfers_no_replace BEFORE INSERT ON transfers
WHEN EXISTS (SELECT 1 FROM transfers WHERE id = NEW.id
    OR (resident_id = NEW.resident_id AND state = 'offered' AND NEW.state = 'offered'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: transfers.resident_id');
END;
CREATE TRIGGER transfer_transitions_fixed BEFORE UPDATE ON transfer_transitions
WHEN NEW.id <> OLD.id OR NEW.transfer_id <> OLD.transfer_id OR NEW.sequence <> OLD.sequence OR NEW.action <> OLD.action
  OR NEW.previous_sequence IS NOT OLD.previous_sequence OR NEW.from_state IS NOT OLD.from_state
  OR NEW.to_state <> OLD.to_state OR NEW.actor_id <> OLD.actor_id OR NEW.at <> OLD.at
  OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER transfer_transitions_keep BEFORE DELETE ON transfer_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER transfer_transitions_no_replace BEFORE INSERT ON transfer_transitions
WHEN EXISTS (SELECT 1 FROM transfer_transitions
    WHERE id = NEW.id OR (transfer_id = NEW.transfer_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: transfer_transitions.transfer_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_transfers BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% transfer.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
