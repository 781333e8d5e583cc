-- Designated institutions: who applied to deliver services, what was agreed, and since when. Public: nothing here is of a
-- resident. As of cases, the history is the truth.

-- What a unit of a service is worth, by kind of service, as JSON; part of the version.
ALTER TABLE program_versions ADD COLUMN unit_rates text NOT NULL DEFAULT '{}';
ALTER TABLE program_drafts ADD COLUMN unit_rates text NOT NULL DEFAULT '{}';
CREATE TRIGGER program_versions_rates_fixed BEFORE UPDATE ON program_versions FOR EACH ROW
    WHEN (NEW.unit_rates <> OLD.unit_rates) EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_other_rates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.unit_rates <> OLD.unit_rates
        OR NOT EXISTS (SELECT 1 FROM program_versions v WHERE v.id = NEW.version_id AND v.unit_rates = NEW.unit_rates)
    THEN
        RAISE EXCEPTION 'huican.append_only: a draft is approved as it was read';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER program_drafts_rates_approved BEFORE UPDATE ON program_drafts FOR EACH ROW
    WHEN (NEW.state = 'approved') EXECUTE FUNCTION refuse_other_rates();

CREATE TABLE institutions (
    organization_id uuid NOT NULL PRIMARY KEY REFERENCES organizations (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- Words with a space between.
    service_types text NOT NULL CHECK (service_types <> ''),
    address text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
    contact text NOT NULL CHECK (length(contact) BETWEEN 1 AND 100),
    licence_number text NOT NULL CHECK (length(licence_number) BETWEEN 1 AND 50),
    state text NOT NULL CHECK (state IN ('applied', 'agreed', 'suspended', 'terminated')),
    last_transition integer NOT NULL,
    -- The last place given in the line of those who wait.
    last_place integer NOT NULL CHECK (last_place >= 0),
    applied_by uuid NOT NULL REFERENCES users (id),
    applied_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED
);
CREATE INDEX institutions_division ON institutions (division_code, organization_id);
CREATE INDEX institutions_county ON institutions (county_code, organization_id);
CREATE INDEX institutions_state ON institutions (state, organization_id);
CREATE INDEX institutions_applied_by ON institutions (applied_by);

-- What was agreed with it, from when until when, and for whose residents: those of a county, or of a whole city. One
-- proposes, another signs.
CREATE TABLE institution_agreements (
    id uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES institutions (organization_id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    service_types text NOT NULL CHECK (service_types <> ''),
    capacity integer NOT NULL CHECK (capacity > 0),
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    signed_by uuid REFERENCES users (id),
    signed_at timestamptz,
    UNIQUE (id, organization_id),
    CHECK (division_code LIKE '______000000'),
    CHECK (valid_from < valid_to),
    CHECK ((signed_by IS NULL) = (signed_at IS NULL)),
    CHECK (signed_by <> proposed_by)
);
CREATE INDEX institution_agreements_organization ON institution_agreements (organization_id, valid_from);
CREATE INDEX institution_agreements_division ON institution_agreements (division_code);
CREATE INDEX institution_agreements_proposed_by ON institution_agreements (proposed_by);
CREATE INDEX institution_agreements_signed_by ON institution_agreements (signed_by);

CREATE TABLE institution_transitions (
    id uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES institutions (organization_id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- What was signed.
    agreement_id uuid UNIQUE,
    -- From this day on it is so.
    effective_date date NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    at timestamptz NOT NULL,
    UNIQUE (organization_id, sequence),
    UNIQUE (organization_id, sequence, to_state),
    CHECK ((action = 'apply') = (sequence = 1)),
    CHECK ((action = 'apply') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'apply' THEN to_state = 'applied'
        WHEN 'agree' THEN from_state IN ('applied', 'agreed') AND to_state = 'agreed'
        WHEN 'suspend' THEN from_state = 'agreed' AND to_state = 'suspended'
        WHEN 'resume' THEN from_state = 'suspended' AND to_state = 'agreed'
        WHEN 'terminate' THEN from_state IN ('applied', 'agreed', 'suspended') AND to_state = 'terminated'
        ELSE false END),
    CHECK ((action = 'agree') = (agreement_id IS NOT NULL)),
    CHECK (action NOT IN ('suspend', 'resume', 'terminate') OR comment IS NOT NULL),
    FOREIGN KEY (organization_id, previous_sequence, from_state) REFERENCES institution_transitions (organization_id, sequence, to_state),
    FOREIGN KEY (agreement_id, organization_id) REFERENCES institution_agreements (id, organization_id)
);
CREATE INDEX institution_transitions_previous ON institution_transitions (organization_id, previous_sequence, from_state);
CREATE INDEX institution_transitions_agreement ON institution_transitions (agreement_id, organization_id);
CREATE INDEX institution_transitions_actor ON institution_transitions (actor_id);

ALTER TABLE institutions
    ADD FOREIGN KEY (organization_id, last_transition, state) REFERENCES institution_transitions (organization_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;

-- Of an institution, and where that is.
CREATE FUNCTION refuse_no_institution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'applied' OR NOT EXISTS (
        SELECT 1 FROM organizations o WHERE o.id = NEW.organization_id AND o.kind = 'institution' AND o.division_code = NEW.division_code)
    THEN
        RAISE EXCEPTION 'huican.append_only: a designated institution is an institution, and begins by applying';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institutions_whose BEFORE INSERT ON institutions FOR EACH ROW EXECUTE FUNCTION refuse_no_institution();
CREATE TRIGGER institutions_fixed BEFORE UPDATE ON institutions FOR EACH ROW
    WHEN ((NEW.organization_id, NEW.division_code, NEW.service_types, NEW.address, NEW.contact, NEW.licence_number, NEW.applied_by, NEW.applied_at)
            IS DISTINCT FROM
            (OLD.organization_id, OLD.division_code, OLD.service_types, OLD.address, OLD.contact, OLD.licence_number, OLD.applied_by, OLD.applied_at)
        OR NEW.last_transition < OLD.last_transition OR NEW.last_place < OLD.last_place)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_agreements_unsigned BEFORE INSERT ON institution_agreements FOR EACH ROW
    WHEN (NEW.signed_by IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_agreements_fixed BEFORE UPDATE ON institution_agreements FOR EACH ROW
    WHEN ((NEW.id, NEW.organization_id, NEW.division_code, NEW.service_types, NEW.capacity, NEW.valid_from, NEW.valid_to, NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM
            (OLD.id, OLD.organization_id, OLD.division_code, OLD.service_types, OLD.capacity, OLD.valid_from, OLD.valid_to, OLD.proposed_by, OLD.proposed_at)
        OR OLD.signed_by IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
-- Nobody signs what they applied for, nor for the institution they work at; and one agreement holds on a day.
CREATE FUNCTION refuse_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One signature for an institution at a time: the question after this sees the one before.
    PERFORM 1 FROM institutions WHERE organization_id = NEW.organization_id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM institutions i WHERE i.organization_id = NEW.organization_id AND i.applied_by = NEW.signed_by)
        OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.signed_by AND g.organization_id = NEW.organization_id AND g.revoked_at IS NULL)
    THEN
        RAISE EXCEPTION 'huican.institution_own';
    END IF;
    IF EXISTS (
        SELECT 1 FROM institution_agreements a
        WHERE a.organization_id = NEW.organization_id AND a.id <> NEW.id AND a.signed_by IS NOT NULL
          AND a.valid_from < NEW.valid_to AND NEW.valid_from < a.valid_to)
    THEN
        RAISE EXCEPTION 'huican.agreement_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_agreements_signer BEFORE UPDATE ON institution_agreements FOR EACH ROW
    WHEN (NEW.signed_by IS NOT NULL) EXECUTE FUNCTION refuse_signature();
CREATE FUNCTION refuse_institution_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM institutions i WHERE i.organization_id = NEW.organization_id AND i.last_transition = NEW.sequence
          AND (NEW.action <> 'apply' OR i.applied_by = NEW.actor_id)
          AND (NEW.action <> 'agree' OR EXISTS (
            SELECT 1 FROM institution_agreements a WHERE a.id = NEW.agreement_id AND a.signed_by = NEW.actor_id)))
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says what its actor did';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_transitions_signed BEFORE INSERT ON institution_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_institution_step();
CREATE TRIGGER institution_transitions_fixed BEFORE UPDATE ON institution_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institutions_keep BEFORE DELETE ON institutions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institutions_keep_all BEFORE TRUNCATE ON institutions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_agreements_keep BEFORE DELETE ON institution_agreements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_agreements_keep_all BEFORE TRUNCATE ON institution_agreements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_transitions_keep BEFORE DELETE ON institution_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER institution_transitions_keep_all BEFORE TRUNCATE ON institution_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_institutions CHECK (' ' || permits || ' ' NOT LIKE '% institution.decide %');

GRANT SELECT, INSERT ON institutions, institution_agreements, institution_transitions TO huican_service;
GRANT UPDATE (state, last_transition, last_place) ON institutions TO huican_service;
GRANT UPDATE (signed_by, signed_at) ON institution_agreements TO huican_service;
