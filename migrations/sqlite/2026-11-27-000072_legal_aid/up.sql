-- Applications for legal aid: on what the means check was waived or asked for, by when they are decided and a lawyer is
-- assigned, and what became of them. The history is the truth. `statement` and `comment` are sealed.
CREATE TABLE legal_aid_applications (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    -- Where the applicant lived; who moves leaves it with the office that has it.
    division_code TEXT NOT NULL REFERENCES divisions (code),
    matter TEXT NOT NULL CHECK (matter IN ('labor', 'social_security', 'support', 'personal_injury', 'domestic_violence', 'property', 'marriage',
        'state_compensation', 'criminal_defense', 'other')),
    statement BLOB NOT NULL,
    applied_date TEXT NOT NULL,
    filed_by BLOB NOT NULL REFERENCES users (id),
    filed_at INTEGER NOT NULL,
    means_check TEXT NOT NULL CHECK (means_check IN ('waived', 'required')),
    -- What it was judged by.
    means_basis TEXT NOT NULL,
    fixed_income INTEGER NOT NULL,
    hardship INTEGER,
    state TEXT NOT NULL CHECK (state IN ('applied', 'granted', 'refused', 'assigned', 'closed', 'objected', 'upheld', 'withdrawn')),
    due_limit TEXT,
    due_date TEXT,
    lawyer TEXT CHECK (lawyer <> ''),
    late_acts INTEGER NOT NULL CHECK (late_acts >= 0),
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (fixed_income IN (0, 1)),
    CHECK (hardship IN (0, 1)),
    CHECK (means_check = 'required' OR hardship IS NULL),
    -- Nothing is granted to who was not found to need it.
    CHECK (state NOT IN ('granted', 'assigned', 'closed') OR means_check = 'waived' OR coalesce(hardship, 1 = 0)),
    CHECK ((due_limit IS NULL) = (due_date IS NULL)),
    CHECK ((state IN ('applied', 'granted', 'objected')) = (due_date IS NOT NULL)),
    CHECK ((state IN ('assigned', 'closed')) = (lawyer IS NOT NULL)),
    FOREIGN KEY (id, last_transition, state) REFERENCES legal_aid_transitions (application_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX legal_aid_applications_resident ON legal_aid_applications (resident_id, id);
CREATE INDEX legal_aid_applications_division ON legal_aid_applications (division_code, id);
CREATE INDEX legal_aid_applications_county ON legal_aid_applications (county_code, id);
CREATE INDEX legal_aid_applications_due ON legal_aid_applications (due_date, id);
CREATE INDEX legal_aid_applications_state ON legal_aid_applications (state, id);
CREATE INDEX legal_aid_applications_filed_by ON legal_aid_applications (filed_by);

CREATE TABLE legal_aid_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    application_id BLOB NOT NULL REFERENCES legal_aid_applications (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    on_date TEXT NOT NULL,
    due_date TEXT,
    late INTEGER NOT NULL,
    next_limit TEXT,
    next_due_date TEXT,
    lawyer TEXT CHECK (lawyer <> ''),
    hardship INTEGER,
    document_number TEXT CHECK (document_number <> ''),
    comment BLOB,
    actor_id BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL,
    UNIQUE (application_id, sequence),
    UNIQUE (application_id, sequence, to_state),
    CHECK (late IN (0, 1)),
    CHECK (hardship IN (0, 1)),
    CHECK ((action = 'apply') = (sequence = 1)),
    CHECK ((action = 'apply') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'apply' THEN to_state = 'applied'
        WHEN 'grant' THEN to_state = 'granted' AND from_state = 'applied'
        WHEN 'refuse' THEN to_state = 'refused' AND from_state = 'applied'
        WHEN 'assign' THEN to_state = 'assigned' AND from_state = 'granted'
        WHEN 'close' THEN to_state = 'closed' AND from_state = 'assigned'
        WHEN 'object' THEN to_state = 'objected' AND from_state = 'refused'
        WHEN 'uphold' THEN to_state = 'upheld' AND from_state = 'objected'
        WHEN 'overturn' THEN to_state = 'granted' AND from_state = 'objected'
        WHEN 'withdraw' THEN to_state = 'withdrawn' AND from_state IN ('applied', 'granted')
        ELSE 1 = 0 END),
    CHECK ((action IN ('grant', 'refuse', 'assign')) = (due_date IS NOT NULL)),
    CHECK (late = coalesce(on_date > due_date, 1 = 0)),
    CHECK ((next_limit IS NULL) = (next_due_date IS NULL)),
    CHECK ((action = 'assign') = (lawyer IS NOT NULL)),
    CHECK ((action IN ('uphold', 'overturn')) = (document_number IS NOT NULL)),
    CHECK (action IN ('grant', 'refuse', 'overturn') OR hardship IS NULL),
    CHECK (action IN ('apply', 'grant', 'assign') OR comment IS NOT NULL),
    FOREIGN KEY (application_id, previous_sequence, from_state) REFERENCES legal_aid_transitions (application_id, sequence, to_state)
) STRICT;
CREATE INDEX legal_aid_transitions_previous ON legal_aid_transitions (application_id, previous_sequence, from_state);
CREATE INDEX legal_aid_transitions_actor ON legal_aid_transitions (actor_id);

-- An application begins with its filing, and is what it was; each entry adds its own. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER legal_aid_applications_begin BEFORE INSERT ON legal_aid_applications
WHEN NEW.state <> 'applied' OR NEW.last_transition <> 1 OR NEW.late_acts <> 0 OR NEW.hardship IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an application begins with its filing');
END;
CREATE TRIGGER legal_aid_applications_of_merged BEFORE INSERT ON legal_aid_applications
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER legal_aid_applications_fixed BEFORE UPDATE ON legal_aid_applications
WHEN (NEW.id, NEW.resident_id, NEW.division_code, NEW.matter, NEW.applied_date, NEW.filed_by, NEW.filed_at, NEW.means_check, NEW.means_basis, NEW.fixed_income)
        IS NOT (OLD.id, OLD.resident_id, OLD.division_code, OLD.matter, OLD.applied_date, OLD.filed_by, OLD.filed_at, OLD.means_check, OLD.means_basis, OLD.fixed_income)
    OR (NEW.statement <> OLD.statement AND substr(NEW.statement, 2, 2) <= substr(OLD.statement, 2, 2))
    OR ((NEW.state, NEW.hardship, NEW.due_limit, NEW.due_date, NEW.lawyer, NEW.late_acts, NEW.last_transition)
        IS NOT (OLD.state, OLD.hardship, OLD.due_limit, OLD.due_date, OLD.lawyer, OLD.late_acts, OLD.last_transition)
        AND NEW.last_transition <> OLD.last_transition + 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what an application is about does not change');
END;
CREATE TRIGGER legal_aid_applications_keep BEFORE DELETE ON legal_aid_applications
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: applications are never deleted');
END;
CREATE TRIGGER legal_aid_applications_no_replace BEFORE INSERT ON legal_aid_applications
WHEN EXISTS (SELECT 1 FROM legal_aid_applications WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: legal_aid_applications.id');
END;

-- An entry says where its application now stands, until when, and what was due of it.
CREATE TRIGGER legal_aid_transitions_stand BEFORE INSERT ON legal_aid_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM legal_aid_applications a LEFT JOIN legal_aid_transitions o ON o.application_id = a.id AND o.sequence = NEW.previous_sequence
    WHERE a.id = NEW.application_id AND a.last_transition = NEW.sequence
      AND a.due_limit IS NEW.next_limit AND a.due_date IS NEW.next_due_date
      AND (NEW.due_date IS NULL OR NEW.due_date IS o.next_due_date)
      AND coalesce(o.on_date <= NEW.on_date, 1 = 1)
      AND a.late_acts = NEW.late + (SELECT count(*) FROM legal_aid_transitions l WHERE l.application_id = a.id AND l.late = 1)
      AND (NEW.hardship IS NULL OR a.hardship IS NEW.hardship)
      AND CASE NEW.action
        WHEN 'apply' THEN a.filed_by = NEW.actor_id AND a.applied_date = NEW.on_date
        WHEN 'assign' THEN a.lawyer = NEW.lawyer
        ELSE 1 = 1 END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its application now stands');
END;
CREATE TRIGGER legal_aid_transitions_separate BEFORE INSERT ON legal_aid_transitions
WHEN NEW.action IN ('grant', 'refuse') AND EXISTS (
    SELECT 1 FROM legal_aid_applications a WHERE a.id = NEW.application_id AND a.filed_by = NEW.actor_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.legal_aid_separation');
END;
CREATE TRIGGER legal_aid_transitions_recused BEFORE INSERT ON legal_aid_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT a.resident_id FROM legal_aid_applications a WHERE a.id = NEW.application_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER legal_aid_transitions_fixed BEFORE UPDATE ON legal_aid_transitions
WHEN (NEW.id, NEW.application_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.due_date,
        NEW.late, NEW.next_limit, NEW.next_due_date, NEW.lawyer, NEW.hardship, NEW.document_number, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.application_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
        OLD.due_date, OLD.late, OLD.next_limit, OLD.next_due_date, OLD.lawyer, OLD.hardship, OLD.document_number, OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER legal_aid_transitions_keep BEFORE DELETE ON legal_aid_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER legal_aid_transitions_no_replace BEFORE INSERT ON legal_aid_transitions
WHEN EXISTS (SELECT 1 FROM legal_aid_transitions WHERE id = NEW.id OR (application_id = NEW.application_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: legal_aid_transitions.application_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_legal_aid BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% legal_aid.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
