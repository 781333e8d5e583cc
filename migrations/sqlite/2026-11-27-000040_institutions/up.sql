-- Designated institutions: who applied to deliver services, what was agreed, and since when. Public: nothing here is of a
-- resident. As of cases, the history is the truth.

-- What a unit of a service is worth, by kind of service, as JSON; part of the version.
ALTER TABLE program_versions ADD COLUMN unit_rates TEXT NOT NULL DEFAULT '{}';
ALTER TABLE program_drafts ADD COLUMN unit_rates TEXT NOT NULL DEFAULT '{}';
CREATE TRIGGER program_versions_rates_fixed BEFORE UPDATE ON program_versions
WHEN NEW.unit_rates <> OLD.unit_rates
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a program version is never edited');
END;
CREATE TRIGGER program_drafts_rates_approved BEFORE UPDATE ON program_drafts
WHEN NEW.state = 'approved' AND (NEW.unit_rates <> OLD.unit_rates
    OR NOT EXISTS (SELECT 1 FROM program_versions v WHERE v.id = NEW.version_id AND v.unit_rates = NEW.unit_rates))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a draft is approved as it was read');
END;

CREATE TABLE institutions (
    organization_id BLOB NOT NULL PRIMARY KEY REFERENCES organizations (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- Words with a space between.
    service_types TEXT NOT NULL CHECK (service_types <> ''),
    address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
    contact TEXT NOT NULL CHECK (length(contact) BETWEEN 1 AND 100),
    licence_number TEXT NOT NULL CHECK (length(licence_number) BETWEEN 1 AND 50),
    state TEXT NOT NULL CHECK (state IN ('applied', 'agreed', 'suspended', 'terminated')),
    last_transition INTEGER NOT NULL,
    -- The last place given in the line of those who wait.
    last_place INTEGER NOT NULL CHECK (last_place >= 0),
    applied_by BLOB NOT NULL REFERENCES users (id),
    applied_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    FOREIGN KEY (organization_id, last_transition, state) REFERENCES institution_transitions (organization_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX institutions_division ON institutions (division_code, organization_id);
CREATE INDEX institutions_county ON institutions (county_code, organization_id);
CREATE INDEX institutions_state ON institutions (state, organization_id);
CREATE INDEX institutions_applied_by ON institutions (applied_by);

-- What was agreed with it, from when until when, and for whose residents: those of a county, or of a whole city. One
-- proposes, another signs.
CREATE TABLE institution_agreements (
    id BLOB NOT NULL PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    service_types TEXT NOT NULL CHECK (service_types <> ''),
    capacity INTEGER NOT NULL CHECK (capacity > 0),
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    signed_by BLOB REFERENCES users (id),
    signed_at INTEGER,
    UNIQUE (id, organization_id),
    CHECK (division_code LIKE '______000000'),
    CHECK (valid_from < valid_to),
    CHECK ((signed_by IS NULL) = (signed_at IS NULL)),
    CHECK (signed_by <> proposed_by)
) STRICT;
CREATE INDEX institution_agreements_organization ON institution_agreements (organization_id, valid_from);
CREATE INDEX institution_agreements_division ON institution_agreements (division_code);
CREATE INDEX institution_agreements_proposed_by ON institution_agreements (proposed_by);
CREATE INDEX institution_agreements_signed_by ON institution_agreements (signed_by);

CREATE TABLE institution_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- What was signed.
    agreement_id BLOB UNIQUE,
    -- From this day on it is so.
    effective_date TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK ((action = 'agree') = (agreement_id IS NOT NULL)),
    CHECK (action NOT IN ('suspend', 'resume', 'terminate') OR comment IS NOT NULL),
    FOREIGN KEY (organization_id, previous_sequence, from_state) REFERENCES institution_transitions (organization_id, sequence, to_state),
    FOREIGN KEY (agreement_id, organization_id) REFERENCES institution_agreements (id, organization_id)
) STRICT;
CREATE INDEX institution_transitions_previous ON institution_transitions (organization_id, previous_sequence, from_state);
CREATE INDEX institution_transitions_agreement ON institution_transitions (agreement_id, organization_id);
CREATE INDEX institution_transitions_actor ON institution_transitions (actor_id);

-- Of an institution, and where that is.
CREATE TRIGGER institutions_whose BEFORE INSERT ON institutions
WHEN NEW.state <> 'applied' OR NOT EXISTS (
    SELECT 1 FROM organizations o WHERE o.id = NEW.organization_id AND o.kind = 'institution' AND o.division_code = NEW.division_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a designated institution is an institution, and begins by applying');
END;
CREATE TRIGGER institutions_fixed BEFORE UPDATE ON institutions
WHEN (NEW.organization_id, NEW.division_code, NEW.service_types, NEW.address, NEW.contact, NEW.licence_number, NEW.applied_by, NEW.applied_at)
        IS NOT (OLD.organization_id, OLD.division_code, OLD.service_types, OLD.address, OLD.contact, OLD.licence_number, OLD.applied_by, OLD.applied_at)
    OR NEW.last_transition < OLD.last_transition OR NEW.last_place < OLD.last_place
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what an institution applied with does not change');
END;
CREATE TRIGGER institution_agreements_unsigned BEFORE INSERT ON institution_agreements
WHEN NEW.signed_by IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an agreement is proposed before it is signed');
END;
CREATE TRIGGER institution_agreements_fixed BEFORE UPDATE ON institution_agreements
WHEN (NEW.id, NEW.organization_id, NEW.division_code, NEW.service_types, NEW.capacity, NEW.valid_from, NEW.valid_to, NEW.proposed_by, NEW.proposed_at)
        IS NOT (OLD.id, OLD.organization_id, OLD.division_code, OLD.service_types, OLD.capacity, OLD.valid_from, OLD.valid_to, OLD.proposed_by, OLD.proposed_at)
    OR OLD.signed_by IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an agreement can only be signed, once');
END;
-- Nobody signs what they applied for, nor for the institution they work at.
CREATE TRIGGER institution_agreements_signer BEFORE UPDATE ON institution_agreements
WHEN NEW.signed_by IS NOT NULL AND (
    EXISTS (SELECT 1 FROM institutions i WHERE i.organization_id = NEW.organization_id AND i.applied_by = NEW.signed_by)
    OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.signed_by AND g.organization_id = NEW.organization_id AND g.revoked_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.institution_own');
END;
CREATE TRIGGER institution_agreements_one BEFORE UPDATE ON institution_agreements
WHEN NEW.signed_by IS NOT NULL AND EXISTS (
    SELECT 1 FROM institution_agreements a
    WHERE a.organization_id = NEW.organization_id AND a.id <> NEW.id AND a.signed_by IS NOT NULL
      AND a.valid_from < NEW.valid_to AND NEW.valid_from < a.valid_to)
BEGIN
    SELECT RAISE(ABORT, 'huican.agreement_overlaps');
END;
CREATE TRIGGER institution_transitions_signed BEFORE INSERT ON institution_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM institutions i WHERE i.organization_id = NEW.organization_id AND i.last_transition = NEW.sequence
      AND (NEW.action <> 'apply' OR i.applied_by = NEW.actor_id)
      AND (NEW.action <> 'agree' OR EXISTS (
        SELECT 1 FROM institution_agreements a WHERE a.id = NEW.agreement_id AND a.signed_by = NEW.actor_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says what its actor did');
END;
CREATE TRIGGER institution_transitions_fixed BEFORE UPDATE ON institution_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: institution transitions are never changed');
END;
CREATE TRIGGER institutions_keep BEFORE DELETE ON institutions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: institutions are never deleted');
END;
CREATE TRIGGER institution_agreements_keep BEFORE DELETE ON institution_agreements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: institution agreements are never deleted');
END;
CREATE TRIGGER institution_transitions_keep BEFORE DELETE ON institution_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: institution transitions are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER institutions_no_replace BEFORE INSERT ON institutions
WHEN EXISTS (SELECT 1 FROM institutions WHERE organization_id = NEW.organization_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: institutions.organization_id');
END;
CREATE TRIGGER institution_agreements_no_replace BEFORE INSERT ON institution_agreements
WHEN EXISTS (SELECT 1 FROM institution_agreements WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: institution_agreements.id');
END;
CREATE TRIGGER institution_transitions_no_replace BEFORE INSERT ON institution_transitions
WHEN EXISTS (SELECT 1 FROM institution_transitions WHERE id = NEW.id OR (organization_id = NEW.organization_id AND sequence = NEW.sequence) OR agreement_id = NEW.agreement_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: institution_transitions.organization_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_institutions BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% institution.decide %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
