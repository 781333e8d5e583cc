-- Petitions: what people ask or complain of, the days by which the office has to answer, and who answered. The history is
-- the truth: where a petition stands, and until when, is what its last entry says. `name`, `contact`, `body` and `comment`
-- are sealed.
CREATE TABLE petitions (
    id BLOB NOT NULL PRIMARY KEY,
    petitioner TEXT NOT NULL CHECK (petitioner IN ('resident', 'named', 'anonymous')),
    resident_id BLOB REFERENCES residents (id),
    name BLOB,
    contact BLOB,
    channel TEXT NOT NULL CHECK (channel IN ('letter', 'visit', 'phone', 'online')),
    category TEXT NOT NULL CHECK (category IN ('certificate', 'subsidy', 'rehabilitation', 'device', 'renovation', 'employment', 'rights',
        'service_attitude', 'corruption', 'other')),
    body BLOB NOT NULL,
    -- What and whom it complains of.
    case_id BLOB REFERENCES cases (id),
    complained_user_id BLOB REFERENCES users (id),
    -- Where it was received, and where it is handled.
    origin_organization_id BLOB NOT NULL REFERENCES organizations (id),
    origin_code TEXT NOT NULL REFERENCES divisions (code),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    received_date TEXT NOT NULL,
    received_by BLOB NOT NULL REFERENCES users (id),
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'transferred', 'accepted', 'not_accepted', 'decided', 'review_asked', 'reviewed',
        'rereview_asked', 'final', 'closed', 'withdrawn')),
    -- What is due next, and when.
    due_limit TEXT,
    due_date TEXT,
    -- Until when the office it was transferred to may object.
    objection_due_date TEXT,
    accepted_date TEXT,
    extension TEXT CHECK (extension IN ('asked', 'approved', 'notified', 'refused')),
    extension_days INTEGER CHECK (extension_days BETWEEN 1 AND 30),
    outcome TEXT CHECK (outcome IN ('supported', 'partly_supported', 'not_supported', 'mediated')),
    late_acts INTEGER NOT NULL CHECK (late_acts >= 0),
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    origin_county_code TEXT GENERATED ALWAYS AS (substr(origin_code, 1, 6)) STORED,
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
    CHECK (state <> 'transferred' OR objection_due_date IS NOT NULL),
    FOREIGN KEY (id, last_transition, state) REFERENCES petition_transitions (petition_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
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
    id BLOB NOT NULL PRIMARY KEY,
    petition_id BLOB NOT NULL REFERENCES petitions (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- When it was done, and the petitioner told; the entry says when it was written.
    on_date TEXT NOT NULL,
    -- By when it was to be done, if it is what the office owed.
    due_date TEXT,
    late INTEGER NOT NULL,
    -- What is due after it.
    next_limit TEXT,
    next_due_date TEXT,
    -- Of a transfer: where to.
    organization_id BLOB REFERENCES organizations (id),
    extension_days INTEGER CHECK (extension_days BETWEEN 1 AND 30),
    outcome TEXT CHECK (outcome IN ('supported', 'partly_supported', 'not_supported', 'mediated')),
    document_number TEXT CHECK (document_number <> ''),
    comment BLOB,
    actor_id BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL,
    UNIQUE (petition_id, sequence),
    UNIQUE (petition_id, sequence, to_state),
    CHECK (late IN (0, 1)),
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
        ELSE 1 = 0 END),
    -- What the office owed is done in time, or late and said to be.
    CHECK ((action IN ('transfer', 'accept', 'not_accept', 'decide', 'review', 'rereview')) = (due_date IS NOT NULL)),
    CHECK (late = coalesce(on_date > due_date, 1 = 0)),
    CHECK ((next_limit IS NULL) = (next_due_date IS NULL)),
    CHECK ((to_state IN ('not_accepted', 'final', 'closed', 'withdrawn')) = (next_due_date IS NULL)),
    CHECK ((action = 'transfer') = (organization_id IS NOT NULL)),
    CHECK ((action = 'request_extension') = (extension_days IS NOT NULL)),
    CHECK ((action IN ('decide', 'review', 'rereview')) = (outcome IS NOT NULL)),
    CHECK (action IN ('decide', 'review', 'rereview') OR document_number IS NULL),
    CHECK (action IN ('receive', 'accept', 'approve_extension', 'notify_extension', 'close') OR comment IS NOT NULL),
    FOREIGN KEY (petition_id, previous_sequence, from_state) REFERENCES petition_transitions (petition_id, sequence, to_state)
) STRICT;
CREATE INDEX petition_transitions_previous ON petition_transitions (petition_id, previous_sequence, from_state);
CREATE INDEX petition_transitions_organization ON petition_transitions (organization_id);
CREATE INDEX petition_transitions_actor ON petition_transitions (actor_id);

