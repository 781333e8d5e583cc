-- Petitions: what people ask or complain of, the days by which the office has to answer, and who answered. The history is
-- the truth: where a petition stands, and until when, is what its last entry says. `name`, `contact`, `body` and `comment`
-- are sealed.
CREATE TABLE petitions (
    id uuid NOT NULL PRIMARY KEY,
    petitioner text NOT NULL CHECK (petitioner IN ('resident', 'named', 'anonymous')),
    resident_id uuid REFERENCES residents (id),
    name bytea,
    contact bytea,
    channel text NOT NULL CHECK (channel IN ('letter', 'visit', 'phone', 'online')),
    category text NOT NULL CHECK (category IN ('certificate', 'subsidy', 'rehabilitation', 'device', 'renovation', 'employment', 'rights',
        'service_attitude', 'corruption', 'other')),
    body bytea NOT NULL,
    -- What and whom it complains of.
    case_id uuid REFERENCES cases (id),
    complained_user_id uuid REFERENCES users (id),
    -- Where it was received, and where it is handled.
    origin_organization_id uuid NOT NULL REFERENCES organizations (id),
    origin_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    received_date date NOT NULL,
    received_by uuid NOT NULL REFERENCES users (id),
    received_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'transferred', 'accepted', 'not_accepted', 'decided', 'review_asked', 'reviewed',
        'rereview_asked', 'final', 'closed', 'withdrawn')),
    -- What is due next, and when.
    due_limit text,
    due_date date,
    -- Until when the office it was transferred to may object.
    objection_due_date date,
    accepted_date date,
    extension text CHECK (extension IN ('asked', 'approved', 'notified', 'refused')),
    extension_days integer CHECK (extension_days BETWEEN 1 AND 30),
    outcome text CHECK (outcome IN ('supported', 'partly_supported', 'not_supported', 'mediated')),
    late_acts integer NOT NULL CHECK (late_acts >= 0),
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    origin_county_code text COLLATE "C" GENERATED ALWAYS AS (left(origin_code, 6)) STORED,
    CHECK ((petitioner = 'resident') = (resident_id IS NOT NULL)),
    CHECK ((petitioner = 'named') = (name IS NOT NULL)),
    CHECK (petitioner <> 'anonymous' OR contact IS NULL),
    CHECK ((due_limit IS NULL) = (due_date IS NULL)),
    CHECK ((state IN ('not_accepted', 'final', 'closed', 'withdrawn')) = (due_date IS NULL)),
    CHECK ((extension IS NULL) = (extension_days IS NULL)),
    CHECK (extension IS NULL OR accepted_date IS NOT NULL),
    CHECK (state NOT IN ('received', 'transferred', 'not_accepted') OR accepted_date IS NULL),
    CHECK (state <> 'accepted' OR accepted_date IS NOT NULL),
    CHECK ((state IN ('decided', 'review_asked', 'reviewed', 'rereview_asked', 'final', 'closed')) = (outcome IS NOT NULL)),
    CHECK (state <> 'transferred' OR objection_due_date IS NOT NULL)
);
CREATE INDEX petitions_resident ON petitions (resident_id, id);
CREATE INDEX petitions_case ON petitions (case_id);
CREATE INDEX petitions_complained ON petitions (complained_user_id);
CREATE INDEX petitions_origin_organization ON petitions (origin_organization_id);
CREATE INDEX petitions_organization ON petitions (organization_id);
CREATE INDEX petitions_division ON petitions (division_code, id);
CREATE INDEX petitions_county ON petitions (county_code, id);
CREATE INDEX petitions_origin ON petitions (origin_code, id);
CREATE INDEX petitions_origin_county ON petitions (origin_county_code, id);
CREATE INDEX petitions_due ON petitions (due_date, id);
CREATE INDEX petitions_received ON petitions (received_date, id);
CREATE INDEX petitions_state ON petitions (state, id);
CREATE INDEX petitions_received_by ON petitions (received_by);

