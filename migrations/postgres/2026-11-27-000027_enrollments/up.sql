-- What became of an enrollment, month by month. Each entry says from which month on it counts, and from then on it
-- overrides the entries before it; `at` is when the office knew. An enrollment's state and last month are a
-- foreign key into its last entry. `comment` is sealed.

-- Whoever owns the tables sees what lies in them.
SET LOCAL huican.reach = '{(,)}';

-- What may not run beside each other: the programs of one group, and otherwise a program beside itself.
ALTER TABLE programs ADD COLUMN exclusive_key text COLLATE "C" GENERATED ALWAYS AS (coalesce(exclusive_group COLLATE "C", code)) STORED;
CREATE UNIQUE INDEX programs_exclusive ON programs (code, exclusive_key);

CREATE TABLE enrollment_transitions (
    id uuid NOT NULL PRIMARY KEY,
    enrollment_id uuid NOT NULL REFERENCES enrollments (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- From this month on it counts.
    effective_month text COLLATE "C" NOT NULL CHECK (length(effective_month) = 7),
    -- Of a stop: the last month that is paid for.
    stop_month text COLLATE "C" CHECK (length(stop_month) = 7),
    reason text NOT NULL CHECK (reason IN (
        'approved', 'review_passed', 'death', 'missing', 'moved_away', 'certificate_ended', 'imprisoned', 'review_failed',
        'income_changed', 'voluntary', 'extreme_poverty_support', 'work_injury_care', 'other_allowance', 'period_ended',
        'error', 'other')),
    comment bytea,
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
    UNIQUE (enrollment_id, sequence),
    UNIQUE (enrollment_id, sequence, to_state),
    UNIQUE (enrollment_id, sequence, stop_month),
    CHECK ((action = 'open') = (sequence = 1)),
    CHECK ((action = 'open') = (previous_sequence IS NULL)),
    CHECK ((action = 'open') = (reason = 'approved')),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says; what is stopped may be found to have stopped earlier.
    CHECK (CASE action
        WHEN 'open' THEN to_state = 'active'
        WHEN 'suspend' THEN to_state = 'suspended' AND from_state = 'active'
        WHEN 'resume' THEN to_state = 'active' AND from_state = 'suspended'
        WHEN 'stop' THEN to_state = 'stopped'
        ELSE false END),
    CHECK ((action = 'stop') = (stop_month IS NOT NULL)),
    CHECK (left(stop_month, 4)::integer * 12 + right(stop_month, 2)::integer + 1
        = left(effective_month, 4)::integer * 12 + right(effective_month, 2)::integer),
    FOREIGN KEY (enrollment_id, previous_sequence, from_state) REFERENCES enrollment_transitions (enrollment_id, sequence, to_state)
);
CREATE INDEX enrollment_transitions_previous ON enrollment_transitions (enrollment_id, previous_sequence, from_state);
CREATE INDEX enrollment_transitions_actor ON enrollment_transitions (actor_id);

ALTER TABLE enrollments ADD COLUMN exclusive_key text COLLATE "C", ADD COLUMN last_transition integer;
UPDATE enrollments e SET exclusive_key = p.exclusive_key, last_transition = CASE e.state WHEN 'stopped' THEN 2 ELSE 1 END
FROM programs p WHERE p.code = e.program_code;
-- What happened before there was a history: opened by who approved, stopped by who stopped the case.
INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, to_state, effective_month, reason, actor_id, at)
SELECT gen_random_uuid(), e.id, 1, 'open', 'active', e.start_month, 'approved', coalesce(
    (SELECT t.actor_id FROM case_transitions t WHERE t.case_id = e.case_id AND t.action = 'approve' AND t.at <= e.created_at
     ORDER BY t.sequence DESC LIMIT 1), c.created_by), e.created_at
FROM enrollments e JOIN cases c ON c.id = e.case_id;
INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, previous_sequence, from_state, to_state, effective_month,
    stop_month, reason, actor_id, at)
SELECT gen_random_uuid(), e.id, 2, 'stop', 1, 'active', 'stopped',
    to_char((e.stop_month || '-01')::date + interval '1 month', 'YYYY-MM'), e.stop_month, 'other', coalesce(
    (SELECT t.actor_id FROM case_transitions t WHERE t.case_id = e.case_id AND t.action = 'terminate' AND t.at <= e.updated_at
     ORDER BY t.sequence DESC LIMIT 1), c.created_by), e.updated_at
FROM enrollments e JOIN cases c ON c.id = e.case_id WHERE e.state = 'stopped';
-- Nothing waits for the end of this transaction, or the tables could not be altered.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

ALTER TABLE enrollments
    ALTER COLUMN exclusive_key SET NOT NULL,
    ALTER COLUMN last_transition SET NOT NULL,
    DROP CONSTRAINT enrollments_check,
    ADD CONSTRAINT enrollments_stopped CHECK ((state = 'stopped') = (stop_month IS NOT NULL)),
    -- Of what stops before it began nothing is paid: the last month is the one before the first.
    ADD CONSTRAINT enrollments_months CHECK (left(stop_month, 4)::integer * 12 + right(stop_month, 2)::integer + 1
        >= left(start_month, 4)::integer * 12 + right(start_month, 2)::integer),
    DROP CONSTRAINT enrollments_program_code_fkey,
    ADD CONSTRAINT enrollments_program_fkey FOREIGN KEY (program_code, exclusive_key) REFERENCES programs (code, exclusive_key),
    ADD CONSTRAINT enrollments_state_fkey FOREIGN KEY (id, last_transition, state)
        REFERENCES enrollment_transitions (enrollment_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT enrollments_stop_fkey FOREIGN KEY (id, last_transition, stop_month)
        REFERENCES enrollment_transitions (enrollment_id, sequence, stop_month) DEFERRABLE INITIALLY DEFERRED;
DROP INDEX enrollments_one_active;
CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, exclusive_key) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_exclusive ON enrollments (program_code, exclusive_key);

