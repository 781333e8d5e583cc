-- 残疾人之家: care and sheltered work by the day.
CREATE TABLE disability_homes (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    operator text NOT NULL CHECK (length(operator) BETWEEN 1 AND 100),
    care_places integer NOT NULL CHECK (care_places >= 0),
    sheltered_places integer NOT NULL CHECK (sheltered_places >= 0),
    opened_date date NOT NULL,
    closed_date date,
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, division_code),
    CHECK (care_places + sheltered_places > 0),
    CHECK (closed_date >= opened_date)
);
CREATE INDEX disability_homes_division ON disability_homes (division_code, id);
CREATE INDEX disability_homes_county ON disability_homes (county_code, id);
CREATE INDEX disability_homes_created_by ON disability_homes (created_by);
CREATE TRIGGER disability_homes_fixed BEFORE UPDATE ON disability_homes FOR EACH ROW
    WHEN ((NEW.id, NEW.division_code, NEW.opened_date, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.division_code, OLD.opened_date, OLD.created_by, OLD.created_at)
    OR OLD.closed_date IS NOT NULL OR NEW.version < OLD.version)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disability_homes_keep BEFORE DELETE ON disability_homes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disability_homes_keep_all BEFORE TRUNCATE ON disability_homes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE home_members (
    id uuid NOT NULL PRIMARY KEY,
    home_id uuid NOT NULL,
    -- Where the home is.
    division_code text COLLATE "C" NOT NULL,
    resident_id uuid NOT NULL REFERENCES residents (id),
    kind text NOT NULL CHECK (kind IN ('care', 'sheltered')),
    joined_date date NOT NULL,
    -- Of sheltered work.
    daily_pay_fen bigint CHECK (daily_pay_fen >= 0),
    left_date date,
    leave_reason text CHECK (leave_reason IN ('employed', 'moved', 'health', 'own_wish', 'home_closed', 'deceased', 'other')),
    added_by uuid NOT NULL REFERENCES users (id),
    added_at timestamptz NOT NULL,
    ended_by uuid REFERENCES users (id),
    ended_at timestamptz,
    version integer NOT NULL,
    UNIQUE (id, home_id),
    CHECK ((kind = 'sheltered') = (daily_pay_fen IS NOT NULL)),
    CHECK ((left_date IS NULL) = (leave_reason IS NULL) AND (left_date IS NULL) = (ended_by IS NULL) AND (left_date IS NULL) = (ended_at IS NULL)),
    CHECK (left_date >= joined_date),
    FOREIGN KEY (home_id, division_code) REFERENCES disability_homes (id, division_code)
);
CREATE INDEX home_members_home ON home_members (home_id, division_code);
CREATE INDEX home_members_resident ON home_members (resident_id);
CREATE INDEX home_members_added_by ON home_members (added_by);
CREATE INDEX home_members_ended_by ON home_members (ended_by);
CREATE UNIQUE INDEX home_members_one_open ON home_members (resident_id) WHERE left_date IS NULL;
CREATE TRIGGER home_members_fixed BEFORE UPDATE ON home_members FOR EACH ROW
    WHEN ((NEW.id, NEW.home_id, NEW.division_code, NEW.resident_id, NEW.kind, NEW.joined_date, NEW.daily_pay_fen, NEW.added_by, NEW.added_at)
        IS DISTINCT FROM (OLD.id, OLD.home_id, OLD.division_code, OLD.resident_id, OLD.kind, OLD.joined_date, OLD.daily_pay_fen, OLD.added_by, OLD.added_at)
    OR OLD.left_date IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_members_keep BEFORE DELETE ON home_members FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_members_keep_all BEFORE TRUNCATE ON home_members FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_members_of_merged BEFORE INSERT ON home_members FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE FUNCTION refuse_second_home() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM home_members o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.left_date IS NULL)
    THEN
        RAISE EXCEPTION 'huican.home_member_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_members_one_of_person BEFORE INSERT ON home_members FOR EACH ROW EXECUTE FUNCTION refuse_second_home();

-- No more members than places; who asks at once waits.
CREATE FUNCTION refuse_full_home() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    PERFORM 1 FROM disability_homes h WHERE h.id = NEW.home_id FOR UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM disability_homes h WHERE h.id = NEW.home_id AND h.closed_date IS NULL AND NEW.joined_date >= h.opened_date
            AND CASE NEW.kind WHEN 'care' THEN h.care_places ELSE h.sheltered_places END
                > (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.home_id AND o.kind = NEW.kind AND o.left_date IS NULL))
    THEN
        RAISE EXCEPTION 'huican.home_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_members_have_places BEFORE INSERT ON home_members FOR EACH ROW EXECUTE FUNCTION refuse_full_home();
