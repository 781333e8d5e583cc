-- Households and addresses, with two dates like every fact, and what they show of relations between staff
-- and residents. Names, telephones, addresses and reasons are sealed; `_index` is a keyed fingerprint.

-- Within sight where its resident is, who is one of its members.
CREATE TABLE households (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    version integer NOT NULL CHECK (version > 0),
    created_by uuid REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX households_resident ON households (resident_id);
CREATE INDEX households_created_by ON households (created_by);

-- A member is a registered resident, or somebody with a name of their own. `person_id` is who it is, however
-- often what is believed of them changes.
CREATE TABLE household_members (
    id uuid NOT NULL PRIMARY KEY,
    household_id uuid NOT NULL REFERENCES households (id),
    person_id uuid NOT NULL,
    resident_id uuid REFERENCES residents (id),
    name bytea,
    phone bytea,
    phone_index bytea,
    relation text NOT NULL CHECK (relation IN ('head', 'spouse', 'child', 'parent', 'grandparent', 'grandchild',
        'sibling', 'other_relative', 'other')),
    end_reason bytea,
    valid_from date NOT NULL,
    valid_to date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES users (id),
    superseded_at timestamptz,
    superseded_by uuid REFERENCES users (id),
    CHECK ((resident_id IS NULL) = (name IS NOT NULL)),
    CHECK (resident_id IS NULL OR (resident_id = person_id AND phone IS NULL)),
    CHECK ((phone IS NULL) = (phone_index IS NULL)),
    CHECK (end_reason IS NULL OR valid_to IS NOT NULL),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
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
    member_id uuid NOT NULL REFERENCES household_members (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    PRIMARY KEY (member_id, resident_id)
);
CREATE INDEX household_cares_resident ON household_cares (resident_id);

CREATE TABLE addresses (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    kind text NOT NULL CHECK (kind IN ('residence', 'hukou')),
    text bytea NOT NULL,
    text_index bytea NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES users (id),
    superseded_at timestamptz,
    superseded_by uuid REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX addresses_current ON addresses (resident_id, kind) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX addresses_resident ON addresses (resident_id, kind, recorded_at);
CREATE INDEX addresses_text ON addresses (text_index) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX addresses_recorded_by ON addresses (recorded_by);
CREATE INDEX addresses_superseded_by ON addresses (superseded_by);

ALTER TABLE users ADD COLUMN address bytea;
ALTER TABLE users ADD COLUMN address_index bytea CHECK ((address IS NULL) = (address_index IS NULL));
CREATE INDEX users_address ON users (address_index);

-- Nothing is overwritten, and two facts that are both believed never cover the same day.
CREATE FUNCTION refuse_household_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.created_at, NEW.created_by) IS DISTINCT FROM (OLD.id, OLD.created_at, OLD.created_by)
        OR NEW.version <> OLD.version + 1
        OR (NEW.resident_id <> OLD.resident_id AND NOT EXISTS (
            SELECT 1 FROM household_members m WHERE m.household_id = NEW.id AND m.resident_id = NEW.resident_id
              AND m.superseded_at IS NULL AND m.valid_to IS NULL))
    THEN
        RAISE EXCEPTION 'huican.append_only: a household is changed version by version, and known by a member';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER households_identity BEFORE UPDATE ON households FOR EACH ROW EXECUTE FUNCTION refuse_household_change();
CREATE TRIGGER households_keep BEFORE DELETE ON households FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER households_keep_all BEFORE TRUNCATE ON households FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Superseded once, or a sealed value under a newer key (its version: bytes 2 and 3), never both.
CREATE TRIGGER household_members_only_superseded BEFORE UPDATE ON household_members FOR EACH ROW
    WHEN ((NEW.id, NEW.household_id, NEW.person_id, NEW.resident_id, NEW.phone_index, NEW.relation, NEW.valid_from,
            NEW.valid_to, NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.household_id, OLD.person_id, OLD.resident_id, OLD.phone_index, OLD.relation, OLD.valid_from,
            OLD.valid_to, OLD.recorded_at, OLD.recorded_by)
        OR NOT CASE
            WHEN (NEW.name, NEW.phone, NEW.end_reason) IS NOT DISTINCT FROM (OLD.name, OLD.phone, OLD.end_reason)
                THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
            ELSE (NEW.superseded_at, NEW.superseded_by) IS NOT DISTINCT FROM (OLD.superseded_at, OLD.superseded_by)
                AND (NEW.name IS NOT DISTINCT FROM OLD.name
                    OR coalesce(substr(NEW.name, 2, 2) > substr(OLD.name, 2, 2), false))
                AND (NEW.phone IS NOT DISTINCT FROM OLD.phone
                    OR coalesce(substr(NEW.phone, 2, 2) > substr(OLD.phone, 2, 2), false))
                AND (NEW.end_reason IS NOT DISTINCT FROM OLD.end_reason
                    OR coalesce(substr(NEW.end_reason, 2, 2) > substr(OLD.end_reason, 2, 2), false))
        END)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER household_members_keep BEFORE DELETE ON household_members FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER household_members_keep_all BEFORE TRUNCATE ON household_members FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_overlapping_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM households WHERE id = NEW.household_id FOR UPDATE;
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR UPDATE;
    IF NEW.superseded_at IS NULL AND EXISTS (
        SELECT 1 FROM household_members m
        WHERE m.person_id = NEW.person_id AND m.superseded_at IS NULL
          AND daterange(m.valid_from, m.valid_to) && daterange(NEW.valid_from, NEW.valid_to))
    THEN
        RAISE EXCEPTION 'huican.fact_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER household_members_no_overlap BEFORE INSERT ON household_members
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_members();
CREATE TRIGGER household_cares_fixed BEFORE UPDATE OR DELETE ON household_cares
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER household_cares_keep BEFORE TRUNCATE ON household_cares
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- One cares for another, who was or is of the same household.
CREATE FUNCTION refuse_care_from_afar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM household_members carer
        JOIN household_members m ON m.household_id = carer.household_id
        WHERE carer.id = NEW.member_id AND m.resident_id = NEW.resident_id AND m.person_id <> carer.person_id)
    THEN
        RAISE EXCEPTION 'CHECK constraint failed: household_cares_at_home';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER household_cares_at_home BEFORE INSERT ON household_cares
    FOR EACH ROW EXECUTE FUNCTION refuse_care_from_afar();
CREATE TRIGGER addresses_only_superseded BEFORE UPDATE ON addresses FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.kind, NEW.text_index, NEW.valid_from, NEW.valid_to, NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.kind, OLD.text_index, OLD.valid_from, OLD.valid_to, OLD.recorded_at, OLD.recorded_by)
        OR NOT CASE
            WHEN NEW.text = OLD.text THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
            ELSE (NEW.superseded_at, NEW.superseded_by) IS NOT DISTINCT FROM (OLD.superseded_at, OLD.superseded_by)
                AND substr(NEW.text, 2, 2) > substr(OLD.text, 2, 2)
        END)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER addresses_keep BEFORE DELETE ON addresses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER addresses_keep_all BEFORE TRUNCATE ON addresses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_overlapping_addresses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR UPDATE;
    IF NEW.superseded_at IS NULL AND EXISTS (
        SELECT 1 FROM addresses a
        WHERE a.resident_id = NEW.resident_id AND a.kind = NEW.kind AND a.superseded_at IS NULL
          AND daterange(a.valid_from, a.valid_to) && daterange(NEW.valid_from, NEW.valid_to))
    THEN
        RAISE EXCEPTION 'huican.fact_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER addresses_no_overlap BEFORE INSERT ON addresses
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_addresses();

