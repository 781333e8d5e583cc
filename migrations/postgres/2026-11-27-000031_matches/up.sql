-- Lists by which other offices say what ends a subsidy, and whom of ours they name. Of a row that names nobody of ours
-- nothing is kept. `comment` is sealed.
CREATE TABLE match_lists (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('deaths', 'moves', 'imprisonments', 'extreme_poverty_support', 'work_injury_allowance')),
    -- Whose people were looked for.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    row_count integer NOT NULL CHECK (row_count >= 0),
    rejected_count integer NOT NULL CHECK (rejected_count >= 0),
    unmatched_count integer NOT NULL CHECK (unmatched_count >= 0),
    known_count integer NOT NULL CHECK (known_count >= 0),
    suspected_count integer NOT NULL CHECK (suspected_count >= 0),
    imported_by uuid NOT NULL REFERENCES users (id),
    imported_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (kind, division_code, sha256),
    UNIQUE (id, kind),
    CHECK (row_count = rejected_count + unmatched_count + known_count + suspected_count)
);
CREATE INDEX match_lists_division ON match_lists (division_code, id);
CREATE INDEX match_lists_county ON match_lists (county_code, id);
CREATE INDEX match_lists_imported_by ON match_lists (imported_by);

-- Suspected by a list, decided by a person.
CREATE TABLE matches (
    id uuid NOT NULL PRIMARY KEY,
    list_id uuid NOT NULL,
    line integer NOT NULL CHECK (line > 0),
    kind text NOT NULL,
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    event_date date NOT NULL,
    -- The list has another name with this number.
    name_differs boolean NOT NULL,
    state text NOT NULL,
    outcome text,
    effective_month text COLLATE "C" CHECK (length(effective_month) = 7),
    comment bytea,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (kind, resident_id, event_date),
    UNIQUE (list_id, line),
    CHECK (CASE state
        WHEN 'suspected' THEN outcome IS NULL
        WHEN 'confirmed' THEN outcome IS NOT NULL AND outcome IN ('suspend', 'stop')
        WHEN 'dismissed' THEN outcome IS NOT NULL AND outcome = 'dismiss'
        ELSE false END),
    CHECK ((outcome IS NULL) = (decided_by IS NULL) AND (outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'confirmed') = (effective_month IS NOT NULL)),
    CHECK (state <> 'dismissed' OR comment IS NOT NULL),
    CHECK (comment IS NULL OR outcome IS NOT NULL),
    FOREIGN KEY (list_id, kind) REFERENCES match_lists (id, kind)
);
CREATE INDEX matches_list ON matches (list_id, kind);
CREATE INDEX matches_resident ON matches (resident_id, id);
CREATE INDEX matches_division ON matches (division_code, id);
CREATE INDEX matches_county ON matches (county_code, id);
CREATE INDEX matches_state ON matches (state, id);
CREATE INDEX matches_decided_by ON matches (decided_by);

-- What the person had that it may end.
CREATE TABLE match_enrollments (
    match_id uuid NOT NULL REFERENCES matches (id),
    enrollment_id uuid NOT NULL REFERENCES enrollments (id),
    PRIMARY KEY (match_id, enrollment_id)
);
CREATE INDEX match_enrollments_enrollment ON match_enrollments (enrollment_id);

CREATE TRIGGER matches_begin BEFORE INSERT ON matches FOR EACH ROW WHEN (NEW.state <> 'suspected') EXECUTE FUNCTION refuse_change();
-- Decided once, by a person who is neither tied to whom it is of nor brought the list. A sealed value may get a newer key.
CREATE TRIGGER matches_fixed BEFORE UPDATE ON matches FOR EACH ROW
    WHEN ((NEW.id, NEW.list_id, NEW.line, NEW.kind, NEW.resident_id, NEW.division_code, NEW.event_date, NEW.name_differs)
            IS DISTINCT FROM (OLD.id, OLD.list_id, OLD.line, OLD.kind, OLD.resident_id, OLD.division_code, OLD.event_date, OLD.name_differs)
        OR (OLD.state <> 'suspected' AND (
            (NEW.state, NEW.outcome, NEW.effective_month, NEW.decided_by, NEW.decided_at, NEW.version)
                IS DISTINCT FROM (OLD.state, OLD.outcome, OLD.effective_month, OLD.decided_by, OLD.decided_at, OLD.version)
            OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_match_decision() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM match_lists l WHERE l.id = NEW.list_id AND l.imported_by = NEW.decided_by) THEN
        RAISE EXCEPTION 'huican.match_own';
    END IF;
    IF is_tied(NEW.decided_by, NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matches_decided BEFORE UPDATE OF state ON matches FOR EACH ROW
    WHEN (OLD.state = 'suspected' AND NEW.state <> OLD.state) EXECUTE FUNCTION refuse_match_decision();
CREATE FUNCTION refuse_match_enrollment() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM matches m JOIN residents w ON w.id = m.resident_id
        JOIN enrollments e ON e.id = NEW.enrollment_id
        JOIN residents q ON q.id = e.resident_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        WHERE m.id = NEW.match_id AND m.state = 'suspected')
    THEN
        RAISE EXCEPTION 'huican.append_only: a match is of what its person had';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER match_enrollments_of_person BEFORE INSERT ON match_enrollments FOR EACH ROW EXECUTE FUNCTION refuse_match_enrollment();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_matches CHECK (' ' || permits || ' ' NOT LIKE '% match.decide %');

CREATE TRIGGER match_lists_fixed BEFORE UPDATE ON match_lists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_lists_keep BEFORE DELETE ON match_lists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_lists_keep_all BEFORE TRUNCATE ON match_lists FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER matches_keep BEFORE DELETE ON matches FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER matches_keep_all BEFORE TRUNCATE ON matches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_enrollments_fixed BEFORE UPDATE ON match_enrollments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_enrollments_keep BEFORE DELETE ON match_enrollments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_enrollments_keep_all BEFORE TRUNCATE ON match_enrollments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON match_lists, matches, match_enrollments TO huican_service;
GRANT UPDATE (state, outcome, effective_month, comment, decided_by, decided_at, version) ON matches TO huican_service;

ALTER TABLE match_lists ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON match_lists
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE matches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON matches
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE match_enrollments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON match_enrollments USING (EXISTS (SELECT 1 FROM matches m WHERE m.id = match_id));
