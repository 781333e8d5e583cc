-- Activities of culture and sport: sessions that were planned, held or cancelled, and who came. The history is the truth.
CREATE TABLE activities (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('culture_five_ones', 'special_art_show', 'accessible_film', 'home_sports_rehabilitation',
        'sports_event', 'other')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    -- Whose activity it is.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    place text CHECK (length(place) BETWEEN 1 AND 200),
    planned_date date NOT NULL,
    held_date date,
    -- How many came besides those who are named.
    others_count integer CHECK (others_count BETWEEN 0 AND 100000),
    state text NOT NULL CHECK (state IN ('planned', 'held', 'cancelled')),
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state = 'held') = (held_date IS NOT NULL)),
    CHECK ((state = 'held') = (others_count IS NOT NULL)),
    -- What is done at home is done with households that are known.
    CHECK (kind <> 'home_sports_rehabilitation' OR coalesce(others_count, 0) = 0),
    UNIQUE (id, kind)
);
CREATE INDEX activities_county ON activities (county_code, id);
CREATE INDEX activities_division ON activities (division_code, id);
CREATE INDEX activities_held ON activities (held_date, kind) WHERE held_date IS NOT NULL;
CREATE INDEX activities_organization ON activities (organization_id);
CREATE INDEX activities_created_by ON activities (created_by);

