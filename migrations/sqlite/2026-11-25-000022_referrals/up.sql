-- Referrals between offices and institutions. As of cases, the history is the truth: a referral's state is a
-- foreign key into it, and each entry continues the one before. `purpose` and `comment` are sealed.

CREATE UNIQUE INDEX cases_place ON cases (id, division_code);

CREATE TABLE referrals (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    -- Where the case is; it goes along with it.
    division_code TEXT NOT NULL,
    from_organization_id BLOB NOT NULL REFERENCES organizations (id),
    to_organization_id BLOB NOT NULL REFERENCES organizations (id),
    purpose BLOB NOT NULL,
    due_date TEXT,
    offered_by BLOB NOT NULL REFERENCES users (id),
    offered_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'done', 'cancelled')),
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (from_organization_id <> to_organization_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (id, last_transition, state) REFERENCES referral_transitions (referral_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX referrals_case ON referrals (case_id);
CREATE INDEX referrals_county ON referrals (county_code, id);
CREATE INDEX referrals_division ON referrals (division_code, id);
CREATE INDEX referrals_state ON referrals (state, id);
CREATE INDEX referrals_from ON referrals (from_organization_id);
CREATE INDEX referrals_to ON referrals (to_organization_id, id);
CREATE INDEX referrals_offered_by ON referrals (offered_by);

CREATE TABLE referral_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    referral_id BLOB NOT NULL REFERENCES referrals (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('offering', 'receiving')),
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    -- What was accepted, either side gives up.
    CHECK (side = CASE WHEN action = 'offer' THEN 'offering' WHEN action <> 'cancel' THEN 'receiving'
        WHEN from_state = 'offered' THEN 'offering' ELSE side END),
    CHECK (action IN ('offer', 'accept') OR comment IS NOT NULL),
    FOREIGN KEY (referral_id, previous_sequence, from_state) REFERENCES referral_transitions (referral_id, sequence, to_state)
) STRICT;
CREATE INDEX referral_transitions_previous ON referral_transitions (referral_id, previous_sequence, from_state);
CREATE INDEX referral_transitions_actor ON referral_transitions (actor_id);

-- Nobody answers for the other side: neither who offered, nor who holds no role there.
CREATE TRIGGER referral_transitions_side BEFORE INSERT ON referral_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM referrals r WHERE r.id = NEW.referral_id AND CASE
        WHEN NEW.action = 'offer' THEN r.offered_by = NEW.actor_id
        WHEN NEW.side = 'offering' THEN 1 = 1
        ELSE r.offered_by <> NEW.actor_id AND EXISTS (
            SELECT 1 FROM grants g
            WHERE g.user_id = NEW.actor_id AND g.organization_id = r.to_organization_id AND g.revoked_at IS NULL) END)
BEGIN
    SELECT RAISE(ABORT, 'huican.referral_side');
END;

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER referrals_fixed BEFORE UPDATE ON referrals
WHEN NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.resident_id <> OLD.resident_id
  OR NEW.from_organization_id <> OLD.from_organization_id OR NEW.to_organization_id <> OLD.to_organization_id
  OR NEW.due_date IS NOT OLD.due_date OR NEW.offered_by <> OLD.offered_by OR NEW.offered_at <> OLD.offered_at
  OR NEW.last_transition < OLD.last_transition
  OR (NEW.purpose <> OLD.purpose AND substr(NEW.purpose, 2, 2) <= substr(OLD.purpose, 2, 2))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a referral is about does not change');
END;
CREATE TRIGGER referrals_keep BEFORE DELETE ON referrals
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: referrals are never deleted');
END;
CREATE TRIGGER referrals_no_replace BEFORE INSERT ON referrals
WHEN EXISTS (SELECT 1 FROM referrals WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: referrals.id');
END;
CREATE TRIGGER referral_transitions_fixed BEFORE UPDATE ON referral_transitions
WHEN NEW.id <> OLD.id OR NEW.referral_id <> OLD.referral_id OR NEW.sequence <> OLD.sequence OR NEW.action <> OLD.action
  OR NEW.side <> OLD.side OR NEW.previous_sequence IS NOT OLD.previous_sequence OR NEW.from_state IS NOT OLD.from_state
  OR NEW.to_state <> OLD.to_state OR NEW.actor_id <> OLD.actor_id OR NEW.at <> OLD.at
  OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER referral_transitions_keep BEFORE DELETE ON referral_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER referral_transitions_no_replace BEFORE INSERT ON referral_transitions
WHEN EXISTS (SELECT 1 FROM referral_transitions
    WHERE id = NEW.id OR (referral_id = NEW.referral_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: referral_transitions.referral_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_referrals BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% referral.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
