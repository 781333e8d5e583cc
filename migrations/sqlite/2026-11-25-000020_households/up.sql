-- Households and addresses, with two dates like every fact, and what they show of relations between staff
-- and residents. Names, telephones, addresses and reasons are sealed; `_index` is a keyed fingerprint.

-- Within sight where its resident is, who is one of its members.
CREATE TABLE households (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    version INTEGER NOT NULL CHECK (version > 0),
    created_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX households_resident ON households (resident_id);
CREATE INDEX households_created_by ON households (created_by);

-- A member is a registered resident, or somebody with a name of their own. `person_id` is who it is, however
-- often what is believed of them changes.
CREATE TABLE household_members (
    id BLOB NOT NULL PRIMARY KEY,
    household_id BLOB NOT NULL REFERENCES households (id),
    person_id BLOB NOT NULL,
    resident_id BLOB REFERENCES residents (id),
    name BLOB,
    phone BLOB,
    phone_index BLOB,
    relation TEXT NOT NULL CHECK (relation IN ('head', 'spouse', 'child', 'parent', 'grandparent', 'grandchild',
        'sibling', 'other_relative', 'other')),
    end_reason BLOB,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB REFERENCES users (id),
    superseded_at INTEGER,
    superseded_by BLOB REFERENCES users (id),
    CHECK ((resident_id IS NULL) = (name IS NOT NULL)),
    CHECK (resident_id IS NULL OR (resident_id = person_id AND phone IS NULL)),
    CHECK ((phone IS NULL) = (phone_index IS NULL)),
    CHECK (end_reason IS NULL OR valid_to IS NOT NULL),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
) STRICT;
-- Everybody is in one household at a time, and it has one head.
CREATE UNIQUE INDEX household_members_current ON household_members (person_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE UNIQUE INDEX household_members_head ON household_members (household_id)
    WHERE relation = 'head' AND superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX household_members_household ON household_members (household_id, recorded_at);
CREATE INDEX household_members_resident ON household_members (resident_id, recorded_at);
CREATE INDEX household_members_person ON household_members (person_id, recorded_at);
CREATE INDEX household_members_phone ON household_members (phone_index);
CREATE INDEX household_members_recorded_by ON household_members (recorded_by);
CREATE INDEX household_members_superseded_by ON household_members (superseded_by);

-- For whom a member cares: part of what is believed of the member.
CREATE TABLE household_cares (
    member_id BLOB NOT NULL REFERENCES household_members (id),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    PRIMARY KEY (member_id, resident_id)
) STRICT;
CREATE INDEX household_cares_resident ON household_cares (resident_id);

CREATE TABLE addresses (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    kind TEXT NOT NULL CHECK (kind IN ('residence', 'hukou')),
    text BLOB NOT NULL,
    text_index BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB REFERENCES users (id),
    superseded_at INTEGER,
    superseded_by BLOB REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
) STRICT;
CREATE UNIQUE INDEX addresses_current ON addresses (resident_id, kind) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX addresses_resident ON addresses (resident_id, kind, recorded_at);
CREATE INDEX addresses_text ON addresses (text_index) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX addresses_recorded_by ON addresses (recorded_by);
CREATE INDEX addresses_superseded_by ON addresses (superseded_by);

ALTER TABLE users ADD COLUMN address BLOB;
ALTER TABLE users ADD COLUMN address_index BLOB CHECK ((address IS NULL) = (address_index IS NULL));
CREATE INDEX users_address ON users (address_index);

-- Nothing is overwritten, and two facts that are both believed never cover the same day.
CREATE TRIGGER households_identity BEFORE UPDATE ON households
WHEN NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at OR NEW.created_by IS NOT OLD.created_by
  OR NEW.version <> OLD.version + 1
  OR (NEW.resident_id <> OLD.resident_id AND NOT EXISTS (
      SELECT 1 FROM household_members m WHERE m.household_id = NEW.id AND m.resident_id = NEW.resident_id
        AND m.superseded_at IS NULL AND m.valid_to IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a household is changed version by version, and known by a member');
END;
CREATE TRIGGER households_keep BEFORE DELETE ON households
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: households are never deleted');
END;
CREATE TRIGGER households_no_replace BEFORE INSERT ON households
WHEN EXISTS (SELECT 1 FROM households WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: households.id');
END;
-- Superseded once, or a sealed value under a newer key (its version: bytes 2 and 3), never both.
CREATE TRIGGER household_members_only_superseded BEFORE UPDATE ON household_members
WHEN NEW.id <> OLD.id OR NEW.household_id <> OLD.household_id OR NEW.person_id <> OLD.person_id
  OR NEW.resident_id IS NOT OLD.resident_id OR NEW.phone_index IS NOT OLD.phone_index OR NEW.relation <> OLD.relation
  OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
  OR NOT CASE
      WHEN NEW.name IS OLD.name AND NEW.phone IS OLD.phone AND NEW.end_reason IS OLD.end_reason
          THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
      ELSE NEW.superseded_at IS OLD.superseded_at AND NEW.superseded_by IS OLD.superseded_by
        AND (NEW.name IS OLD.name OR coalesce(substr(NEW.name, 2, 2) > substr(OLD.name, 2, 2), 0))
        AND (NEW.phone IS OLD.phone OR coalesce(substr(NEW.phone, 2, 2) > substr(OLD.phone, 2, 2), 0))
        AND (NEW.end_reason IS OLD.end_reason OR coalesce(substr(NEW.end_reason, 2, 2) > substr(OLD.end_reason, 2, 2), 0))
  END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a membership can only be superseded, once');
END;
CREATE TRIGGER household_members_keep BEFORE DELETE ON household_members
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: memberships are never deleted');
END;
CREATE TRIGGER household_members_no_overlap BEFORE INSERT ON household_members
WHEN NEW.superseded_at IS NULL AND EXISTS (
    SELECT 1 FROM household_members m
    WHERE m.person_id = NEW.person_id AND m.superseded_at IS NULL
      AND (m.valid_to IS NULL OR m.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > m.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.fact_overlaps');
END;
CREATE TRIGGER household_members_no_replace BEFORE INSERT ON household_members
WHEN EXISTS (SELECT 1 FROM household_members WHERE id = NEW.id OR (
    household_id = NEW.household_id AND relation = 'head' AND superseded_at IS NULL AND valid_to IS NULL
    AND NEW.relation = 'head' AND NEW.superseded_at IS NULL AND NEW.valid_to IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: household_members.household_id');
END;
CREATE TRIGGER household_cares_fixed BEFORE UPDATE ON household_cares
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who cares for whom is part of a membership');
END;
CREATE TRIGGER household_cares_keep BEFORE DELETE ON household_cares
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who cares for whom is part of a membership');
END;
CREATE TRIGGER household_cares_no_replace BEFORE INSERT ON household_cares
WHEN EXISTS (SELECT 1 FROM household_cares WHERE member_id = NEW.member_id AND resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: household_cares.member_id');
END;
-- One cares for another, who was or is of the same household.
CREATE TRIGGER household_cares_at_home BEFORE INSERT ON household_cares
WHEN NOT EXISTS (
    SELECT 1 FROM household_members carer
    JOIN household_members m ON m.household_id = carer.household_id
    WHERE carer.id = NEW.member_id AND m.resident_id = NEW.resident_id AND m.person_id <> carer.person_id)
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: household_cares_at_home');
END;
CREATE TRIGGER addresses_only_superseded BEFORE UPDATE ON addresses
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.kind <> OLD.kind
  OR NEW.text_index <> OLD.text_index OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
  OR NOT CASE
      WHEN NEW.text = OLD.text THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
      ELSE NEW.superseded_at IS OLD.superseded_at AND NEW.superseded_by IS OLD.superseded_by
        AND substr(NEW.text, 2, 2) > substr(OLD.text, 2, 2)
  END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an address can only be superseded, once');
END;
CREATE TRIGGER addresses_keep BEFORE DELETE ON addresses
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: addresses are never deleted');
END;
CREATE TRIGGER addresses_no_overlap BEFORE INSERT ON addresses
WHEN NEW.superseded_at IS NULL AND EXISTS (
    SELECT 1 FROM addresses a
    WHERE a.resident_id = NEW.resident_id AND a.kind = NEW.kind AND a.superseded_at IS NULL
      AND (a.valid_to IS NULL OR a.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > a.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.fact_overlaps');
END;
CREATE TRIGGER addresses_no_replace BEFORE INSERT ON addresses
WHEN EXISTS (SELECT 1 FROM addresses WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: addresses.id');
END;

-- What ties staff to residents: declared, or seen by the office in what holds now. The code asks this as the
-- triggers do; whatever else shows a relation is added here.
CREATE VIEW record_ties (user_id, resident_id, relation) AS
SELECT d.user_id, d.resident_id, d.relation FROM user_relations d WHERE d.ended_at IS NULL
UNION ALL
SELECT u.id, r.id, 'same_phone' FROM users u JOIN residents r ON r.phone_index = u.phone_index
UNION ALL
SELECT u.id, a.resident_id, 'same_address' FROM users u
JOIN addresses a ON a.text_index = u.address_index AND a.superseded_at IS NULL AND a.valid_to IS NULL
UNION ALL
SELECT u.id, m.resident_id, 'same_household' FROM users u
JOIN household_members o ON o.phone_index = u.phone_index AND o.superseded_at IS NULL AND o.valid_to IS NULL
JOIN household_members m ON m.household_id = o.household_id AND m.superseded_at IS NULL AND m.valid_to IS NULL
    AND m.resident_id IS NOT NULL
UNION ALL
SELECT u.id, m.resident_id, 'same_household' FROM users u
JOIN residents r ON r.phone_index = u.phone_index
JOIN household_members o ON o.resident_id = r.id AND o.superseded_at IS NULL AND o.valid_to IS NULL
JOIN household_members m ON m.household_id = o.household_id AND m.superseded_at IS NULL AND m.valid_to IS NULL
    AND m.resident_id IS NOT NULL AND m.resident_id <> r.id;
CREATE VIEW user_ties (user_id, resident_id, relation) AS
SELECT user_id, resident_id, relation FROM record_ties;

DROP TRIGGER case_duties_recused;
CREATE TRIGGER case_duties_recused BEFORE INSERT ON case_duties
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.user_id AND t.resident_id = (SELECT resident_id FROM cases WHERE id = NEW.case_id)
      AND (t.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.user_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL)))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
DROP TRIGGER case_transitions_recused;
CREATE TRIGGER case_transitions_recused BEFORE INSERT ON case_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT resident_id FROM cases WHERE id = NEW.case_id)
      AND (t.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL)))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
