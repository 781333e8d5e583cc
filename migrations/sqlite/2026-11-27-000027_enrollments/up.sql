-- What became of an enrollment, month by month. Each entry says from which month on it counts, and from then on it
-- overrides the entries before it; `at` is when the office knew. An enrollment's state and last month are a
-- foreign key into its last entry. `comment` is sealed.

-- What may not run beside each other: the programs of one group, and otherwise a program beside itself.
ALTER TABLE programs ADD COLUMN exclusive_key TEXT GENERATED ALWAYS AS (coalesce(exclusive_group, code)) VIRTUAL;
CREATE UNIQUE INDEX programs_exclusive ON programs (code, exclusive_key);

-- Views and triggers name the table that is made anew, and go on with the new one.
PRAGMA legacy_alter_table = ON;
CREATE TABLE enrollments_anew (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    case_id BLOB NOT NULL,
    program_code TEXT NOT NULL,
    exclusive_key TEXT NOT NULL,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'stopped')),
    start_month TEXT NOT NULL CHECK (length(start_month) = 7),
    stop_month TEXT CHECK (length(stop_month) = 7),
    rate_fen INTEGER NOT NULL CHECK (rate_fen > 0),
    last_transition INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL,
    CHECK ((state = 'stopped') = (stop_month IS NOT NULL)),
    -- Of what stops before it began nothing is paid: the last month is the one before the first.
    CHECK (CAST(substr(stop_month, 1, 4) AS INTEGER) * 12 + CAST(substr(stop_month, 6, 2) AS INTEGER) + 1
        >= CAST(substr(start_month, 1, 4) AS INTEGER) * 12 + CAST(substr(start_month, 6, 2) AS INTEGER)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (program_code, exclusive_key) REFERENCES programs (code, exclusive_key),
    FOREIGN KEY (id, last_transition, state) REFERENCES enrollment_transitions (enrollment_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (id, last_transition, stop_month) REFERENCES enrollment_transitions (enrollment_id, sequence, stop_month) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE enrollment_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    enrollment_id BLOB NOT NULL REFERENCES enrollments (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- From this month on it counts.
    effective_month TEXT NOT NULL CHECK (length(effective_month) = 7),
    -- Of a stop: the last month that is paid for.
    stop_month TEXT CHECK (length(stop_month) = 7),
    reason TEXT NOT NULL CHECK (reason IN (
        'approved', 'review_passed', 'death', 'missing', 'moved_away', 'certificate_ended', 'imprisoned', 'review_failed',
        'income_changed', 'voluntary', 'extreme_poverty_support', 'work_injury_care', 'other_allowance', 'period_ended',
        'error', 'other')),
    comment BLOB,
    actor_id BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK ((action = 'stop') = (stop_month IS NOT NULL)),
    CHECK (CAST(substr(stop_month, 1, 4) AS INTEGER) * 12 + CAST(substr(stop_month, 6, 2) AS INTEGER) + 1
        = CAST(substr(effective_month, 1, 4) AS INTEGER) * 12 + CAST(substr(effective_month, 6, 2) AS INTEGER)),
    FOREIGN KEY (enrollment_id, previous_sequence, from_state) REFERENCES enrollment_transitions (enrollment_id, sequence, to_state)
) STRICT;
CREATE INDEX enrollment_transitions_previous ON enrollment_transitions (enrollment_id, previous_sequence, from_state);
CREATE INDEX enrollment_transitions_actor ON enrollment_transitions (actor_id);

INSERT INTO enrollments_anew (id, resident_id, case_id, program_code, exclusive_key, division_code, state, start_month, stop_month,
    rate_fen, last_transition, version, created_at, updated_at)
SELECT e.id, e.resident_id, e.case_id, e.program_code, p.exclusive_key, e.division_code, e.state, e.start_month, e.stop_month,
    e.rate_fen, CASE e.state WHEN 'stopped' THEN 2 ELSE 1 END, e.version, e.created_at, e.updated_at
FROM enrollments e JOIN programs p ON p.code = e.program_code;
DROP TABLE enrollments;
ALTER TABLE enrollments_anew RENAME TO enrollments;
PRAGMA legacy_alter_table = OFF;

-- What happened before there was a history: opened by who approved, stopped by who stopped the case.
INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, to_state, effective_month, reason, actor_id, at)
SELECT randomblob(16), e.id, 1, 'open', 'active', e.start_month, 'approved', coalesce(
    (SELECT t.actor_id FROM case_transitions t WHERE t.case_id = e.case_id AND t.action = 'approve' AND t.at <= e.created_at
     ORDER BY t.sequence DESC LIMIT 1), c.created_by), e.created_at
FROM enrollments e JOIN cases c ON c.id = e.case_id;
INSERT INTO enrollment_transitions (id, enrollment_id, sequence, action, previous_sequence, from_state, to_state, effective_month,
    stop_month, reason, actor_id, at)
SELECT randomblob(16), e.id, 2, 'stop', 1, 'active', 'stopped', strftime('%Y-%m', e.stop_month || '-01', '+1 month'),
    e.stop_month, 'other', coalesce(
    (SELECT t.actor_id FROM case_transitions t WHERE t.case_id = e.case_id AND t.action = 'terminate' AND t.at <= e.updated_at
     ORDER BY t.sequence DESC LIMIT 1), c.created_by), e.updated_at
FROM enrollments e JOIN cases c ON c.id = e.case_id WHERE e.state = 'stopped';

CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, exclusive_key) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_resident ON enrollments (resident_id, id);
CREATE INDEX enrollments_county ON enrollments (county_code, id);
CREATE INDEX enrollments_division ON enrollments (division_code, id);
CREATE INDEX enrollments_program ON enrollments (program_code, id);
CREATE INDEX enrollments_exclusive ON enrollments (program_code, exclusive_key);
CREATE INDEX enrollments_case ON enrollments (case_id, resident_id);

