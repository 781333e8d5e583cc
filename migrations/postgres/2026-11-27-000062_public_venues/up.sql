-- Public venues (公共场所无障碍改造): what is missing where, who has to remedy it until when, and who accepted it along with
-- disabled people. As of cases, the history is the truth.

CREATE TABLE public_venues (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind text NOT NULL CHECK (kind IN ('government', 'hospital', 'school', 'transport', 'culture', 'commerce', 'park', 'other')),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
    -- Who has to remedy it.
    owner text NOT NULL CHECK (length(owner) BETWEEN 1 AND 100),
    accepted_date date,
    state text NOT NULL,
    last_transition integer NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (CASE state
        WHEN 'listed' THEN accepted_date IS NULL
        WHEN 'remedied' THEN accepted_date IS NULL
        WHEN 'accepted' THEN accepted_date IS NOT NULL
        WHEN 'cancelled' THEN accepted_date IS NULL
        ELSE false END)
);
CREATE UNIQUE INDEX public_venues_name ON public_venues (division_code, name) WHERE state <> 'cancelled';
CREATE INDEX public_venues_division ON public_venues (division_code, id);
CREATE INDEX public_venues_county ON public_venues (county_code, id);
CREATE INDEX public_venues_state ON public_venues (state, id);
CREATE INDEX public_venues_recorded_by ON public_venues (recorded_by);