CREATE FUNCTION refuse_smaller_home() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.closed_date IS NOT NULL AND EXISTS (SELECT 1 FROM home_members o WHERE o.home_id = NEW.id AND o.left_date IS NULL))
        OR NEW.care_places < (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.id AND o.kind = 'care' AND o.left_date IS NULL)
        OR NEW.sheltered_places < (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.id AND o.kind = 'sheltered' AND o.left_date IS NULL)
    THEN
        RAISE EXCEPTION 'huican.home_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disability_homes_hold_members BEFORE UPDATE ON disability_homes FOR EACH ROW EXECUTE FUNCTION refuse_smaller_home();

CREATE TABLE home_pay_sheets (
    id uuid NOT NULL PRIMARY KEY,
    home_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    state text NOT NULL,
    member_count integer NOT NULL CHECK (member_count >= 0),
    total_fen bigint NOT NULL CHECK (total_fen >= 0),
    made_by uuid NOT NULL REFERENCES users (id),
    made_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    version integer NOT NULL,
    UNIQUE (id, home_id),
    CHECK (CASE state WHEN 'made' THEN decided_by IS NULL WHEN 'confirmed' THEN decided_by IS NOT NULL
        WHEN 'discarded' THEN decided_by IS NOT NULL AND comment IS NOT NULL ELSE false END),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    -- Nobody confirms what they made.
    CHECK (state <> 'confirmed' OR made_by <> decided_by),
    FOREIGN KEY (home_id, division_code) REFERENCES disability_homes (id, division_code)
);
CREATE INDEX home_pay_sheets_home ON home_pay_sheets (home_id, division_code);
CREATE INDEX home_pay_sheets_made_by ON home_pay_sheets (made_by);
CREATE INDEX home_pay_sheets_decided_by ON home_pay_sheets (decided_by);
CREATE UNIQUE INDEX home_pay_sheets_one ON home_pay_sheets (home_id, month) WHERE state <> 'discarded';
CREATE TRIGGER home_pay_sheets_made_first BEFORE INSERT ON home_pay_sheets FOR EACH ROW WHEN (NEW.state <> 'made') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_pay_sheets_fixed BEFORE UPDATE ON home_pay_sheets FOR EACH ROW
    WHEN ((NEW.id, NEW.home_id, NEW.division_code, NEW.month, NEW.member_count, NEW.total_fen, NEW.made_by, NEW.made_at)
        IS DISTINCT FROM (OLD.id, OLD.home_id, OLD.division_code, OLD.month, OLD.member_count, OLD.total_fen, OLD.made_by, OLD.made_at)
    OR OLD.state <> 'made')
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_pay_sheets_keep BEFORE DELETE ON home_pay_sheets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_pay_sheets_keep_all BEFORE TRUNCATE ON home_pay_sheets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE home_pay_items (
    sheet_id uuid NOT NULL,
    home_id uuid NOT NULL,
    member_id uuid NOT NULL,
    days integer NOT NULL CHECK (days > 0),
    daily_pay_fen bigint NOT NULL CHECK (daily_pay_fen >= 0),
    amount_fen bigint NOT NULL,
    PRIMARY KEY (sheet_id, member_id),
    CHECK (amount_fen = days * daily_pay_fen),
    FOREIGN KEY (sheet_id, home_id) REFERENCES home_pay_sheets (id, home_id),
    FOREIGN KEY (member_id, home_id) REFERENCES home_members (id, home_id)
);
CREATE INDEX home_pay_items_sheet ON home_pay_items (sheet_id, home_id);
CREATE INDEX home_pay_items_member ON home_pay_items (member_id, home_id);
CREATE TRIGGER home_pay_items_fixed BEFORE UPDATE ON home_pay_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_pay_items_keep BEFORE DELETE ON home_pay_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_pay_items_keep_all BEFORE TRUNCATE ON home_pay_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_pay_of_nobody() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM home_pay_sheets s WHERE s.id = NEW.sheet_id AND s.state = 'made')
        OR NOT EXISTS (SELECT 1 FROM home_members o WHERE o.id = NEW.member_id AND o.daily_pay_fen = NEW.daily_pay_fen)
    THEN
        RAISE EXCEPTION 'huican.append_only: pay is reckoned by what was agreed, on a sheet that is not decided';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_pay_items_hold BEFORE INSERT ON home_pay_items FOR EACH ROW EXECUTE FUNCTION refuse_pay_of_nobody();

