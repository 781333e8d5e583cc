-- Activities of culture and sport: sessions that were planned, held or cancelled, and who came. The history is the truth.
CREATE TABLE activities (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('culture_five_ones', 'special_art_show', 'accessible_film', 'home_sports_rehabilitation',
        'sports_event', 'other')),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    -- Whose activity it is.
    division_code TEXT NOT NULL REFERENCES divisions (code),
    place TEXT CHECK (length(place) BETWEEN 1 AND 200),
    planned_date TEXT NOT NULL,
    held_date TEXT,
    -- How many came besides those who are named.
    others_count INTEGER CHECK (others_count BETWEEN 0 AND 100000),
    state TEXT NOT NULL CHECK (state IN ('planned', 'held', 'cancelled')),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state = 'held') = (held_date IS NOT NULL)),
    CHECK ((state = 'held') = (others_count IS NOT NULL)),
    -- What is done at home is done with households that are known.
    CHECK (kind <> 'home_sports_rehabilitation' OR coalesce(others_count, 0) = 0),
    UNIQUE (id, kind),
    FOREIGN KEY (id, last_transition, state) REFERENCES activity_transitions (activity_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX activities_county ON activities (county_code, id);
CREATE INDEX activities_division ON activities (division_code, id);
CREATE INDEX activities_held ON activities (held_date, kind) WHERE held_date IS NOT NULL;
CREATE INDEX activities_organization ON activities (organization_id);
CREATE INDEX activities_created_by ON activities (created_by);

CREATE TABLE activity_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    activity_id BLOB NOT NULL REFERENCES activities (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- For which day it is planned, or on which it was held.
    on_date TEXT,
    others_count INTEGER,
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 500),
    actor_id BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL,
    UNIQUE (activity_id, sequence),
    UNIQUE (activity_id, sequence, to_state),
    CHECK ((action = 'plan') = (sequence = 1)),
    CHECK ((action = 'plan') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'plan' THEN to_state = 'planned'
        WHEN 'reschedule' THEN to_state = 'planned' AND from_state = 'planned'
        WHEN 'hold' THEN to_state = 'held' AND from_state = 'planned'
        WHEN 'correct' THEN to_state = 'held' AND from_state = 'held'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state IN ('planned', 'held')
        ELSE 1 = 0 END),
    CHECK ((to_state = 'cancelled') = (on_date IS NULL)),
    CHECK ((to_state = 'held') = (others_count IS NOT NULL)),
    CHECK ((action IN ('reschedule', 'correct', 'cancel')) = (reason IS NOT NULL)),
    FOREIGN KEY (activity_id, previous_sequence, from_state) REFERENCES activity_transitions (activity_id, sequence, to_state)
) STRICT;
CREATE INDEX activity_transitions_previous ON activity_transitions (activity_id, previous_sequence, from_state);
CREATE INDEX activity_transitions_actor ON activity_transitions (actor_id);

-- Who came; of what is done at home, with their household. A row is where its resident lived then, and stays there.
CREATE TABLE activity_attendances (
    id BLOB NOT NULL PRIMARY KEY,
    activity_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    household_id BLOB REFERENCES households (id),
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    withdrawn_by BLOB REFERENCES users (id),
    withdrawn_at INTEGER,
    withdrawal_reason TEXT CHECK (length(withdrawal_reason) BETWEEN 2 AND 500),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((kind = 'home_sports_rehabilitation') = (household_id IS NOT NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawal_reason IS NULL)),
    FOREIGN KEY (activity_id, kind) REFERENCES activities (id, kind)
) STRICT;
CREATE UNIQUE INDEX activity_attendances_once ON activity_attendances (activity_id, resident_id) WHERE withdrawn_at IS NULL;
CREATE INDEX activity_attendances_activity ON activity_attendances (activity_id, kind, id);
CREATE INDEX activity_attendances_county ON activity_attendances (county_code, id);
CREATE INDEX activity_attendances_division ON activity_attendances (division_code, id);
CREATE INDEX activity_attendances_resident ON activity_attendances (resident_id);
CREATE INDEX activity_attendances_household ON activity_attendances (household_id);
CREATE INDEX activity_attendances_recorded_by ON activity_attendances (recorded_by);
CREATE INDEX activity_attendances_withdrawn_by ON activity_attendances (withdrawn_by);