CREATE TABLE activity_transitions (
    id uuid NOT NULL PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activities (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- For which day it is planned, or on which it was held.
    on_date date,
    others_count integer,
    reason text CHECK (length(reason) BETWEEN 2 AND 500),
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK ((to_state = 'cancelled') = (on_date IS NULL)),
    CHECK ((to_state = 'held') = (others_count IS NOT NULL)),
    CHECK ((action IN ('reschedule', 'correct', 'cancel')) = (reason IS NOT NULL)),
    FOREIGN KEY (activity_id, previous_sequence, from_state) REFERENCES activity_transitions (activity_id, sequence, to_state)
);
ALTER TABLE activities
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES activity_transitions (activity_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX activity_transitions_previous ON activity_transitions (activity_id, previous_sequence, from_state);
CREATE INDEX activity_transitions_actor ON activity_transitions (actor_id);

-- Who came; of what is done at home, with their household. A row is where its resident lived then, and stays there.
CREATE TABLE activity_attendances (
    id uuid NOT NULL PRIMARY KEY,
    activity_id uuid NOT NULL,
    kind text NOT NULL,
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    household_id uuid REFERENCES households (id),
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    withdrawn_by uuid REFERENCES users (id),
    withdrawn_at timestamptz,
    withdrawal_reason text CHECK (length(withdrawal_reason) BETWEEN 2 AND 500),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((kind = 'home_sports_rehabilitation') = (household_id IS NOT NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawal_reason IS NULL)),
    FOREIGN KEY (activity_id, kind) REFERENCES activities (id, kind)
);
CREATE UNIQUE INDEX activity_attendances_once ON activity_attendances (activity_id, resident_id) WHERE withdrawn_at IS NULL;
CREATE INDEX activity_attendances_activity ON activity_attendances (activity_id, kind, id);
CREATE INDEX activity_attendances_county ON activity_attendances (county_code, id);
CREATE INDEX activity_attendances_division ON activity_attendances (division_code, id);
CREATE INDEX activity_attendances_resident ON activity_attendances (resident_id);
CREATE INDEX activity_attendances_household ON activity_attendances (household_id);
CREATE INDEX activity_attendances_recorded_by ON activity_attendances (recorded_by);
CREATE INDEX activity_attendances_withdrawn_by ON activity_attendances (withdrawn_by);

CREATE TRIGGER activities_begin BEFORE INSERT ON activities FOR EACH ROW
    WHEN (NEW.last_transition <> 1 OR NEW.state <> 'planned') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activities_fixed BEFORE UPDATE ON activities FOR EACH ROW
    WHEN ((NEW.id, NEW.kind, NEW.name, NEW.organization_id, NEW.division_code, NEW.place, NEW.created_by, NEW.created_at)
            IS DISTINCT FROM
            (OLD.id, OLD.kind, OLD.name, OLD.organization_id, OLD.division_code, OLD.place, OLD.created_by, OLD.created_at)
        OR NEW.last_transition <> OLD.last_transition + 1)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activities_keep BEFORE DELETE ON activities FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activities_keep_all BEFORE TRUNCATE ON activities FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says how its activity now stands; nothing was held on a day to come.
CREATE FUNCTION refuse_activity_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM activities a
        WHERE a.id = NEW.activity_id AND a.last_transition = NEW.sequence
            AND a.held_date IS NOT DISTINCT FROM CASE NEW.to_state WHEN 'held' THEN NEW.on_date END
            AND a.others_count IS NOT DISTINCT FROM NEW.others_count AND (NEW.to_state <> 'planned' OR a.planned_date = NEW.on_date)
            AND (NEW.action <> 'plan' OR a.created_by = NEW.actor_id))
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says how its activity now stands';
    END IF;
    IF NEW.to_state = 'held' AND NEW.on_date > (NEW.at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'huican.append_only: nothing was held on a day to come';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER activity_transitions_stand BEFORE INSERT ON activity_transitions FOR EACH ROW EXECUTE FUNCTION refuse_activity_entry();
CREATE TRIGGER activity_transitions_keep BEFORE UPDATE OR DELETE ON activity_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activity_transitions_keep_all BEFORE TRUNCATE ON activity_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who came to what was held, a person once whatever records they have; of the county, or of the city, whose activity it
-- is. Guests are counted and not named.
CREATE FUNCTION refuse_activity_attendance() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.withdrawn_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM activities WHERE id = NEW.activity_id AND state = 'held') THEN
        RAISE EXCEPTION 'huican.activity_not_held';
    END IF;
    IF EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'huican.resident_merged';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM residents r JOIN activities a ON a.id = NEW.activity_id
        WHERE r.id = NEW.resident_id AND r.division_code = NEW.division_code
            AND left(r.division_code, 4) = left(a.division_code, 4)
            AND substr(a.division_code, 5, 2) IN ('00', substr(r.division_code, 5, 2)))
    THEN
        RAISE EXCEPTION 'huican.activity_guest';
    END IF;
    IF EXISTS (
        SELECT 1 FROM activity_attendances p JOIN residents q ON q.id = p.resident_id
        WHERE p.activity_id = NEW.activity_id AND p.withdrawn_at IS NULL AND coalesce(q.merged_into_id, q.id) = NEW.resident_id)
    THEN
        RAISE EXCEPTION 'huican.activity_attended';
    END IF;
    IF NEW.household_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM household_members m WHERE m.household_id = NEW.household_id AND m.resident_id = NEW.resident_id)
    THEN
        RAISE EXCEPTION 'huican.append_only: a household is of its members';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER activity_attendances_begin BEFORE INSERT ON activity_attendances FOR EACH ROW EXECUTE FUNCTION refuse_activity_attendance();
CREATE TRIGGER activity_attendances_fixed BEFORE UPDATE ON activity_attendances FOR EACH ROW
    WHEN (OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (NEW.id, NEW.activity_id, NEW.kind, NEW.resident_id, NEW.division_code, NEW.household_id, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM
            (OLD.id, OLD.activity_id, OLD.kind, OLD.resident_id, OLD.division_code, OLD.household_id, OLD.recorded_by, OLD.recorded_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activity_attendances_keep BEFORE DELETE ON activity_attendances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER activity_attendances_keep_all BEFORE TRUNCATE ON activity_attendances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON activities, activity_transitions, activity_attendances TO huican_service;
GRANT UPDATE (planned_date, held_date, others_count, state, last_transition) ON activities TO huican_service;
GRANT UPDATE (withdrawn_by, withdrawn_at, withdrawal_reason) ON activity_attendances TO huican_service;

ALTER TABLE activities ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON activities
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE activity_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON activity_transitions
    USING (EXISTS (SELECT 1 FROM activities a WHERE a.id = activity_id));
ALTER TABLE activity_attendances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON activity_attendances
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
