-- Applications for legal aid: on what the means check was waived or asked for, by when they are decided and a lawyer is
-- assigned, and what became of them. The history is the truth. `statement` and `comment` are sealed.
CREATE TABLE legal_aid_applications (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    -- Where the applicant lived; who moves leaves it with the office that has it.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    matter text NOT NULL CHECK (matter IN ('labor', 'social_security', 'support', 'personal_injury', 'domestic_violence', 'property', 'marriage',
        'state_compensation', 'criminal_defense', 'other')),
    statement bytea NOT NULL,
    applied_date date NOT NULL,
    filed_by uuid NOT NULL REFERENCES users (id),
    filed_at timestamptz NOT NULL,
    means_check text NOT NULL CHECK (means_check IN ('waived', 'required')),
    -- What it was judged by.
    means_basis text NOT NULL,
    fixed_income boolean NOT NULL,
    hardship boolean,
    state text NOT NULL CHECK (state IN ('applied', 'granted', 'refused', 'assigned', 'closed', 'objected', 'upheld', 'withdrawn')),
    due_limit text,
    due_date date,
    lawyer text CHECK (lawyer <> ''),
    late_acts integer NOT NULL CHECK (late_acts >= 0),
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (means_check = 'required' OR hardship IS NULL),
    -- Nothing is granted to who was not found to need it.
    CHECK (state NOT IN ('granted', 'assigned', 'closed') OR means_check = 'waived' OR coalesce(hardship, false)),
    CHECK ((due_limit IS NULL) = (due_date IS NULL)),
    CHECK ((state IN ('applied', 'granted', 'objected')) = (due_date IS NOT NULL)),
    CHECK ((state IN ('assigned', 'closed')) = (lawyer IS NOT NULL))
);
CREATE INDEX legal_aid_applications_resident ON legal_aid_applications (resident_id, id);
CREATE INDEX legal_aid_applications_division ON legal_aid_applications (division_code, id);
CREATE INDEX legal_aid_applications_county ON legal_aid_applications (county_code, id);
CREATE INDEX legal_aid_applications_due ON legal_aid_applications (due_date, id);
CREATE INDEX legal_aid_applications_state ON legal_aid_applications (state, id);
CREATE INDEX legal_aid_applications_filed_by ON legal_aid_applications (filed_by);

CREATE TABLE legal_aid_transitions (
    id uuid NOT NULL PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES legal_aid_applications (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    on_date date NOT NULL,
    due_date date,
    late boolean NOT NULL,
    next_limit text,
    next_due_date date,
    lawyer text CHECK (lawyer <> ''),
    hardship boolean,
    document_number text CHECK (document_number <> ''),
    comment bytea,
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
    UNIQUE (application_id, sequence),
    UNIQUE (application_id, sequence, to_state),
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
        ELSE false END),
    CHECK ((action IN ('grant', 'refuse', 'assign')) = (due_date IS NOT NULL)),
    CHECK (late = coalesce(on_date > due_date, false)),
    CHECK ((next_limit IS NULL) = (next_due_date IS NULL)),
    CHECK ((action = 'assign') = (lawyer IS NOT NULL)),
    CHECK ((action IN ('uphold', 'overturn')) = (document_number IS NOT NULL)),
    CHECK (action IN ('grant', 'refuse', 'overturn') OR hardship IS NULL),
    CHECK (action IN ('apply', 'grant', 'assign') OR comment IS NOT NULL),
    FOREIGN KEY (application_id, previous_sequence, from_state) REFERENCES legal_aid_transitions (application_id, sequence, to_state)
);
ALTER TABLE legal_aid_applications
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES legal_aid_transitions (application_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX legal_aid_transitions_previous ON legal_aid_transitions (application_id, previous_sequence, from_state);
CREATE INDEX legal_aid_transitions_actor ON legal_aid_transitions (actor_id);

-- An application begins with its filing, and is what it was; each entry adds its own. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER legal_aid_applications_begin BEFORE INSERT ON legal_aid_applications FOR EACH ROW
    WHEN (NEW.state <> 'applied' OR NEW.last_transition <> 1 OR NEW.late_acts <> 0 OR NEW.hardship IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_aid_applications_of_merged BEFORE INSERT ON legal_aid_applications
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER legal_aid_applications_fixed BEFORE UPDATE ON legal_aid_applications FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.division_code, NEW.matter, NEW.applied_date, NEW.filed_by, NEW.filed_at, NEW.means_check,
            NEW.means_basis, NEW.fixed_income)
            IS DISTINCT FROM (OLD.id, OLD.resident_id, OLD.division_code, OLD.matter, OLD.applied_date, OLD.filed_by, OLD.filed_at,
            OLD.means_check, OLD.means_basis, OLD.fixed_income)
        OR (NEW.statement <> OLD.statement AND substr(NEW.statement, 2, 2) <= substr(OLD.statement, 2, 2))
        OR ((NEW.state, NEW.hardship, NEW.due_limit, NEW.due_date, NEW.lawyer, NEW.late_acts, NEW.last_transition)
            IS DISTINCT FROM (OLD.state, OLD.hardship, OLD.due_limit, OLD.due_date, OLD.lawyer, OLD.late_acts, OLD.last_transition)
            AND NEW.last_transition <> OLD.last_transition + 1))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_aid_applications_keep BEFORE DELETE ON legal_aid_applications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_aid_applications_keep_all BEFORE TRUNCATE ON legal_aid_applications
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says where its application now stands, until when, and what was due of it. Who filed it does not decide it, and
-- nobody has a hand in their own.
CREATE FUNCTION refuse_legal_aid_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    a legal_aid_applications%ROWTYPE;
    o legal_aid_transitions%ROWTYPE;