CREATE TABLE public_venue_transitions (
    id uuid NOT NULL PRIMARY KEY,
    venue_id uuid NOT NULL REFERENCES public_venues (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    at timestamptz NOT NULL,
    UNIQUE (venue_id, sequence),
    UNIQUE (venue_id, sequence, to_state),
    CHECK ((action = 'list') = (sequence = 1)),
    CHECK ((action = 'list') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'list' THEN to_state = 'listed'
        WHEN 'remedy' THEN from_state = 'listed' AND to_state IN ('listed', 'remedied')
        WHEN 'extend' THEN from_state = 'listed' AND to_state = 'listed'
        WHEN 'reject' THEN from_state = 'remedied' AND to_state = 'listed'
        WHEN 'accept' THEN from_state = 'remedied' AND to_state = 'accepted'
        WHEN 'cancel' THEN from_state IN ('listed', 'remedied') AND to_state = 'cancelled'
        ELSE false END),
    CHECK (action NOT IN ('extend', 'reject', 'accept', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (venue_id, previous_sequence, from_state) REFERENCES public_venue_transitions (venue_id, sequence, to_state)
);
CREATE INDEX public_venue_transitions_previous ON public_venue_transitions (venue_id, previous_sequence, from_state);
CREATE INDEX public_venue_transitions_actor ON public_venue_transitions (actor_id);

-- What is missing there, and until when it is to be there.
CREATE TABLE public_venue_items (
    id uuid NOT NULL PRIMARY KEY,
    venue_id uuid NOT NULL REFERENCES public_venues (id),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind text NOT NULL CHECK (kind IN ('entrance', 'lift', 'toilet', 'parking', 'counter', 'signage', 'other')),
    finding text NOT NULL CHECK (length(finding) BETWEEN 1 AND 500),
    due_date date NOT NULL,
    remedied boolean NOT NULL,
    UNIQUE (venue_id, number)
);
CREATE INDEX public_venue_items_due ON public_venue_items (venue_id, due_date);

-- Disabled people who tried it: part of the acceptance.
CREATE TABLE public_venue_participants (
    transition_id uuid NOT NULL REFERENCES public_venue_transitions (id) DEFERRABLE INITIALLY DEFERRED,
    resident_id uuid NOT NULL REFERENCES residents (id),
    PRIMARY KEY (transition_id, resident_id)
);
CREATE INDEX public_venue_participants_resident ON public_venue_participants (resident_id);

ALTER TABLE public_venues
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES public_venue_transitions (venue_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;

CREATE TRIGGER public_venues_fixed BEFORE UPDATE ON public_venues FOR EACH ROW
    WHEN ((NEW.id, NEW.name, NEW.kind, NEW.division_code, NEW.address, NEW.owner, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM (OLD.id, OLD.name, OLD.kind, OLD.division_code, OLD.address, OLD.owner, OLD.recorded_by, OLD.recorded_at)
        OR NEW.last_transition <> OLD.last_transition + 1 OR OLD.accepted_date IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_venue_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public_venues v WHERE v.id = NEW.venue_id AND v.last_transition = NEW.sequence)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its venue now stands';
    END IF;
    -- It is remedied when all of it is, and not before.
    IF NEW.to_state IN ('listed', 'remedied', 'accepted') AND (NEW.to_state = 'listed') <> EXISTS (
        SELECT 1 FROM public_venue_items i WHERE i.venue_id = NEW.venue_id AND NOT i.remedied)
    THEN
        RAISE EXCEPTION 'huican.venue_items';
    END IF;
    -- By somebody who did not report it, and with people who need it.
    IF NEW.action = 'accept' AND EXISTS (
        SELECT 1 FROM public_venue_transitions t WHERE t.venue_id = NEW.venue_id AND t.action = 'remedy' AND t.actor_id = NEW.actor_id)
    THEN
        RAISE EXCEPTION 'huican.venue_own';
    END IF;
    IF NEW.action = 'accept' AND NOT EXISTS (
        SELECT 1 FROM public_venue_participants p JOIN certificates c ON c.resident_id = p.resident_id
        WHERE p.transition_id = NEW.id AND c.superseded_at IS NULL AND c.state = 'valid')
    THEN
        RAISE EXCEPTION 'huican.venue_participants';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_venue_transitions_step BEFORE INSERT ON public_venue_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_venue_step();
CREATE FUNCTION refuse_venue_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public_venues v WHERE v.id = NEW.venue_id AND v.state IN ('listed', 'remedied')
          AND (TG_OP = 'UPDATE' OR (v.last_transition = 1 AND NOT NEW.remedied))
          AND NOT EXISTS (SELECT 1 FROM public_venue_transitions t WHERE t.venue_id = v.id AND t.sequence = v.last_transition))
    THEN
        RAISE EXCEPTION 'huican.append_only: items change with an entry of their venue';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_venue_items_within BEFORE INSERT OR UPDATE ON public_venue_items
    FOR EACH ROW EXECUTE FUNCTION refuse_venue_item();
CREATE TRIGGER public_venue_items_fixed BEFORE UPDATE ON public_venue_items FOR EACH ROW
    WHEN ((NEW.id, NEW.venue_id, NEW.number, NEW.kind, NEW.finding) IS DISTINCT FROM (OLD.id, OLD.venue_id, OLD.number, OLD.kind, OLD.finding))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_venue_participant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public_venue_transitions t WHERE t.id = NEW.transition_id)
    THEN
        RAISE EXCEPTION 'huican.append_only: who took part is said with the acceptance';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_venue_participants_with BEFORE INSERT ON public_venue_participants
    FOR EACH ROW EXECUTE FUNCTION refuse_venue_participant();
CREATE TRIGGER public_venue_transitions_fixed BEFORE UPDATE ON public_venue_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_participants_fixed BEFORE UPDATE ON public_venue_participants FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venues_keep BEFORE DELETE ON public_venues FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venues_keep_all BEFORE TRUNCATE ON public_venues FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_transitions_keep BEFORE DELETE ON public_venue_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_transitions_keep_all BEFORE TRUNCATE ON public_venue_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_items_keep BEFORE DELETE ON public_venue_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_items_keep_all BEFORE TRUNCATE ON public_venue_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_participants_keep BEFORE DELETE ON public_venue_participants FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_venue_participants_keep_all BEFORE TRUNCATE ON public_venue_participants FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_venue CHECK (' ' || permits || ' ' NOT LIKE '% public_venue.act %');

GRANT SELECT, INSERT ON public_venues, public_venue_transitions, public_venue_items, public_venue_participants TO huican_service;
GRANT UPDATE (accepted_date, state, last_transition) ON public_venues TO huican_service;
GRANT UPDATE (due_date, remedied) ON public_venue_items TO huican_service;

-- Venues speak of no resident; who took part is within reach where they live.
ALTER TABLE public_venue_participants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_venue_participants
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = public_venue_participants.resident_id));