CREATE TABLE petition_transitions (
    id uuid NOT NULL PRIMARY KEY,
    petition_id uuid NOT NULL REFERENCES petitions (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- When it was done, and the petitioner told; the entry says when it was written.
    on_date date NOT NULL,
    -- By when it was to be done, if it is what the office owed.
    due_date date,
    late boolean NOT NULL,
    -- What is due after it.
    next_limit text,
    next_due_date date,
    -- Of a transfer: where to.
    organization_id uuid REFERENCES organizations (id),
    extension_days integer CHECK (extension_days BETWEEN 1 AND 30),
    outcome text CHECK (outcome IN ('supported', 'partly_supported', 'not_supported', 'mediated')),
    document_number text CHECK (document_number <> ''),
    comment bytea,
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
    UNIQUE (petition_id, sequence),
    UNIQUE (petition_id, sequence, to_state),
    CHECK ((action = 'receive') = (sequence = 1)),
    CHECK ((action = 'receive') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'receive' THEN to_state = 'received'
        WHEN 'transfer' THEN to_state = 'transferred' AND from_state = 'received'
        WHEN 'object' THEN to_state = 'received' AND from_state = 'transferred'
        WHEN 'accept' THEN to_state = 'accepted' AND from_state IN ('received', 'transferred')
        WHEN 'not_accept' THEN to_state = 'not_accepted' AND from_state IN ('received', 'transferred')
        WHEN 'request_extension' THEN to_state = 'accepted' AND from_state = 'accepted'
        WHEN 'approve_extension' THEN to_state = 'accepted' AND from_state = 'accepted'
        WHEN 'refuse_extension' THEN to_state = 'accepted' AND from_state = 'accepted'
        WHEN 'notify_extension' THEN to_state = 'accepted' AND from_state = 'accepted'
        WHEN 'decide' THEN to_state = 'decided' AND from_state = 'accepted'
        WHEN 'request_review' THEN to_state = 'review_asked' AND from_state = 'decided'
        WHEN 'review' THEN to_state = 'reviewed' AND from_state = 'review_asked'
        WHEN 'request_rereview' THEN to_state = 'rereview_asked' AND from_state = 'reviewed'
        WHEN 'rereview' THEN to_state = 'final' AND from_state = 'rereview_asked'
        WHEN 'close' THEN to_state = 'closed' AND from_state IN ('decided', 'reviewed')
        WHEN 'withdraw' THEN to_state = 'withdrawn' AND from_state IN ('received', 'transferred', 'accepted')
        ELSE false END),
    -- What the office owed is done in time, or late and said to be.
    CHECK ((action IN ('transfer', 'accept', 'not_accept', 'decide', 'review', 'rereview')) = (due_date IS NOT NULL)),
    CHECK (late = coalesce(on_date > due_date, false)),
    CHECK ((next_limit IS NULL) = (next_due_date IS NULL)),
    CHECK ((to_state IN ('not_accepted', 'final', 'closed', 'withdrawn')) = (next_due_date IS NULL)),
    CHECK ((action = 'transfer') = (organization_id IS NOT NULL)),
    CHECK ((action = 'request_extension') = (extension_days IS NOT NULL)),
    CHECK ((action IN ('decide', 'review', 'rereview')) = (outcome IS NOT NULL)),
    CHECK (action IN ('decide', 'review', 'rereview') OR document_number IS NULL),
    CHECK (action IN ('receive', 'accept', 'approve_extension', 'notify_extension', 'close') OR comment IS NOT NULL),
    FOREIGN KEY (petition_id, previous_sequence, from_state) REFERENCES petition_transitions (petition_id, sequence, to_state)
);
ALTER TABLE petitions
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES petition_transitions (petition_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX petition_transitions_previous ON petition_transitions (petition_id, previous_sequence, from_state);
CREATE INDEX petition_transitions_organization ON petition_transitions (organization_id);
CREATE INDEX petition_transitions_actor ON petition_transitions (actor_id);

-- A petition begins with its receipt, and is what it was; each entry adds its own. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER petitions_begin BEFORE INSERT ON petitions FOR EACH ROW
    WHEN (NEW.state <> 'received' OR NEW.last_transition <> 1 OR NEW.late_acts <> 0 OR NEW.organization_id <> NEW.origin_organization_id
        OR NEW.division_code <> NEW.origin_code OR NEW.extension IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER petitions_of_merged BEFORE INSERT ON petitions FOR EACH ROW
    WHEN (NEW.resident_id IS NOT NULL) EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER petitions_fixed BEFORE UPDATE ON petitions FOR EACH ROW
    WHEN ((NEW.id, NEW.petitioner, NEW.resident_id, NEW.channel, NEW.category, NEW.case_id, NEW.complained_user_id, NEW.origin_organization_id,
            NEW.origin_code, NEW.received_date, NEW.received_by, NEW.received_at)
            IS DISTINCT FROM (OLD.id, OLD.petitioner, OLD.resident_id, OLD.channel, OLD.category, OLD.case_id, OLD.complained_user_id,
            OLD.origin_organization_id, OLD.origin_code, OLD.received_date, OLD.received_by, OLD.received_at)
        OR (NEW.body <> OLD.body AND substr(NEW.body, 2, 2) <= substr(OLD.body, 2, 2))
        OR (NEW.name IS DISTINCT FROM OLD.name AND coalesce(substr(NEW.name, 2, 2) <= substr(OLD.name, 2, 2), true))
        OR (NEW.contact IS DISTINCT FROM OLD.contact AND coalesce(substr(NEW.contact, 2, 2) <= substr(OLD.contact, 2, 2), true))
        OR ((NEW.organization_id, NEW.division_code, NEW.state, NEW.due_limit, NEW.due_date, NEW.objection_due_date, NEW.accepted_date,
            NEW.extension, NEW.extension_days, NEW.outcome, NEW.late_acts, NEW.last_transition)
            IS DISTINCT FROM (OLD.organization_id, OLD.division_code, OLD.state, OLD.due_limit, OLD.due_date, OLD.objection_due_date,
            OLD.accepted_date, OLD.extension, OLD.extension_days, OLD.outcome, OLD.late_acts, OLD.last_transition)
            AND NEW.last_transition <> OLD.last_transition + 1)
        OR (OLD.accepted_date IS NOT NULL AND NEW.accepted_date IS DISTINCT FROM OLD.accepted_date))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER petitions_keep BEFORE DELETE ON petitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER petitions_keep_all BEFORE TRUNCATE ON petitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says where its petition now stands, until when, and what was due of it; it is extended once, by what somebody
-- asked for. Nobody handles what complains of them, and nobody decides about a case in which they had a hand. Each level is
-- another person's, and who asks for more time does not grant it.
CREATE FUNCTION refuse_petition_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' SET huican.user_id = '' AS $$
DECLARE
    p petitions%ROWTYPE;
    o petition_transitions%ROWTYPE;
BEGIN
    SELECT * INTO p FROM petitions WHERE id = NEW.petition_id;
    SELECT * INTO o FROM petition_transitions WHERE petition_id = NEW.petition_id AND sequence = NEW.previous_sequence;
    IF p.complained_user_id = NEW.actor_id
        OR (NEW.action NOT IN ('receive', 'transfer', 'object', 'notify_extension', 'request_review', 'request_rereview', 'withdraw') AND (
            EXISTS (SELECT 1 FROM case_duties d WHERE d.case_id = p.case_id AND d.user_id = NEW.actor_id)
            OR EXISTS (SELECT 1 FROM case_transitions t WHERE t.case_id = p.case_id AND t.actor_id = NEW.actor_id)))
    THEN
        RAISE EXCEPTION 'huican.petition_complained';
    END IF;
    IF is_tied(NEW.actor_id, p.resident_id) OR is_tied(NEW.actor_id, (SELECT c.resident_id FROM cases c WHERE c.id = p.case_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF EXISTS (
        SELECT 1 FROM petition_transitions e WHERE e.petition_id = NEW.petition_id AND e.actor_id = NEW.actor_id AND (CASE
            WHEN NEW.action IN ('review', 'rereview') THEN e.action IN ('decide', 'review')
            WHEN NEW.action IN ('approve_extension', 'refuse_extension') THEN e.action = 'request_extension'
            ELSE false END))
    THEN
        RAISE EXCEPTION 'huican.petition_separation';
    END IF;
    IF (NEW.action = 'request_extension' AND EXISTS (
            SELECT 1 FROM petition_transitions e WHERE e.petition_id = NEW.petition_id AND e.action = 'approve_extension'))
        OR (NEW.action IN ('approve_extension', 'refuse_extension') AND o.action IS DISTINCT FROM 'request_extension')
    THEN
        RAISE EXCEPTION 'huican.petition_extension';
    END IF;
    IF p.last_transition IS DISTINCT FROM NEW.sequence
        OR (p.due_limit, p.due_date) IS DISTINCT FROM (NEW.next_limit, NEW.next_due_date)
        OR (NEW.due_date IS NOT NULL AND NEW.due_date IS DISTINCT FROM o.next_due_date)
        OR coalesce(o.on_date > NEW.on_date, false)
        OR p.late_acts <> NEW.late::integer
            + (SELECT count(*) FROM petition_transitions l WHERE l.petition_id = p.id AND l.late)
        OR NOT coalesce((CASE NEW.action
            WHEN 'receive' THEN p.received_by = NEW.actor_id AND p.received_date = NEW.on_date
            WHEN 'transfer' THEN p.organization_id = NEW.organization_id AND p.organization_id <> p.origin_organization_id
            WHEN 'object' THEN p.organization_id = p.origin_organization_id AND p.division_code = p.origin_code
                AND NEW.on_date <= p.objection_due_date
            WHEN 'accept' THEN p.accepted_date = NEW.on_date
            WHEN 'request_extension' THEN p.extension = 'asked' AND p.extension_days = NEW.extension_days
                AND NEW.next_due_date = o.next_due_date
            WHEN 'approve_extension' THEN p.extension = 'approved' AND NEW.next_due_date = o.next_due_date + p.extension_days
            WHEN 'refuse_extension' THEN p.extension = 'refused' AND NEW.next_due_date = o.next_due_date
            WHEN 'notify_extension' THEN p.extension = 'notified' AND NEW.next_due_date = o.next_due_date
            WHEN 'decide' THEN p.outcome = NEW.outcome
            WHEN 'review' THEN p.outcome = NEW.outcome
            WHEN 'rereview' THEN p.outcome = NEW.outcome
            ELSE true END), false)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its petition now stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER petition_transitions_stand BEFORE INSERT ON petition_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_petition_entry();
CREATE TRIGGER petition_transitions_fixed BEFORE UPDATE ON petition_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.petition_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.due_date,
            NEW.late, NEW.next_limit, NEW.next_due_date, NEW.organization_id, NEW.extension_days, NEW.outcome, NEW.document_number,
            NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.petition_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date, OLD.due_date,
            OLD.late, OLD.next_limit, OLD.next_due_date, OLD.organization_id, OLD.extension_days, OLD.outcome, OLD.document_number,
            OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER petition_transitions_keep BEFORE DELETE ON petition_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER petition_transitions_keep_all BEFORE TRUNCATE ON petition_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_petitions CHECK (' ' || permits || ' ' NOT LIKE '% petition.act %');

GRANT SELECT, INSERT ON petitions, petition_transitions TO huican_service;
GRANT UPDATE (organization_id, division_code, state, due_limit, due_date, objection_due_date, accepted_date, extension, extension_days, outcome,
    late_acts, last_transition, name, contact, body) ON petitions TO huican_service;
GRANT UPDATE (comment) ON petition_transitions TO huican_service;

-- Within reach where it was received and where it is handled, and never of whom it complains about.
ALTER TABLE petitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON petitions
    USING (CASE WHEN complained_user_id = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid) THEN false
        WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true
        WHEN origin_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE petition_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON petition_transitions
    USING (EXISTS (SELECT 1 FROM petitions p WHERE p.id = petition_id));