CREATE TABLE home_attendances (
    member_id uuid NOT NULL,
    home_id uuid NOT NULL,
    date date NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, date),
    FOREIGN KEY (member_id, home_id) REFERENCES home_members (id, home_id)
);
CREATE INDEX home_attendances_member ON home_attendances (member_id, home_id);
CREATE INDEX home_attendances_home ON home_attendances (home_id, date);
CREATE INDEX home_attendances_recorded_by ON home_attendances (recorded_by);
CREATE TRIGGER home_attendances_fixed BEFORE UPDATE ON home_attendances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_attendances_keep BEFORE DELETE ON home_attendances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER home_attendances_keep_all BEFORE TRUNCATE ON home_attendances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is confirmed is what the days come to, member by member and in all.
CREATE FUNCTION refuse_wrong_pay() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (
            SELECT a.member_id, count(*) AS days FROM home_attendances a
            JOIN home_members o ON o.id = a.member_id AND o.daily_pay_fen IS NOT NULL
            WHERE a.home_id = NEW.home_id AND to_char(a.date, 'YYYY-MM') = NEW.month GROUP BY a.member_id) earned
        FULL JOIN (SELECT i.member_id, i.days FROM home_pay_items i WHERE i.sheet_id = NEW.id) item ON item.member_id = earned.member_id
        WHERE earned.days IS DISTINCT FROM item.days)
        OR NEW.member_count <> (SELECT count(*) FROM home_pay_items i WHERE i.sheet_id = NEW.id)
        OR NEW.total_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM home_pay_items i WHERE i.sheet_id = NEW.id)
    THEN
        RAISE EXCEPTION 'huican.append_only: what is confirmed is what was earned';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_pay_sheets_earned BEFORE UPDATE ON home_pay_sheets FOR EACH ROW
    WHEN (NEW.state = 'confirmed') EXECUTE FUNCTION refuse_wrong_pay();

-- Whoever was a member that day, and of no month that was reckoned.
CREATE FUNCTION refuse_absent_member() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    PERFORM 1 FROM home_members o WHERE o.id = NEW.member_id AND NEW.date >= o.joined_date AND (o.left_date IS NULL OR NEW.date <= o.left_date)
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'huican.home_not_member';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_attendances_hold BEFORE INSERT ON home_attendances FOR EACH ROW EXECUTE FUNCTION refuse_absent_member();
-- Nor does anybody leave before a day on which they came.
CREATE FUNCTION refuse_early_leave() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM home_attendances a WHERE a.member_id = NEW.id AND a.date > NEW.left_date) THEN
        RAISE EXCEPTION 'huican.home_not_member';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_members_came BEFORE UPDATE ON home_members FOR EACH ROW
    WHEN (NEW.left_date IS NOT NULL) EXECUTE FUNCTION refuse_early_leave();
CREATE FUNCTION refuse_reckoned_month() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    PERFORM 1 FROM disability_homes h WHERE h.id = NEW.home_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM home_pay_sheets s WHERE s.home_id = NEW.home_id AND s.state <> 'discarded'
            AND s.month = to_char(NEW.date, 'YYYY-MM'))
    THEN
        RAISE EXCEPTION 'huican.home_month_reckoned';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_attendances_open_month BEFORE INSERT ON home_attendances FOR EACH ROW EXECUTE FUNCTION refuse_reckoned_month();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_homes CHECK (' ' || permits || ' ' NOT LIKE '% home.confirm %');
GRANT SELECT, INSERT ON disability_homes, home_members, home_pay_sheets, home_pay_items, home_attendances TO huican_service;
GRANT UPDATE (name, operator, care_places, sheltered_places, closed_date, updated_at, version) ON disability_homes TO huican_service;
GRANT UPDATE (left_date, leave_reason, ended_by, ended_at, version) ON home_members TO huican_service;
GRANT UPDATE (state, decided_by, decided_at, comment, version) ON home_pay_sheets TO huican_service;
ALTER TABLE home_members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON home_members
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE home_attendances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON home_attendances USING (EXISTS (SELECT 1 FROM home_members o WHERE o.id = member_id));
ALTER TABLE home_pay_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON home_pay_items USING (EXISTS (SELECT 1 FROM home_members o WHERE o.id = member_id));
