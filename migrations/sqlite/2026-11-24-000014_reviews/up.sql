-- Recusal and tasks. Who is tied to a resident, by own declaration or by what the office sees, takes no
-- step of that resident's cases; a step that waits for somebody is a task, assigned by rule or by hand.

ALTER TABLE users ADD COLUMN phone BLOB;
ALTER TABLE users ADD COLUMN phone_index BLOB CHECK ((phone IS NULL) = (phone_index IS NULL));
CREATE INDEX users_phone ON users (phone_index);

-- Declared by the user. Somebody else may end it, with a reason.
CREATE TABLE user_relations (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    relation TEXT NOT NULL CHECK (relation IN (
        'self', 'spouse', 'parent', 'child', 'sibling', 'other_relative', 'friend_or_interest')),
    reason TEXT,
    declared_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by BLOB REFERENCES users (id),
    end_reason TEXT CHECK (end_reason <> ''),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (ended_by <> user_id)
) STRICT;
CREATE UNIQUE INDEX user_relations_open ON user_relations (user_id, resident_id) WHERE ended_at IS NULL;
CREATE INDEX user_relations_user ON user_relations (user_id);
CREATE INDEX user_relations_resident ON user_relations (resident_id, id);
CREATE INDEX user_relations_ended_by ON user_relations (ended_by);
CREATE TRIGGER user_relations_only_end BEFORE UPDATE ON user_relations
WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id
  OR NEW.resident_id <> OLD.resident_id OR NEW.relation <> OLD.relation OR NEW.reason IS NOT OLD.reason
  OR NEW.declared_at <> OLD.declared_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a relation can only be ended, once');
