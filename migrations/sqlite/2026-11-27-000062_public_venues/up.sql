-- Public venues (公共场所无障碍改造): what is missing where, who has to remedy it until when, and who accepted it along with
-- disabled people. As of cases, the history is the truth.

CREATE TABLE public_venues (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind TEXT NOT NULL CHECK (kind IN ('government', 'hospital', 'school', 'transport', 'culture', 'commerce', 'park', 'other')),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
    -- Who has to remedy it.
    owner TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 100),
    accepted_date TEXT,
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (CASE state
        WHEN 'listed' THEN accepted_date IS NULL
        WHEN 'remedied' THEN accepted_date IS NULL
        WHEN 'accepted' THEN accepted_date IS NOT NULL
        WHEN 'cancelled' THEN accepted_date IS NULL
        ELSE 1 = 0 END),
    FOREIGN KEY (id, last_transition, state) REFERENCES public_venue_transitions (venue_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX public_venues_name ON public_venues (division_code, name) WHERE state <> 'cancelled';
CREATE INDEX public_venues_division ON public_venues (division_code, id);
CREATE INDEX public_venues_county ON public_venues (county_code, id);
CREATE INDEX public_venues_state ON public_venues (state, id);
CREATE INDEX public_venues_recorded_by ON public_venues (recorded_by);

CREATE TABLE public_venue_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    venue_id BLOB NOT NULL REFERENCES public_venues (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('extend', 'reject', 'accept', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (venue_id, previous_sequence, from_state) REFERENCES public_venue_transitions (venue_id, sequence, to_state)
) STRICT;
CREATE INDEX public_venue_transitions_previous ON public_venue_transitions (venue_id, previous_sequence, from_state);
CREATE INDEX public_venue_transitions_actor ON public_venue_transitions (actor_id);

-- What is missing there, and until when it is to be there.
CREATE TABLE public_venue_items (
    id BLOB NOT NULL PRIMARY KEY,
    venue_id BLOB NOT NULL REFERENCES public_venues (id),
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind TEXT NOT NULL CHECK (kind IN ('entrance', 'lift', 'toilet', 'parking', 'counter', 'signage', 'other')),
    finding TEXT NOT NULL CHECK (length(finding) BETWEEN 1 AND 500),
    due_date TEXT NOT NULL,
    remedied INTEGER NOT NULL CHECK (remedied IN (0, 1)),
    UNIQUE (venue_id, number)
) STRICT;
CREATE INDEX public_venue_items_due ON public_venue_items (venue_id, due_date);

-- Disabled people who tried it: part of the acceptance.
CREATE TABLE public_venue_participants (
    transition_id BLOB NOT NULL REFERENCES public_venue_transitions (id) DEFERRABLE INITIALLY DEFERRED,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    PRIMARY KEY (transition_id, resident_id)
) STRICT;
CREATE INDEX public_venue_participants_resident ON public_venue_participants (resident_id);

CREATE TRIGGER public_venues_fixed BEFORE UPDATE ON public_venues
WHEN (NEW.id, NEW.name, NEW.kind, NEW.division_code, NEW.address, NEW.owner, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.name, OLD.kind, OLD.division_code, OLD.address, OLD.owner, OLD.recorded_by, OLD.recorded_at)
    OR NEW.last_transition <> OLD.last_transition + 1 OR OLD.accepted_date IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a venue is does not change');
END;
CREATE TRIGGER public_venue_transitions_stands BEFORE INSERT ON public_venue_transitions
WHEN NOT EXISTS (SELECT 1 FROM public_venues v WHERE v.id = NEW.venue_id AND v.last_transition = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its venue now stands');
END;
-- It is remedied when all of it is, and not before.
CREATE TRIGGER public_venue_transitions_items BEFORE INSERT ON public_venue_transitions
WHEN NEW.to_state IN ('listed', 'remedied', 'accepted') AND (NEW.to_state = 'listed') <> EXISTS (
    SELECT 1 FROM public_venue_items i WHERE i.venue_id = NEW.venue_id AND i.remedied = 0)
BEGIN
    SELECT RAISE(ABORT, 'huican.venue_items');
END;
-- By somebody who did not report it, and with people who need it.
CREATE TRIGGER public_venue_transitions_own BEFORE INSERT ON public_venue_transitions
WHEN NEW.action = 'accept' AND EXISTS (
    SELECT 1 FROM public_venue_transitions t WHERE t.venue_id = NEW.venue_id AND t.action = 'remedy' AND t.actor_id = NEW.actor_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.venue_own');
END;
CREATE TRIGGER public_venue_transitions_participants BEFORE INSERT ON public_venue_transitions
WHEN NEW.action = 'accept' AND NOT EXISTS (
    SELECT 1 FROM public_venue_participants p JOIN certificates c ON c.resident_id = p.resident_id
    WHERE p.transition_id = NEW.id AND c.superseded_at IS NULL AND c.state = 'valid')
BEGIN
    SELECT RAISE(ABORT, 'huican.venue_participants');
END;
CREATE TRIGGER public_venue_items_listed BEFORE INSERT ON public_venue_items
WHEN NOT EXISTS (
    SELECT 1 FROM public_venues v WHERE v.id = NEW.venue_id AND v.state = 'listed' AND v.last_transition = 1 AND NEW.remedied = 0
      AND NOT EXISTS (SELECT 1 FROM public_venue_transitions t WHERE t.venue_id = v.id AND t.sequence = v.last_transition))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: items change with an entry of their venue');
END;
CREATE TRIGGER public_venue_items_moved BEFORE UPDATE ON public_venue_items
WHEN NOT EXISTS (
    SELECT 1 FROM public_venues v WHERE v.id = NEW.venue_id AND v.state IN ('listed', 'remedied')
      AND NOT EXISTS (SELECT 1 FROM public_venue_transitions t WHERE t.venue_id = v.id AND t.sequence = v.last_transition))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: items change with an entry of their venue');
END;
CREATE TRIGGER public_venue_items_fixed BEFORE UPDATE ON public_venue_items
WHEN (NEW.id, NEW.venue_id, NEW.number, NEW.kind, NEW.finding) IS NOT (OLD.id, OLD.venue_id, OLD.number, OLD.kind, OLD.finding)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what an item is does not change');
END;
CREATE TRIGGER public_venue_participants_with BEFORE INSERT ON public_venue_participants
WHEN EXISTS (SELECT 1 FROM public_venue_transitions t WHERE t.id = NEW.transition_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who took part is said with the acceptance');
END;
CREATE TRIGGER public_venue_transitions_fixed BEFORE UPDATE ON public_venue_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER public_venue_participants_fixed BEFORE UPDATE ON public_venue_participants
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who took part stays');
END;
CREATE TRIGGER public_venues_keep BEFORE DELETE ON public_venues
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of venues is deleted');
END;
CREATE TRIGGER public_venue_transitions_keep BEFORE DELETE ON public_venue_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of venues is deleted');
END;
CREATE TRIGGER public_venue_items_keep BEFORE DELETE ON public_venue_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of venues is deleted');
END;
CREATE TRIGGER public_venue_participants_keep BEFORE DELETE ON public_venue_participants
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of venues is deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER public_venues_no_replace BEFORE INSERT ON public_venues
WHEN EXISTS (SELECT 1 FROM public_venues WHERE id = NEW.id
    OR (division_code = NEW.division_code AND name = NEW.name AND state <> 'cancelled' AND NEW.state <> 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_venues.division_code');
END;
CREATE TRIGGER public_venue_transitions_no_replace BEFORE INSERT ON public_venue_transitions
WHEN EXISTS (SELECT 1 FROM public_venue_transitions WHERE id = NEW.id OR (venue_id = NEW.venue_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_venue_transitions.venue_id');
END;
CREATE TRIGGER public_venue_items_no_replace BEFORE INSERT ON public_venue_items
WHEN EXISTS (SELECT 1 FROM public_venue_items WHERE id = NEW.id OR (venue_id = NEW.venue_id AND number = NEW.number))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_venue_items.venue_id');
END;
CREATE TRIGGER public_venue_participants_no_replace BEFORE INSERT ON public_venue_participants
WHEN EXISTS (SELECT 1 FROM public_venue_participants WHERE transition_id = NEW.transition_id AND resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_venue_participants.transition_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_venue BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% public_venue.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