-- What concerns every office: who asks may see but one of a person's records.
-- Nothing begins in a month in which another of its group ran, of whichever record of the person.
CREATE FUNCTION refuse_excluded_enrollment() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    kept uuid;
BEGIN
    SELECT coalesce(r.merged_into_id, r.id) INTO kept FROM residents r WHERE r.id = NEW.resident_id;
    -- Two of one person wait for each other, and a merge waits for both.
    PERFORM 1 FROM residents r WHERE r.id IN (kept, NEW.resident_id) ORDER BY r.id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM enrollments e
        WHERE e.resident_id IN (
            SELECT o.id FROM residents o WHERE o.id = kept
            UNION ALL SELECT o.id FROM residents o WHERE o.merged_into_id = kept)
          AND e.exclusive_key = NEW.exclusive_key AND e.id <> NEW.id
          AND e.start_month <= coalesce(NEW.stop_month, e.start_month)
          AND NEW.start_month <= coalesce(e.stop_month, NEW.start_month)
          AND e.start_month <= coalesce(e.stop_month, e.start_month))
    THEN
        RAISE EXCEPTION 'huican.enrollment_exclusive';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollments_exclude BEFORE INSERT ON enrollments
    FOR EACH ROW EXECUTE FUNCTION refuse_excluded_enrollment();
DROP TRIGGER enrollments_fixed ON enrollments;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.case_id, NEW.program_code, NEW.exclusive_key, NEW.start_month, NEW.rate_fen, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.case_id, OLD.program_code, OLD.exclusive_key, OLD.start_month, OLD.rate_fen, OLD.created_at)
        OR NEW.last_transition < OLD.last_transition)
    EXECUTE FUNCTION refuse_change();
DROP TRIGGER enrollments_moved ON enrollments;
CREATE TRIGGER enrollments_moved AFTER UPDATE ON enrollments FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code AND (
        OLD.state = 'stopped' OR NEW.state <> OLD.state OR NEW.stop_month IS DISTINCT FROM OLD.stop_month
        OR NEW.last_transition <> OLD.last_transition
        OR NOT is_transferred(NEW.resident_id, left(OLD.division_code, 6), NEW.division_code)))
    EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_enrollment_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e enrollments%ROWTYPE;
BEGIN
    SELECT * INTO e FROM enrollments WHERE id = NEW.enrollment_id;
    -- An entry says where its enrollment then stands, and counts from no month before the first.
    IF NOT coalesce(e.last_transition >= NEW.sequence AND NEW.effective_month >= e.start_month
        AND (NEW.action <> 'open' OR NEW.effective_month = e.start_month), false)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its enrollment then stands';
    END IF;
    -- What stopped may be found to have stopped earlier, but not later.
    IF NEW.from_state = 'stopped' AND NOT EXISTS (
        SELECT 1 FROM enrollment_transitions p
        WHERE p.enrollment_id = NEW.enrollment_id AND p.sequence = NEW.previous_sequence AND p.stop_month > NEW.stop_month)
    THEN
        RAISE EXCEPTION 'huican.append_only: what stopped is found to have stopped earlier, or not at all';
    END IF;
    IF is_in_transfer(e.resident_id) THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_recused(NEW.actor_id, e.case_id, NULL) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollment_transitions_stand BEFORE INSERT ON enrollment_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_enrollment_entry();
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER enrollment_transitions_fixed BEFORE UPDATE ON enrollment_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.enrollment_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state,
            NEW.effective_month, NEW.stop_month, NEW.reason, NEW.actor_id, NEW.at)
        IS DISTINCT FROM
        (OLD.id, OLD.enrollment_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state,
            OLD.effective_month, OLD.stop_month, OLD.reason, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollment_transitions_keep BEFORE DELETE ON enrollment_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollment_transitions_keep_all BEFORE TRUNCATE ON enrollment_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One open case per person and program, whichever of their records it is of, and wherever that lies.
CREATE OR REPLACE FUNCTION refuse_second_open_case() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM residents r JOIN residents o
          ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
        JOIN taken_programs t ON t.resident_id = o.id AND t.program_code = NEW.program_code
        WHERE r.id = NEW.resident_id)
    THEN
        RAISE EXCEPTION 'huican.case_open';
    END IF;
    RETURN NEW;
END $$;
-- Nobody has two of a program, nor two of a group that run, once the two are one.
CREATE OR REPLACE FUNCTION refuse_conflicting_merge() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- A case that is opened meanwhile waits, and is then asked itself.
    PERFORM 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY r.id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM taken_programs d
        WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
            SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
      OR EXISTS (
        SELECT 1 FROM enrollments d
        WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
            SELECT k.exclusive_key FROM enrollments k WHERE k.state IN ('active', 'suspended') AND (k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id))))
    THEN
        RAISE EXCEPTION 'huican.merge_conflict';
    END IF;
    RETURN NEW;
END $$;

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_enrollments CHECK (' ' || permits || ' ' NOT LIKE '% enrollment.act %');

GRANT SELECT, INSERT ON enrollment_transitions TO huican_service;
GRANT UPDATE (comment) ON enrollment_transitions TO huican_service;

-- Seen where the enrollment is: what went to another office took its history along.
ALTER TABLE enrollment_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON enrollment_transitions
    USING (EXISTS (SELECT 1 FROM enrollments e WHERE e.id = enrollment_id));

SET LOCAL huican.reach = '';