END;
CREATE TRIGGER user_relations_keep BEFORE DELETE ON user_relations
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: relations are never deleted');
END;
CREATE TRIGGER user_relations_no_replace BEFORE INSERT ON user_relations
WHEN EXISTS (SELECT 1 FROM user_relations WHERE id = NEW.id
    OR (user_id = NEW.user_id AND resident_id = NEW.resident_id AND ended_at IS NULL AND NEW.ended_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: user_relations.user_id');
END;

-- Whether a user keeps off a duty, as `casework/recusals/store.rs` says it of many at once: whatever
-- else shows a relation is added to all. A village liaison files for everybody but themself.
CREATE TRIGGER case_duties_recused BEFORE INSERT ON case_duties
WHEN EXISTS (
    SELECT 1 FROM (
        SELECT d.relation FROM cases c
        JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = NEW.user_id AND d.ended_at IS NULL
        WHERE c.id = NEW.case_id
        UNION ALL
        SELECT 'same_phone' FROM cases c
        JOIN residents r ON r.id = c.resident_id
        JOIN users u ON u.id = NEW.user_id AND u.phone_index = r.phone_index
        WHERE c.id = NEW.case_id) tie
    WHERE tie.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.user_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- Whoever took a duty before the relation was known acts on it no more.
CREATE TRIGGER case_transitions_recused BEFORE INSERT ON case_transitions
WHEN EXISTS (
    SELECT 1 FROM (
        SELECT d.relation FROM cases c
        JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = NEW.actor_id AND d.ended_at IS NULL
        WHERE c.id = NEW.case_id
        UNION ALL
        SELECT 'same_phone' FROM cases c
        JOIN residents r ON r.id = c.resident_id
        JOIN users u ON u.id = NEW.actor_id AND u.phone_index = r.phone_index
        WHERE c.id = NEW.case_id) tie
    WHERE tie.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;

-- A review step that waits for somebody, begun by an entry of the case's history.
CREATE TABLE tasks (
    case_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    resident_id BLOB NOT NULL,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    round INTEGER NOT NULL,
    step TEXT NOT NULL,
    role TEXT NOT NULL,
    due_date TEXT NOT NULL,
    assignee_id BLOB REFERENCES users (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    done_at INTEGER,
    -- When it was said that the day comes near, and that it is past.
    soon_reminded_at INTEGER,
    late_reminded_at INTEGER,
    -- Since when its clock stands still.
    paused_at INTEGER,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    PRIMARY KEY (case_id, sequence),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, sequence, step) REFERENCES case_transitions (case_id, sequence, to_step),
    FOREIGN KEY (case_id, sequence, round) REFERENCES case_transitions (case_id, sequence, round)
) STRICT;
CREATE UNIQUE INDEX tasks_open ON tasks (case_id) WHERE done_at IS NULL;
-- Lists go by due date: of a person, of a role in a county or a township, of a city.
CREATE INDEX tasks_assignee ON tasks (assignee_id, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_county ON tasks (county_code, role, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_division ON tasks (division_code, role, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_due ON tasks (due_date, case_id) WHERE done_at IS NULL;
-- What nobody was reminded of yet.
CREATE INDEX tasks_unreminded ON tasks (due_date, case_id)
    WHERE done_at IS NULL AND soon_reminded_at IS NULL AND late_reminded_at IS NULL;
CREATE INDEX tasks_late ON tasks (due_date, case_id) WHERE done_at IS NULL AND late_reminded_at IS NULL;
CREATE INDEX tasks_resident ON tasks (case_id, resident_id);
CREATE TRIGGER tasks_identity BEFORE UPDATE ON tasks
WHEN OLD.done_at IS NOT NULL OR NEW.case_id <> OLD.case_id OR NEW.sequence <> OLD.sequence
  OR NEW.resident_id <> OLD.resident_id OR NEW.division_code <> OLD.division_code OR NEW.round <> OLD.round
  OR NEW.step <> OLD.step OR NEW.role <> OLD.role OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a task is about does not change');
END;
CREATE TRIGGER tasks_keep BEFORE DELETE ON tasks
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: tasks are never deleted');
END;
CREATE TRIGGER tasks_no_replace BEFORE INSERT ON tasks
WHEN EXISTS (SELECT 1 FROM tasks WHERE case_id = NEW.case_id AND (sequence = NEW.sequence OR (done_at IS NULL AND NEW.done_at IS NULL)))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: tasks.case_id');
END;

-- Who was given a task when, and by whom: an assignment holds until the next one, or until the task is
-- done. Without a user it is nobody's; without an assigner it came about by rule.
CREATE TABLE task_assignments (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    user_id BLOB REFERENCES users (id),
    assigned_by BLOB REFERENCES users (id),
    assigned_at INTEGER NOT NULL,
    FOREIGN KEY (case_id, sequence) REFERENCES tasks (case_id, sequence)
) STRICT;
CREATE INDEX task_assignments_task ON task_assignments (case_id, sequence, id);
CREATE INDEX task_assignments_user ON task_assignments (user_id, assigned_at);
CREATE INDEX task_assignments_assigned_by ON task_assignments (assigned_by);
CREATE TRIGGER task_assignments_fixed BEFORE UPDATE ON task_assignments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an assignment once made stands');
END;
CREATE TRIGGER task_assignments_keep BEFORE DELETE ON task_assignments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an assignment once made stands');
END;
CREATE TRIGGER task_assignments_no_replace BEFORE INSERT ON task_assignments
WHEN EXISTS (SELECT 1 FROM task_assignments WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: task_assignments.id');
END;

-- What a reviewer still needs to see. The step's clock stands still until the answer, or until the day has
-- passed: then the case goes back by itself.
CREATE TABLE supplement_requests (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what <> ''),
    due_date TEXT NOT NULL,
    remaining_days INTEGER NOT NULL CHECK (remaining_days >= 0),
    requested_by BLOB NOT NULL REFERENCES users (id),
    requested_at INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('answered', 'lapsed', 'closed')),
    ended_at INTEGER,
    answered_by BLOB REFERENCES users (id),
    answer TEXT,
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK ((answered_by IS NULL) = (answer IS NULL)),
    CHECK (coalesce(outcome, '') = 'answered' OR answered_by IS NULL),
    CHECK (coalesce(outcome, '') <> 'answered' OR answered_by IS NOT NULL),
    FOREIGN KEY (case_id, sequence) REFERENCES tasks (case_id, sequence)
) STRICT;
CREATE UNIQUE INDEX supplement_requests_open ON supplement_requests (case_id) WHERE outcome IS NULL;
CREATE INDEX supplement_requests_due ON supplement_requests (due_date, case_id) WHERE outcome IS NULL;
CREATE INDEX supplement_requests_task ON supplement_requests (case_id, sequence, id);
CREATE INDEX supplement_requests_requested_by ON supplement_requests (requested_by);
CREATE INDEX supplement_requests_answered_by ON supplement_requests (answered_by);
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests
WHEN OLD.outcome IS NOT NULL OR NEW.outcome IS NULL OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id
  OR NEW.sequence <> OLD.sequence OR NEW.what <> OLD.what OR NEW.due_date <> OLD.due_date
  OR NEW.remaining_days <> OLD.remaining_days OR NEW.requested_by <> OLD.requested_by
  OR NEW.requested_at <> OLD.requested_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a request can only be ended, once');
END;
CREATE TRIGGER supplement_requests_keep BEFORE DELETE ON supplement_requests
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: requests are never deleted');
END;
CREATE TRIGGER supplement_requests_no_replace BEFORE INSERT ON supplement_requests
WHEN EXISTS (SELECT 1 FROM supplement_requests WHERE id = NEW.id OR (case_id = NEW.case_id AND outcome IS NULL AND NEW.outcome IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: supplement_requests.case_id');
END;

-- A CHECK is no part of what is stored, and SQLite changes it in no other way without making anew the table
-- that all history hangs on (https://sqlite.org/lang_altertable.html, at the end).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    '''request_reconsideration'', ''close_notice''))', '''request_reconsideration'', ''close_notice'', ''lapse''))'),
    '(action = ''close_notice'')', '(action IN (''close_notice'', ''lapse''))'),
    'WHEN ''close_notice'' THEN ''in_review'' END', 'WHEN ''close_notice'' THEN ''in_review'' WHEN ''lapse'' THEN ''returned'' END')
WHERE type = 'table' AND name = 'case_transitions';
PRAGMA writable_schema = RESET;
-- Nothing lapses but what was asked for at this step and not answered.
CREATE TRIGGER case_transitions_lapse BEFORE INSERT ON case_transitions
WHEN NEW.action = 'lapse' AND NOT EXISTS (
    SELECT 1 FROM supplement_requests s
    WHERE s.case_id = NEW.case_id AND s.sequence = NEW.previous_sequence AND s.outcome = 'lapsed')
BEGIN
    SELECT RAISE(ABORT, 'huican.nothing_lapsed');
END;

-- What waits already waits for nobody in particular.
INSERT INTO tasks (case_id, sequence, resident_id, division_code, round, step, role, due_date, version, created_at)
SELECT c.id, c.last_transition, c.resident_id, c.division_code, c.round, c.step, s.value ->> '$.role', c.due_date, 1, c.updated_at
FROM cases c
JOIN program_versions v ON v.id = c.program_version_id
JOIN json_each(v.steps) s
WHERE c.state = 'in_review' AND s.value ->> '$.step' = c.step AND s.value ->> '$.role' IS NOT NULL AND c.due_date IS NOT NULL;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_personal BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% recusal.end %' OR ' ' || NEW.permits || ' ' LIKE '% task.assign %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