GRANT SELECT, INSERT ON households, household_members, household_cares, addresses TO huican_service;
GRANT UPDATE (resident_id, version, updated_at) ON households TO huican_service;
GRANT UPDATE (superseded_at, superseded_by, name, phone, end_reason) ON household_members TO huican_service;
GRANT UPDATE (superseded_at, superseded_by, text) ON addresses TO huican_service;

ALTER TABLE households ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON households
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));
-- A member is seen with the household; a resident's own membership wherever the resident is.
ALTER TABLE household_members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON household_members
    USING (EXISTS (SELECT 1 FROM households h WHERE h.id = household_id)
        OR EXISTS (SELECT 1 FROM residents r WHERE r.id = household_members.resident_id));
ALTER TABLE household_cares ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON household_cares
    USING (EXISTS (SELECT 1 FROM household_members m WHERE m.id = member_id));
ALTER TABLE addresses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON addresses
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));

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
-- Before 15 views ask with the rights of their owner, whom the fences hold as well.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW record_ties SET (security_invoker = true);
        ALTER VIEW user_ties SET (security_invoker = true);
    END IF;
END $$;
GRANT SELECT ON record_ties, user_ties TO huican_service;

-- Somebody's household may be seen from another office, so the database asks in all of them.
CREATE OR REPLACE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE sql STABLE
SET huican.reach = '{(,)}' AS $$
    SELECT EXISTS (
        SELECT 1 FROM user_ties t
        WHERE t.user_id = whose AND t.resident_id = (SELECT c.resident_id FROM cases c WHERE c.id = of_case)
          AND (t.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL)))
$$;
