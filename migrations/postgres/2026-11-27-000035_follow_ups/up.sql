-- What a service still has to look at, on a day: a device in use, a job that is kept, a diagnosis that is due. It is of the
-- office where the person lives, and goes along with them while it is open.
CREATE TABLE follow_ups (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('device_check', 'device_recall', 'retention_check', 'renovation_visit',
        'screening_diagnosis', 'screening_intervention')),
    case_id uuid,
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- What it is about: a device handed out, a placement, a screening.
    subject_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('village_liaison', 'township_caseworker', 'county_caseworker')),
    due_date date NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
    planned_at timestamptz NOT NULL,
    ended_by uuid REFERENCES users (id),
    ended_at timestamptz,
    reason text CHECK (length(reason) BETWEEN 2 AND 200),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (state = 'done' OR ended_by IS NULL),
    CHECK (state <> 'done' OR ended_by IS NOT NULL),
    CHECK ((state = 'cancelled') = (reason IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
);
CREATE UNIQUE INDEX follow_ups_one ON follow_ups (subject_id, kind, due_date) WHERE state = 'open';
CREATE INDEX follow_ups_due ON follow_ups (due_date, id) WHERE state = 'open';
CREATE INDEX follow_ups_division ON follow_ups (division_code, state, due_date, id);
CREATE INDEX follow_ups_county ON follow_ups (county_code, state, due_date, id);
CREATE INDEX follow_ups_case ON follow_ups (case_id, resident_id);
CREATE INDEX follow_ups_resident ON follow_ups (resident_id, due_date);
CREATE INDEX follow_ups_ended_by ON follow_ups (ended_by);

-- What is planned begins open, and ends once; only where it is done may follow the person.
CREATE TRIGGER follow_ups_open_first BEFORE INSERT ON follow_ups FOR EACH ROW
    WHEN (NEW.state <> 'open') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups FOR EACH ROW
    WHEN (OLD.state <> 'open'
        OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at, NEW.case_id)
            IS DISTINCT FROM (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at, OLD.case_id))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER follow_ups_keep_all BEFORE TRUNCATE ON follow_ups FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION move_follow_ups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE follow_ups SET division_code = NEW.division_code WHERE resident_id = NEW.id AND state = 'open';
    RETURN NULL;
END $$;
CREATE TRIGGER residents_follow_ups AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_follow_ups();

GRANT SELECT, INSERT ON follow_ups TO huican_service;
GRANT UPDATE (division_code, state, ended_by, ended_at, reason) ON follow_ups TO huican_service;
ALTER TABLE follow_ups ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON follow_ups
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
