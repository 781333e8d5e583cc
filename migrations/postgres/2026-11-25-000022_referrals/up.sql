-- Referrals between offices and institutions. As of cases, the history is the truth: a referral's state is a
-- foreign key into it, and each entry continues the one before. `purpose` and `comment` are sealed.

CREATE UNIQUE INDEX cases_place ON cases (id, division_code);

CREATE TABLE referrals (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    -- Where the case is; it goes along with it.
    division_code text COLLATE "C" NOT NULL,
    from_organization_id uuid NOT NULL REFERENCES organizations (id),
    to_organization_id uuid NOT NULL REFERENCES organizations (id),
    purpose bytea NOT NULL,
    due_date date,
    offered_by uuid NOT NULL REFERENCES users (id),
    offered_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'done', 'cancelled')),
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (from_organization_id <> to_organization_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE
);
CREATE INDEX referrals_case ON referrals (case_id);
CREATE INDEX referrals_county ON referrals (county_code, id);
CREATE INDEX referrals_division ON referrals (division_code, id);
CREATE INDEX referrals_state ON referrals (state, id);
CREATE INDEX referrals_from ON referrals (from_organization_id);
CREATE INDEX referrals_to ON referrals (to_organization_id, id);
CREATE INDEX referrals_offered_by ON referrals (offered_by);

CREATE TABLE referral_transitions (
    id uuid NOT NULL PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    side text NOT NULL CHECK (side IN ('offering', 'receiving')),
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
    UNIQUE (referral_id, sequence),
    UNIQUE (referral_id, sequence, to_state),
    CHECK ((action = 'offer') = (sequence = 1)),
    CHECK ((action = 'offer') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'offer' THEN to_state = 'offered'
        WHEN 'accept' THEN to_state = 'accepted' AND from_state = 'offered'
        WHEN 'decline' THEN to_state = 'declined' AND from_state = 'offered'
        WHEN 'complete' THEN to_state = 'done' AND from_state = 'accepted'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state IN ('offered', 'accepted')
        ELSE false END),
    -- What was accepted, either side gives up.
    CHECK (side = CASE WHEN action = 'offer' THEN 'offering' WHEN action <> 'cancel' THEN 'receiving'
        WHEN from_state = 'offered' THEN 'offering' ELSE side END),
    CHECK (action IN ('offer', 'accept') OR comment IS NOT NULL),
    FOREIGN KEY (referral_id, previous_sequence, from_state) REFERENCES referral_transitions (referral_id, sequence, to_state)
);
ALTER TABLE referrals
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES referral_transitions (referral_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX referral_transitions_previous ON referral_transitions (referral_id, previous_sequence, from_state);
CREATE INDEX referral_transitions_actor ON referral_transitions (actor_id);

-- Nobody answers for the other side: neither who offered, nor who holds no role there.
CREATE FUNCTION refuse_referral_side() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM referrals r WHERE r.id = NEW.referral_id AND CASE
            WHEN NEW.action = 'offer' THEN r.offered_by = NEW.actor_id
            WHEN NEW.side = 'offering' THEN true
            ELSE r.offered_by <> NEW.actor_id AND EXISTS (
                SELECT 1 FROM grants g
                WHERE g.user_id = NEW.actor_id AND g.organization_id = r.to_organization_id AND g.revoked_at IS NULL) END)
    THEN
        RAISE EXCEPTION 'huican.referral_side';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_transitions_side BEFORE INSERT ON referral_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_referral_side();

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER referrals_fixed BEFORE UPDATE ON referrals FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.resident_id, NEW.from_organization_id, NEW.to_organization_id, NEW.due_date, NEW.offered_by, NEW.offered_at)
        IS DISTINCT FROM
        (OLD.id, OLD.case_id, OLD.resident_id, OLD.from_organization_id, OLD.to_organization_id, OLD.due_date, OLD.offered_by, OLD.offered_at)
        OR NEW.last_transition < OLD.last_transition
        OR (NEW.purpose <> OLD.purpose AND substr(NEW.purpose, 2, 2) <= substr(OLD.purpose, 2, 2)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER referrals_keep BEFORE DELETE ON referrals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER referrals_keep_all BEFORE TRUNCATE ON referrals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER referral_transitions_fixed BEFORE UPDATE ON referral_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.referral_id, NEW.sequence, NEW.action, NEW.side, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
        IS DISTINCT FROM
        (OLD.id, OLD.referral_id, OLD.sequence, OLD.action, OLD.side, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER referral_transitions_keep BEFORE DELETE ON referral_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER referral_transitions_keep_all BEFORE TRUNCATE ON referral_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_referrals CHECK (' ' || permits || ' ' NOT LIKE '% referral.act %');

GRANT SELECT, INSERT ON referrals, referral_transitions TO huican_service;
GRANT UPDATE (state, last_transition, purpose) ON referrals TO huican_service;
GRANT UPDATE (comment) ON referral_transitions TO huican_service;

-- Within reach where the case is, and of whoever works at the organization it is referred to: an
-- institution's people hold their role over a whole county, and see nothing else there.
ALTER TABLE referrals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON referrals
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true
        ELSE to_organization_id IN (
            SELECT g.organization_id FROM grants g
            WHERE g.user_id = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid)
              AND g.role <> 'auditor' AND g.revoked_at IS NULL) END);
ALTER TABLE referral_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON referral_transitions
    USING (EXISTS (SELECT 1 FROM referrals r WHERE r.id = referral_id));