CREATE TRIGGER activities_begin BEFORE INSERT ON activities
WHEN NEW.last_transition <> 1 OR NEW.state <> 'planned'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an activity begins planned');
END;
CREATE TRIGGER activities_fixed BEFORE UPDATE ON activities
WHEN (NEW.id, NEW.kind, NEW.name, NEW.organization_id, NEW.division_code, NEW.place, NEW.created_by, NEW.created_at)
        IS NOT (OLD.id, OLD.kind, OLD.name, OLD.organization_id, OLD.division_code, OLD.place, OLD.created_by, OLD.created_at)
    OR NEW.last_transition <> OLD.last_transition + 1
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an activity changes by its history');
END;
CREATE TRIGGER activities_keep BEFORE DELETE ON activities
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: activities are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER activities_no_replace BEFORE INSERT ON activities
WHEN EXISTS (SELECT 1 FROM activities WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: activities.id');
END;

-- An entry says how its activity now stands; nothing was held on a day to come.
CREATE TRIGGER activity_transitions_stand BEFORE INSERT ON activity_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM activities a
    WHERE a.id = NEW.activity_id AND a.last_transition = NEW.sequence AND a.held_date IS CASE NEW.to_state WHEN 'held' THEN NEW.on_date END
        AND a.others_count IS NEW.others_count AND (NEW.to_state <> 'planned' OR a.planned_date = NEW.on_date)
        AND (NEW.action <> 'plan' OR a.created_by = NEW.actor_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says how its activity now stands');
END;
CREATE TRIGGER activity_transitions_past BEFORE INSERT ON activity_transitions
WHEN NEW.to_state = 'held' AND NEW.on_date > date(NEW.at / 1000000, 'unixepoch', '+8 hours')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing was held on a day to come');
END;
CREATE TRIGGER activity_transitions_fixed BEFORE UPDATE ON activity_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER activity_transitions_keep BEFORE DELETE ON activity_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER activity_transitions_no_replace BEFORE INSERT ON activity_transitions
WHEN EXISTS (SELECT 1 FROM activity_transitions WHERE id = NEW.id OR (activity_id = NEW.activity_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: activity_transitions.activity_id');
END;

-- Who came to what was held, a person once whatever records they have.
CREATE TRIGGER activity_attendances_held BEFORE INSERT ON activity_attendances
WHEN NEW.withdrawn_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM activities WHERE id = NEW.activity_id AND state = 'held')
BEGIN
    SELECT RAISE(ABORT, 'huican.activity_not_held');
END;
CREATE TRIGGER activity_attendances_merged BEFORE INSERT ON activity_attendances
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
-- Of the county, or of the city, whose activity it is. Guests are counted and not named.
CREATE TRIGGER activity_attendances_place BEFORE INSERT ON activity_attendances
WHEN NOT EXISTS (
    SELECT 1 FROM residents r JOIN activities a ON a.id = NEW.activity_id
    WHERE r.id = NEW.resident_id AND r.division_code = NEW.division_code
        AND substr(r.division_code, 1, 4) = substr(a.division_code, 1, 4)
        AND substr(a.division_code, 5, 2) IN ('00', substr(r.division_code, 5, 2)))
BEGIN
    SELECT RAISE(ABORT, 'huican.activity_guest');
END;
CREATE TRIGGER activity_attendances_person BEFORE INSERT ON activity_attendances
WHEN EXISTS (
    SELECT 1 FROM activity_attendances p JOIN residents q ON q.id = p.resident_id
    WHERE p.activity_id = NEW.activity_id AND p.withdrawn_at IS NULL AND coalesce(q.merged_into_id, q.id) = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.activity_attended');
END;
CREATE TRIGGER activity_attendances_household BEFORE INSERT ON activity_attendances
WHEN NEW.household_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM household_members m WHERE m.household_id = NEW.household_id AND m.resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a household is of its members');
END;
CREATE TRIGGER activity_attendances_fixed BEFORE UPDATE ON activity_attendances
WHEN OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
    OR (NEW.id, NEW.activity_id, NEW.kind, NEW.resident_id, NEW.division_code, NEW.household_id, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.activity_id, OLD.kind, OLD.resident_id, OLD.division_code, OLD.household_id, OLD.recorded_by, OLD.recorded_at)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an attendance is withdrawn once');
END;
CREATE TRIGGER activity_attendances_keep BEFORE DELETE ON activity_attendances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: attendances are never deleted');
END;
CREATE TRIGGER activity_attendances_no_replace BEFORE INSERT ON activity_attendances
WHEN EXISTS (SELECT 1 FROM activity_attendances WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: activity_attendances.id');
END;
