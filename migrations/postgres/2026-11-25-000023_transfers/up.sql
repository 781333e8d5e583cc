-- A resident moves to another county, with all that is open, once somebody there accepts. While it is offered
-- both ends hold; what is accepted has moved as a whole, and runs on as it was. `reason`, `taken_over` and
-- `comment` are sealed.

CREATE TABLE transfers (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    from_division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    to_division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    reason bytea NOT NULL,
    moved_date date NOT NULL,
    offered_by uuid NOT NULL REFERENCES users (id),
    offered_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'cancelled')),
    last_transition integer NOT NULL,
    taken_over bytea,
    from_county_code text COLLATE "C" GENERATED ALWAYS AS (left(from_division_code, 6)) STORED,
    to_county_code text COLLATE "C" GENERATED ALWAYS AS (left(to_division_code, 6)) STORED,
    CHECK (left(from_division_code, 6) <> left(to_division_code, 6)),
    CHECK ((state = 'accepted') = (taken_over IS NOT NULL))
);
CREATE UNIQUE INDEX transfers_open ON transfers (resident_id) WHERE state = 'offered';
CREATE INDEX transfers_resident ON transfers (resident_id, id);
CREATE INDEX transfers_from_county ON transfers (from_county_code, id);
CREATE INDEX transfers_to_county ON transfers (to_county_code, id);
CREATE INDEX transfers_from_division ON transfers (from_division_code, id);
CREATE INDEX transfers_to_division ON transfers (to_division_code, id);
CREATE INDEX transfers_state ON transfers (state, id);
CREATE INDEX transfers_offered_by ON transfers (offered_by);

CREATE TABLE transfer_transitions (
    id uuid NOT NULL PRIMARY KEY,
    transfer_id uuid NOT NULL REFERENCES transfers (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK (action IN ('offer', 'accept') OR comment IS NOT NULL),
    FOREIGN KEY (transfer_id, previous_sequence, from_state) REFERENCES transfer_transitions (transfer_id, sequence, to_state)
);
ALTER TABLE transfers
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES transfer_transitions (transfer_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX transfer_transitions_previous ON transfer_transitions (transfer_id, previous_sequence, from_state);
CREATE INDEX transfer_transitions_actor ON transfer_transitions (actor_id);

-- Two questions that concern every office: who asks may see but a part of a resident's county.
CREATE FUNCTION is_in_transfer(who uuid) RETURNS boolean LANGUAGE sql STABLE SET huican.reach = '{(,)}' AS $$
    SELECT EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = who AND t.state = 'offered')
$$;
CREATE FUNCTION is_transferred(who uuid, from_county text, to_division text) RETURNS boolean
    LANGUAGE sql STABLE SET huican.reach = '{(,)}' AS $$
    SELECT EXISTS (
        SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = who ORDER BY id DESC LIMIT 1) t
        WHERE t.state = 'accepted' AND t.from_county_code = from_county AND t.to_division_code = to_division)
$$;

-- Who is offered is where the offer says.
CREATE FUNCTION refuse_transfer_from() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM residents r WHERE r.id = NEW.resident_id AND r.division_code = NEW.from_division_code) THEN
        RAISE EXCEPTION 'huican.transfer_from_elsewhere';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_from BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_transfer_from();
-- Who offered does not answer, and nobody and nothing open is left behind.
CREATE FUNCTION refuse_transfer_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM transfers t WHERE t.id = NEW.transfer_id AND CASE NEW.action
            WHEN 'offer' THEN t.offered_by = NEW.actor_id
            WHEN 'cancel' THEN true
            ELSE t.offered_by <> NEW.actor_id END)
    THEN
        RAISE EXCEPTION 'huican.transfer_side';
    END IF;
    IF NEW.action = 'accept' AND NOT EXISTS (
        SELECT 1 FROM transfers t
        JOIN residents r ON r.id = t.resident_id AND r.division_code = t.to_division_code
        WHERE t.id = NEW.transfer_id
          AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.resident_id = t.resident_id AND c.division_code <> t.to_division_code
            AND c.state NOT IN ('completed', 'rejected', 'withdrawn', 'terminated'))
          AND NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.resident_id = t.resident_id
            AND e.division_code <> t.to_division_code AND e.state <> 'stopped'))
    THEN
        RAISE EXCEPTION 'huican.transfer_in_part';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfer_transitions_side BEFORE INSERT ON transfer_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_transfer_step();

-- While it is offered both ends hold: no entry in a case's history, no case, no other village.
CREATE FUNCTION refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who uuid;
BEGIN
    who := CASE TG_TABLE_NAME
        WHEN 'residents' THEN (to_jsonb(NEW) ->> 'id')::uuid
        WHEN 'cases' THEN (to_jsonb(NEW) ->> 'resident_id')::uuid
        ELSE (SELECT c.resident_id FROM cases c WHERE c.id = (to_jsonb(NEW) ->> 'case_id')::uuid) END;
    IF is_in_transfer(who) THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_transitions_held BEFORE INSERT ON case_transitions FOR EACH ROW EXECUTE FUNCTION refuse_held();
CREATE TRIGGER cases_held BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse_held();
CREATE TRIGGER residents_held AFTER UPDATE ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION refuse_held();

