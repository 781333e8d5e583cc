-- Lists by which other offices say what ends a subsidy, and whom of ours they name. Of a row that names nobody of ours
-- nothing is kept. `comment` is sealed.
CREATE TABLE match_lists (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('deaths', 'moves', 'imprisonments', 'extreme_poverty_support', 'work_injury_allowance')),
    -- Whose people were looked for.
    division_code TEXT NOT NULL REFERENCES divisions (code),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    rejected_count INTEGER NOT NULL CHECK (rejected_count >= 0),
    unmatched_count INTEGER NOT NULL CHECK (unmatched_count >= 0),
    known_count INTEGER NOT NULL CHECK (known_count >= 0),
    suspected_count INTEGER NOT NULL CHECK (suspected_count >= 0),
    imported_by BLOB NOT NULL REFERENCES users (id),
    imported_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (kind, division_code, sha256),
    UNIQUE (id, kind),
    CHECK (row_count = rejected_count + unmatched_count + known_count + suspected_count)
) STRICT;
CREATE INDEX match_lists_division ON match_lists (division_code, id);
CREATE INDEX match_lists_county ON match_lists (county_code, id);
CREATE INDEX match_lists_imported_by ON match_lists (imported_by);

-- Suspected by a list, decided by a person.
CREATE TABLE matches (
    id BLOB NOT NULL PRIMARY KEY,
    list_id BLOB NOT NULL,
    line INTEGER NOT NULL CHECK (line > 0),
    kind TEXT NOT NULL,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    event_date TEXT NOT NULL,
    -- The list has another name with this number.
    name_differs INTEGER NOT NULL CHECK (name_differs IN (0, 1)),
    state TEXT NOT NULL,
    outcome TEXT,
    effective_month TEXT CHECK (length(effective_month) = 7),
    comment BLOB,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (kind, resident_id, event_date),
    UNIQUE (list_id, line),
    CHECK (CASE state
        WHEN 'suspected' THEN outcome IS NULL
        WHEN 'confirmed' THEN outcome IS NOT NULL AND outcome IN ('suspend', 'stop')
        WHEN 'dismissed' THEN outcome IS NOT NULL AND outcome = 'dismiss'
        ELSE 1 = 0 END),
    CHECK ((outcome IS NULL) = (decided_by IS NULL) AND (outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'confirmed') = (effective_month IS NOT NULL)),
    CHECK (state <> 'dismissed' OR comment IS NOT NULL),
    CHECK (comment IS NULL OR outcome IS NOT NULL),
    FOREIGN KEY (list_id, kind) REFERENCES match_lists (id, kind)
) STRICT;
CREATE INDEX matches_list ON matches (list_id, kind);
CREATE INDEX matches_resident ON matches (resident_id, id);
CREATE INDEX matches_division ON matches (division_code, id);
CREATE INDEX matches_county ON matches (county_code, id);
CREATE INDEX matches_state ON matches (state, id);
CREATE INDEX matches_decided_by ON matches (decided_by);

-- What the person had that it may end.
CREATE TABLE match_enrollments (
    match_id BLOB NOT NULL REFERENCES matches (id),
    enrollment_id BLOB NOT NULL REFERENCES enrollments (id),
    PRIMARY KEY (match_id, enrollment_id)
) STRICT;
CREATE INDEX match_enrollments_enrollment ON match_enrollments (enrollment_id);

CREATE TRIGGER matches_begin BEFORE INSERT ON matches
WHEN NEW.state <> 'suspected'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a match begins as a suspicion');
END;
-- Decided once, by a person who is neither tied to whom it is of nor brought the list. A sealed value may get a newer key.
CREATE TRIGGER matches_fixed BEFORE UPDATE ON matches
WHEN (NEW.id, NEW.list_id, NEW.line, NEW.kind, NEW.resident_id, NEW.division_code, NEW.event_date, NEW.name_differs)
        IS NOT (OLD.id, OLD.list_id, OLD.line, OLD.kind, OLD.resident_id, OLD.division_code, OLD.event_date, OLD.name_differs)
    OR (OLD.state <> 'suspected' AND (
        (NEW.state, NEW.outcome, NEW.effective_month, NEW.decided_by, NEW.decided_at, NEW.version)
            IS NOT (OLD.state, OLD.outcome, OLD.effective_month, OLD.decided_by, OLD.decided_at, OLD.version)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a match is decided once');
END;
CREATE TRIGGER matches_decided BEFORE UPDATE OF state ON matches
WHEN OLD.state = 'suspected' AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'huican.match_own')
    WHERE EXISTS (SELECT 1 FROM match_lists l WHERE l.id = NEW.list_id AND l.imported_by = NEW.decided_by);
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.decided_by AND t.resident_id = NEW.resident_id);
END;
CREATE TRIGGER match_enrollments_of_person BEFORE INSERT ON match_enrollments
WHEN NOT EXISTS (
    SELECT 1 FROM matches m JOIN residents w ON w.id = m.resident_id
    JOIN enrollments e ON e.id = NEW.enrollment_id
    JOIN residents q ON q.id = e.resident_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
    WHERE m.id = NEW.match_id AND m.state = 'suspected')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a match is of what its person had');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_matches BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% match.decide %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;

CREATE TRIGGER match_lists_fixed BEFORE UPDATE ON match_lists
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: lists are never changed');
END;
CREATE TRIGGER match_lists_keep BEFORE DELETE ON match_lists
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: lists are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER match_lists_no_replace BEFORE INSERT ON match_lists
WHEN EXISTS (SELECT 1 FROM match_lists WHERE id = NEW.id OR (kind = NEW.kind AND division_code = NEW.division_code AND sha256 = NEW.sha256))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: match_lists.id');
END;
CREATE TRIGGER matches_keep BEFORE DELETE ON matches
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: matches are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER matches_no_replace BEFORE INSERT ON matches
WHEN EXISTS (SELECT 1 FROM matches WHERE id = NEW.id OR (kind = NEW.kind AND resident_id = NEW.resident_id AND event_date = NEW.event_date) OR (list_id = NEW.list_id AND line = NEW.line))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: matches.id');
END;
CREATE TRIGGER match_enrollments_fixed BEFORE UPDATE ON match_enrollments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: matches are never changed');
END;
CREATE TRIGGER match_enrollments_keep BEFORE DELETE ON match_enrollments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: matches are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER match_enrollments_no_replace BEFORE INSERT ON match_enrollments
WHEN EXISTS (SELECT 1 FROM match_enrollments WHERE match_id = NEW.match_id AND enrollment_id = NEW.enrollment_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: match_enrollments.match_id');
END;