BEGIN
    SELECT * INTO a FROM legal_aid_applications WHERE id = NEW.application_id;
    SELECT * INTO o FROM legal_aid_transitions WHERE application_id = NEW.application_id AND sequence = NEW.previous_sequence;
    IF NEW.action IN ('grant', 'refuse') AND a.filed_by = NEW.actor_id THEN
        RAISE EXCEPTION 'huican.legal_aid_separation';
    END IF;
    IF is_tied(NEW.actor_id, a.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF a.last_transition IS DISTINCT FROM NEW.sequence
        OR (a.due_limit, a.due_date) IS DISTINCT FROM (NEW.next_limit, NEW.next_due_date)
        OR (NEW.due_date IS NOT NULL AND NEW.due_date IS DISTINCT FROM o.next_due_date)
        OR coalesce(o.on_date > NEW.on_date, false)
        OR a.late_acts <> NEW.late::integer
            + (SELECT count(*) FROM legal_aid_transitions l WHERE l.application_id = a.id AND l.late)
        OR (NEW.hardship IS NOT NULL AND a.hardship IS DISTINCT FROM NEW.hardship)
        OR NOT coalesce((CASE NEW.action
            WHEN 'apply' THEN a.filed_by = NEW.actor_id AND a.applied_date = NEW.on_date
            WHEN 'assign' THEN a.lawyer = NEW.lawyer
            ELSE true END), false)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its application now stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_aid_transitions_stand BEFORE INSERT ON legal_aid_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_legal_aid_entry();
CREATE TRIGGER legal_aid_transitions_fixed BEFORE UPDATE ON legal_aid_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.application_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.due_date,
            NEW.late, NEW.next_limit, NEW.next_due_date, NEW.lawyer, NEW.hardship, NEW.document_number, NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.application_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
            OLD.due_date, OLD.late, OLD.next_limit, OLD.next_due_date, OLD.lawyer, OLD.hardship, OLD.document_number, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_aid_transitions_keep BEFORE DELETE ON legal_aid_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_aid_transitions_keep_all BEFORE TRUNCATE ON legal_aid_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_legal_aid CHECK (' ' || permits || ' ' NOT LIKE '% legal_aid.act %');

GRANT SELECT, INSERT ON legal_aid_applications, legal_aid_transitions TO huican_service;
GRANT UPDATE (state, hardship, due_limit, due_date, lawyer, late_acts, last_transition, statement) ON legal_aid_applications TO huican_service;
GRANT UPDATE (comment) ON legal_aid_transitions TO huican_service;

ALTER TABLE legal_aid_applications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON legal_aid_applications
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE legal_aid_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON legal_aid_transitions
    USING (EXISTS (SELECT 1 FROM legal_aid_applications a WHERE a.id = application_id));