-- Only an approved case opens an enrollment.
CREATE TRIGGER enrollments_from_approval BEFORE INSERT ON enrollments
WHEN NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.state = 'approved' AND c.program_code = NEW.program_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.enrollment_without_approval');
END;
-- Nor for a month in which another of its group ran, of whichever record of the person.
CREATE TRIGGER enrollments_exclude BEFORE INSERT ON enrollments
WHEN EXISTS (
    SELECT 1 FROM residents r
    JOIN residents o ON o.id = coalesce(r.merged_into_id, r.id) OR o.merged_into_id = coalesce(r.merged_into_id, r.id)
    JOIN enrollments e ON e.resident_id = o.id AND e.exclusive_key = NEW.exclusive_key AND e.id <> NEW.id
    WHERE r.id = NEW.resident_id
      AND e.start_month <= coalesce(NEW.stop_month, e.start_month)
      AND NEW.start_month <= coalesce(e.stop_month, NEW.start_month)
      AND e.start_month <= coalesce(e.stop_month, e.start_month))
BEGIN
    SELECT RAISE(ABORT, 'huican.enrollment_exclusive');
END;
CREATE TRIGGER enrollments_keep BEFORE DELETE ON enrollments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: enrollments are never deleted');
END;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.exclusive_key <> OLD.exclusive_key OR NEW.start_month <> OLD.start_month
  OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at OR NEW.last_transition < OLD.last_transition
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
CREATE TRIGGER enrollments_moved BEFORE UPDATE ON enrollments
WHEN NEW.division_code <> OLD.division_code AND (
    OLD.state = 'stopped' OR NEW.state <> OLD.state OR NEW.stop_month IS NOT OLD.stop_month
    OR NEW.last_transition <> OLD.last_transition OR NOT EXISTS (
        SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = NEW.resident_id ORDER BY id DESC LIMIT 1) t
        WHERE t.state = 'accepted' AND t.from_county_code = substr(OLD.division_code, 1, 6) AND t.to_division_code = NEW.division_code))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER enrollments_no_replace BEFORE INSERT ON enrollments
WHEN EXISTS (SELECT 1 FROM enrollments WHERE id = NEW.id
    OR (resident_id = NEW.resident_id AND exclusive_key = NEW.exclusive_key AND state <> 'stopped' AND NEW.state <> 'stopped'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollments.resident_id');
END;

-- An entry says where its enrollment then stands, and counts from no month before the first.
CREATE TRIGGER enrollment_transitions_stand BEFORE INSERT ON enrollment_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM enrollments e
    WHERE e.id = NEW.enrollment_id AND e.last_transition >= NEW.sequence AND NEW.effective_month >= e.start_month
      AND (NEW.action <> 'open' OR NEW.effective_month = e.start_month))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its enrollment then stands');
END;
-- What stopped may be found to have stopped earlier, but not later.
CREATE TRIGGER enrollment_transitions_earlier BEFORE INSERT ON enrollment_transitions
WHEN NEW.from_state = 'stopped' AND NOT EXISTS (
    SELECT 1 FROM enrollment_transitions p
    WHERE p.enrollment_id = NEW.enrollment_id AND p.sequence = NEW.previous_sequence AND p.stop_month > NEW.stop_month)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what stopped is found to have stopped earlier, or not at all');
END;
CREATE TRIGGER enrollment_transitions_held BEFORE INSERT ON enrollment_transitions
WHEN EXISTS (
    SELECT 1 FROM enrollments e JOIN transfers t ON t.resident_id = e.resident_id AND t.state = 'offered'
    WHERE e.id = NEW.enrollment_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER enrollment_transitions_recused BEFORE INSERT ON enrollment_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT resident_id FROM enrollments WHERE id = NEW.enrollment_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER enrollment_transitions_fixed BEFORE UPDATE ON enrollment_transitions
WHEN NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.sequence <> OLD.sequence OR NEW.action <> OLD.action
  OR NEW.previous_sequence IS NOT OLD.previous_sequence OR NEW.from_state IS NOT OLD.from_state OR NEW.to_state <> OLD.to_state
  OR NEW.effective_month <> OLD.effective_month OR NEW.stop_month IS NOT OLD.stop_month OR NEW.reason <> OLD.reason
  OR NEW.actor_id <> OLD.actor_id OR NEW.at <> OLD.at
  OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER enrollment_transitions_keep BEFORE DELETE ON enrollment_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER enrollment_transitions_no_replace BEFORE INSERT ON enrollment_transitions
WHEN EXISTS (SELECT 1 FROM enrollment_transitions
    WHERE id = NEW.id OR (enrollment_id = NEW.enrollment_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollment_transitions.enrollment_id');
END;

-- Nobody has two of a program, nor two of a group that run, once the two are one.
DROP TRIGGER resident_merges_conflict;
CREATE TRIGGER resident_merges_conflict BEFORE UPDATE ON resident_merges
WHEN NEW.kind = 'merge' AND NEW.state = 'approved' AND OLD.state = 'proposed' AND (EXISTS (
    SELECT 1 FROM taken_programs d
    WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
        SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
            OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
  OR EXISTS (
    SELECT 1 FROM enrollments d
    WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
        SELECT k.exclusive_key FROM enrollments k WHERE k.state IN ('active', 'suspended') AND (k.resident_id = NEW.kept_id
            OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))))
BEGIN
    SELECT RAISE(ABORT, 'huican.merge_conflict');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_enrollments BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% enrollment.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