-- A petition begins with its receipt, and is what it was; each entry adds its own. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER petitions_begin BEFORE INSERT ON petitions
WHEN NEW.state <> 'received' OR NEW.last_transition <> 1 OR NEW.late_acts <> 0 OR NEW.organization_id <> NEW.origin_organization_id
    OR NEW.division_code <> NEW.origin_code OR NEW.extension IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a petition begins with its receipt');
END;
CREATE TRIGGER petitions_of_merged BEFORE INSERT ON petitions
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER petitions_fixed BEFORE UPDATE ON petitions
WHEN (NEW.id, NEW.petitioner, NEW.resident_id, NEW.channel, NEW.category, NEW.case_id, NEW.complained_user_id, NEW.origin_organization_id,
        NEW.origin_code, NEW.received_date, NEW.received_by, NEW.received_at)
        IS NOT (OLD.id, OLD.petitioner, OLD.resident_id, OLD.channel, OLD.category, OLD.case_id, OLD.complained_user_id,
        OLD.origin_organization_id, OLD.origin_code, OLD.received_date, OLD.received_by, OLD.received_at)
    OR (NEW.body <> OLD.body AND substr(NEW.body, 2, 2) <= substr(OLD.body, 2, 2))
    OR (NEW.name IS NOT OLD.name AND coalesce(substr(NEW.name, 2, 2) <= substr(OLD.name, 2, 2), 1 = 1))
    OR (NEW.contact IS NOT OLD.contact AND coalesce(substr(NEW.contact, 2, 2) <= substr(OLD.contact, 2, 2), 1 = 1))
    OR ((NEW.organization_id, NEW.division_code, NEW.state, NEW.due_limit, NEW.due_date, NEW.objection_due_date, NEW.accepted_date,
        NEW.extension, NEW.extension_days, NEW.outcome, NEW.late_acts, NEW.last_transition)
        IS NOT (OLD.organization_id, OLD.division_code, OLD.state, OLD.due_limit, OLD.due_date, OLD.objection_due_date, OLD.accepted_date,
        OLD.extension, OLD.extension_days, OLD.outcome, OLD.late_acts, OLD.last_transition)
        AND NEW.last_transition <> OLD.last_transition + 1)
    OR (OLD.accepted_date IS NOT NULL AND NEW.accepted_date IS NOT OLD.accepted_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a petition is about does not change');
END;
CREATE TRIGGER petitions_keep BEFORE DELETE ON petitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: petitions are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER petitions_no_replace BEFORE INSERT ON petitions
WHEN EXISTS (SELECT 1 FROM petitions WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: petitions.id');
END;

-- An entry says where its petition now stands, until when, and what was due of it.
CREATE TRIGGER petition_transitions_stand BEFORE INSERT ON petition_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM petitions p LEFT JOIN petition_transitions o ON o.petition_id = p.id AND o.sequence = NEW.previous_sequence
    WHERE p.id = NEW.petition_id AND p.last_transition = NEW.sequence
      AND p.due_limit IS NEW.next_limit AND p.due_date IS NEW.next_due_date
      AND (NEW.due_date IS NULL OR NEW.due_date IS o.next_due_date)
      AND coalesce(o.on_date <= NEW.on_date, 1 = 1)
      AND p.late_acts = NEW.late + (SELECT count(*) FROM petition_transitions l WHERE l.petition_id = p.id AND l.late = 1)
      AND CASE NEW.action
        WHEN 'receive' THEN p.received_by = NEW.actor_id AND p.received_date = NEW.on_date
        WHEN 'transfer' THEN p.organization_id = NEW.organization_id AND p.organization_id <> p.origin_organization_id
        WHEN 'object' THEN p.organization_id = p.origin_organization_id AND p.division_code = p.origin_code
            AND NEW.on_date <= p.objection_due_date
        WHEN 'accept' THEN p.accepted_date = NEW.on_date
        WHEN 'request_extension' THEN p.extension = 'asked' AND p.extension_days = NEW.extension_days AND NEW.next_due_date IS o.next_due_date
        WHEN 'approve_extension' THEN p.extension = 'approved'
            AND NEW.next_due_date = date(o.next_due_date, '+' || p.extension_days || ' days')
        WHEN 'refuse_extension' THEN p.extension = 'refused' AND NEW.next_due_date IS o.next_due_date
        WHEN 'notify_extension' THEN p.extension = 'notified' AND NEW.next_due_date IS o.next_due_date
        WHEN 'decide' THEN p.outcome = NEW.outcome
        WHEN 'review' THEN p.outcome = NEW.outcome
        WHEN 'rereview' THEN p.outcome = NEW.outcome
        ELSE 1 = 1 END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its petition now stands');
END;
-- It is extended once, by what somebody asked for.
CREATE TRIGGER petition_transitions_extended BEFORE INSERT ON petition_transitions
WHEN (NEW.action = 'request_extension' AND EXISTS (
        SELECT 1 FROM petition_transitions o WHERE o.petition_id = NEW.petition_id AND o.action = 'approve_extension'))
    OR (NEW.action IN ('approve_extension', 'refuse_extension') AND NOT EXISTS (
        SELECT 1 FROM petition_transitions o
        WHERE o.petition_id = NEW.petition_id AND o.action = 'request_extension' AND o.sequence = NEW.previous_sequence))
BEGIN
    SELECT RAISE(ABORT, 'huican.petition_extension');
END;
-- Nobody handles what complains of them, and nobody decides about a case in which they had a hand.
CREATE TRIGGER petition_transitions_complained BEFORE INSERT ON petition_transitions
WHEN EXISTS (
    SELECT 1 FROM petitions p WHERE p.id = NEW.petition_id AND (p.complained_user_id = NEW.actor_id
        OR (NEW.action NOT IN ('receive', 'transfer', 'object', 'notify_extension', 'request_review', 'request_rereview', 'withdraw') AND (
            EXISTS (SELECT 1 FROM case_duties d WHERE d.case_id = p.case_id AND d.user_id = NEW.actor_id)
            OR EXISTS (SELECT 1 FROM case_transitions t WHERE t.case_id = p.case_id AND t.actor_id = NEW.actor_id)))))
BEGIN
    SELECT RAISE(ABORT, 'huican.petition_complained');
END;
CREATE TRIGGER petition_transitions_recused BEFORE INSERT ON petition_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT p.resident_id FROM petitions p WHERE p.id = NEW.petition_id))
  OR EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id
      AND t.resident_id = (SELECT c.resident_id FROM petitions p JOIN cases c ON c.id = p.case_id WHERE p.id = NEW.petition_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- Each level is another person's, and who asks for more time does not grant it.
CREATE TRIGGER petition_transitions_separate BEFORE INSERT ON petition_transitions
WHEN EXISTS (
    SELECT 1 FROM petition_transitions o WHERE o.petition_id = NEW.petition_id AND o.actor_id = NEW.actor_id AND CASE
        WHEN NEW.action IN ('review', 'rereview') THEN o.action IN ('decide', 'review')
        WHEN NEW.action IN ('approve_extension', 'refuse_extension') THEN o.action = 'request_extension'
        ELSE 1 = 0 END)
BEGIN
    SELECT RAISE(ABORT, 'huican.petition_separation');
END;
CREATE TRIGGER petition_transitions_fixed BEFORE UPDATE ON petition_transitions
WHEN (NEW.id, NEW.petition_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.due_date,
        NEW.late, NEW.next_limit, NEW.next_due_date, NEW.organization_id, NEW.extension_days, NEW.outcome, NEW.document_number, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.petition_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
        OLD.due_date, OLD.late, OLD.next_limit, OLD.next_due_date, OLD.organization_id, OLD.extension_days, OLD.outcome, OLD.document_number,
        OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER petition_transitions_keep BEFORE DELETE ON petition_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER petition_transitions_no_replace BEFORE INSERT ON petition_transitions
WHEN EXISTS (SELECT 1 FROM petition_transitions WHERE id = NEW.id OR (petition_id = NEW.petition_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: petition_transitions.petition_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_petitions BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% petition.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