-- Another county's is only what was accepted there last, and of cases what is open, of benefits what runs: in
-- the same state, from the same month, at the same rate.
CREATE FUNCTION refuse_not_transferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'huican.not_transferred';
END $$;
CREATE TRIGGER residents_moved AFTER UPDATE ON residents FOR EACH ROW
    WHEN (left(NEW.division_code, 6) <> left(OLD.division_code, 6)
        AND NOT is_transferred(NEW.id, left(OLD.division_code, 6), NEW.division_code))
    EXECUTE FUNCTION refuse_not_transferred();
CREATE TRIGGER cases_moved AFTER UPDATE ON cases FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code AND (
        OLD.state IN ('completed', 'rejected', 'withdrawn', 'terminated') OR NEW.state <> OLD.state
        OR NEW.step IS DISTINCT FROM OLD.step OR NEW.due_date IS DISTINCT FROM OLD.due_date
        OR NEW.last_transition <> OLD.last_transition + 1
        OR NOT is_transferred(NEW.resident_id, left(OLD.division_code, 6), NEW.division_code)))
    EXECUTE FUNCTION refuse_not_transferred();
CREATE FUNCTION refuse_unmoved_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM cases c
        JOIN transfers t ON t.id = (SELECT l.id FROM transfers l WHERE l.resident_id = c.resident_id ORDER BY l.id DESC LIMIT 1)
        WHERE c.id = NEW.case_id AND c.last_transition = NEW.sequence
          AND t.state = 'accepted' AND t.to_division_code = c.division_code)
    THEN
        RAISE EXCEPTION 'huican.not_transferred';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_transitions_moved BEFORE INSERT ON case_transitions FOR EACH ROW
    WHEN (NEW.action = 'transfer') EXECUTE FUNCTION refuse_unmoved_entry();
DROP TRIGGER enrollments_fixed ON enrollments;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
        OR NEW.program_code <> OLD.program_code OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen
        OR NEW.created_at <> OLD.created_at)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollments_moved AFTER UPDATE ON enrollments FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code AND (
        OLD.state = 'stopped' OR NEW.state <> OLD.state OR NEW.stop_month IS DISTINCT FROM OLD.stop_month
        OR NOT is_transferred(NEW.resident_id, left(OLD.division_code, 6), NEW.division_code)))
    EXECUTE FUNCTION refuse_change();
-- What a reviewer waits for goes along with the step.
CREATE FUNCTION refuse_supplement_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome IS NULL AND NOT EXISTS (
        SELECT 1 FROM case_transitions t
        WHERE t.case_id = NEW.case_id AND t.sequence = NEW.sequence AND t.action = 'transfer')
    THEN
        RAISE EXCEPTION 'huican.append_only: a request can only be ended, once';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER supplement_requests_only_end ON supplement_requests;
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL OR (NEW.outcome IS NULL) = (NEW.sequence = OLD.sequence)
        OR (NEW.id, NEW.case_id, NEW.what, NEW.due_date, NEW.remaining_days, NEW.requested_by, NEW.requested_at)
           IS DISTINCT FROM
           (OLD.id, OLD.case_id, OLD.what, OLD.due_date, OLD.remaining_days, OLD.requested_by, OLD.requested_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER supplement_requests_moved BEFORE UPDATE ON supplement_requests
    FOR EACH ROW EXECUTE FUNCTION refuse_supplement_change();

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER transfers_fixed BEFORE UPDATE ON transfers FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.from_division_code, NEW.to_division_code, NEW.moved_date, NEW.offered_by, NEW.offered_at)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.from_division_code, OLD.to_division_code, OLD.moved_date, OLD.offered_by, OLD.offered_at)
        OR NEW.last_transition < OLD.last_transition
        OR (NEW.reason <> OLD.reason AND substr(NEW.reason, 2, 2) <= substr(OLD.reason, 2, 2))
        OR (NEW.taken_over <> OLD.taken_over AND substr(NEW.taken_over, 2, 2) <= substr(OLD.taken_over, 2, 2)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_keep BEFORE DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_keep_all BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_transitions_fixed BEFORE UPDATE ON transfer_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.transfer_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
        IS DISTINCT FROM
        (OLD.id, OLD.transfer_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_transitions_keep BEFORE DELETE ON transfer_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_transitions_keep_all BEFORE TRUNCATE ON transfer_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_transfers CHECK (' ' || permits || ' ' NOT LIKE '% transfer.act %');

GRANT SELECT, INSERT ON transfers, transfer_transitions TO huican_service;
GRANT UPDATE (state, last_transition, reason, taken_over) ON transfers TO huican_service;
GRANT UPDATE (comment) ON transfer_transitions TO huican_service;
GRANT UPDATE (sequence) ON supplement_requests TO huican_service;

-- Both ends see it.
ALTER TABLE transfers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON transfers
    USING (CASE WHEN from_division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange)
        OR to_division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE transfer_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON transfer_transitions
    USING (EXISTS (SELECT 1 FROM transfers t WHERE t.id = transfer_id));
-- A notice that was published at the old end is ended from where its case goes on.
DROP POLICY reach ON public_notices;
CREATE POLICY reach ON public_notices
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id) END);
