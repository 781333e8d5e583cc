-- 残疾人之家: care and sheltered work by the day.
CREATE TABLE disability_homes (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    operator TEXT NOT NULL CHECK (length(operator) BETWEEN 1 AND 100),
    care_places INTEGER NOT NULL CHECK (care_places >= 0),
    sheltered_places INTEGER NOT NULL CHECK (sheltered_places >= 0),
    opened_date TEXT NOT NULL,
    closed_date TEXT,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, division_code),
    CHECK (care_places + sheltered_places > 0),
    CHECK (closed_date >= opened_date)
) STRICT;
CREATE INDEX disability_homes_division ON disability_homes (division_code, id);
CREATE INDEX disability_homes_county ON disability_homes (county_code, id);
CREATE INDEX disability_homes_created_by ON disability_homes (created_by);
CREATE TRIGGER disability_homes_fixed BEFORE UPDATE ON disability_homes
WHEN (NEW.id, NEW.division_code, NEW.opened_date, NEW.created_by, NEW.created_at)
    IS NOT (OLD.id, OLD.division_code, OLD.opened_date, OLD.created_by, OLD.created_at)
  OR OLD.closed_date IS NOT NULL OR NEW.version < OLD.version
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a home is does not change');
END;
CREATE TRIGGER disability_homes_keep BEFORE DELETE ON disability_homes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: disability homes are never deleted');
END;
CREATE TRIGGER disability_homes_no_replace BEFORE INSERT ON disability_homes
WHEN EXISTS (SELECT 1 FROM disability_homes WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: disability_homes.id');
END;

CREATE TABLE home_members (
    id BLOB NOT NULL PRIMARY KEY,
    home_id BLOB NOT NULL,
    -- Where the home is.
    division_code TEXT NOT NULL,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    kind TEXT NOT NULL CHECK (kind IN ('care', 'sheltered')),
    joined_date TEXT NOT NULL,
    -- Of sheltered work.
    daily_pay_fen INTEGER CHECK (daily_pay_fen >= 0),
    left_date TEXT,
    leave_reason TEXT CHECK (leave_reason IN ('employed', 'moved', 'health', 'own_wish', 'home_closed', 'deceased', 'other')),
    added_by BLOB NOT NULL REFERENCES users (id),
    added_at INTEGER NOT NULL,
    ended_by BLOB REFERENCES users (id),
    ended_at INTEGER,
    version INTEGER NOT NULL,
    UNIQUE (id, home_id),
    CHECK ((kind = 'sheltered') = (daily_pay_fen IS NOT NULL)),
    CHECK ((left_date IS NULL) = (leave_reason IS NULL) AND (left_date IS NULL) = (ended_by IS NULL) AND (left_date IS NULL) = (ended_at IS NULL)),
    CHECK (left_date >= joined_date),
    FOREIGN KEY (home_id, division_code) REFERENCES disability_homes (id, division_code)
) STRICT;
CREATE INDEX home_members_home ON home_members (home_id, division_code);
CREATE INDEX home_members_resident ON home_members (resident_id);
CREATE INDEX home_members_added_by ON home_members (added_by);
CREATE INDEX home_members_ended_by ON home_members (ended_by);
CREATE UNIQUE INDEX home_members_one_open ON home_members (resident_id) WHERE left_date IS NULL;
CREATE TRIGGER home_members_fixed BEFORE UPDATE ON home_members
WHEN (NEW.id, NEW.home_id, NEW.division_code, NEW.resident_id, NEW.kind, NEW.joined_date, NEW.daily_pay_fen, NEW.added_by, NEW.added_at)
    IS NOT (OLD.id, OLD.home_id, OLD.division_code, OLD.resident_id, OLD.kind, OLD.joined_date, OLD.daily_pay_fen, OLD.added_by, OLD.added_at)
  OR OLD.left_date IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who came when stays');
END;
CREATE TRIGGER home_members_keep BEFORE DELETE ON home_members
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: home members are never deleted');
END;
CREATE TRIGGER home_members_no_replace BEFORE INSERT ON home_members
WHEN EXISTS (SELECT 1 FROM home_members WHERE id = NEW.id OR (resident_id = NEW.resident_id AND left_date IS NULL AND NEW.left_date IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: home_members.id');
END;
CREATE TRIGGER home_members_of_merged BEFORE INSERT ON home_members
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER home_members_one_of_person BEFORE INSERT ON home_members
WHEN EXISTS (
        SELECT 1 FROM home_members o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.left_date IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.home_member_open');
END;

-- No more members than places; who asks at once waits.
CREATE TRIGGER home_members_have_places BEFORE INSERT ON home_members
WHEN NOT EXISTS (
        SELECT 1 FROM disability_homes h WHERE h.id = NEW.home_id AND h.closed_date IS NULL AND NEW.joined_date >= h.opened_date
            AND CASE NEW.kind WHEN 'care' THEN h.care_places ELSE h.sheltered_places END
                > (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.home_id AND o.kind = NEW.kind AND o.left_date IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.home_full');
END;
CREATE TRIGGER disability_homes_hold_members BEFORE UPDATE ON disability_homes
WHEN (NEW.closed_date IS NOT NULL AND EXISTS (SELECT 1 FROM home_members o WHERE o.home_id = NEW.id AND o.left_date IS NULL))
        OR NEW.care_places < (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.id AND o.kind = 'care' AND o.left_date IS NULL)
        OR NEW.sheltered_places < (SELECT count(*) FROM home_members o WHERE o.home_id = NEW.id AND o.kind = 'sheltered' AND o.left_date IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.home_full');
END;

CREATE TABLE home_pay_sheets (
    id BLOB NOT NULL PRIMARY KEY,
    home_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    month TEXT NOT NULL CHECK (length(month) = 7),
    state TEXT NOT NULL,
    member_count INTEGER NOT NULL CHECK (member_count >= 0),
    total_fen INTEGER NOT NULL CHECK (total_fen >= 0),
    made_by BLOB NOT NULL REFERENCES users (id),
    made_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    version INTEGER NOT NULL,
    UNIQUE (id, home_id),
    CHECK (CASE state WHEN 'made' THEN decided_by IS NULL WHEN 'confirmed' THEN decided_by IS NOT NULL
        WHEN 'discarded' THEN decided_by IS NOT NULL AND comment IS NOT NULL ELSE 1 = 0 END),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    -- Nobody confirms what they made.
    CHECK (state <> 'confirmed' OR made_by <> decided_by),
    FOREIGN KEY (home_id, division_code) REFERENCES disability_homes (id, division_code)
) STRICT;
CREATE INDEX home_pay_sheets_home ON home_pay_sheets (home_id, division_code);
CREATE INDEX home_pay_sheets_made_by ON home_pay_sheets (made_by);
CREATE INDEX home_pay_sheets_decided_by ON home_pay_sheets (decided_by);
CREATE UNIQUE INDEX home_pay_sheets_one ON home_pay_sheets (home_id, month) WHERE state <> 'discarded';
CREATE TRIGGER home_pay_sheets_made_first BEFORE INSERT ON home_pay_sheets
WHEN NEW.state <> 'made'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a sheet begins as made');
END;
CREATE TRIGGER home_pay_sheets_fixed BEFORE UPDATE ON home_pay_sheets
WHEN (NEW.id, NEW.home_id, NEW.division_code, NEW.month, NEW.member_count, NEW.total_fen, NEW.made_by, NEW.made_at)
    IS NOT (OLD.id, OLD.home_id, OLD.division_code, OLD.month, OLD.member_count, OLD.total_fen, OLD.made_by, OLD.made_at)
  OR OLD.state <> 'made'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was reckoned stays');
END;
CREATE TRIGGER home_pay_sheets_keep BEFORE DELETE ON home_pay_sheets
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: home pay sheets are never deleted');
END;
CREATE TRIGGER home_pay_sheets_no_replace BEFORE INSERT ON home_pay_sheets
WHEN EXISTS (SELECT 1 FROM home_pay_sheets WHERE id = NEW.id OR (home_id = NEW.home_id AND month = NEW.month AND state <> 'discarded'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: home_pay_sheets.id');
END;

CREATE TABLE home_pay_items (
    sheet_id BLOB NOT NULL,
    home_id BLOB NOT NULL,
    member_id BLOB NOT NULL,
    days INTEGER NOT NULL CHECK (days > 0),
    daily_pay_fen INTEGER NOT NULL CHECK (daily_pay_fen >= 0),
    amount_fen INTEGER NOT NULL,
    PRIMARY KEY (sheet_id, member_id),
    CHECK (amount_fen = days * daily_pay_fen),
    FOREIGN KEY (sheet_id, home_id) REFERENCES home_pay_sheets (id, home_id),
    FOREIGN KEY (member_id, home_id) REFERENCES home_members (id, home_id)
) STRICT;
CREATE INDEX home_pay_items_sheet ON home_pay_items (sheet_id, home_id);
CREATE INDEX home_pay_items_member ON home_pay_items (member_id, home_id);
CREATE TRIGGER home_pay_items_fixed BEFORE UPDATE ON home_pay_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was reckoned stays');
END;
CREATE TRIGGER home_pay_items_keep BEFORE DELETE ON home_pay_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: home pay items are never deleted');
END;
CREATE TRIGGER home_pay_items_hold BEFORE INSERT ON home_pay_items
WHEN NOT EXISTS (SELECT 1 FROM home_pay_sheets s WHERE s.id = NEW.sheet_id AND s.state = 'made')
    OR NOT EXISTS (SELECT 1 FROM home_members o WHERE o.id = NEW.member_id AND o.daily_pay_fen = NEW.daily_pay_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: pay is reckoned by what was agreed, on a sheet that is not decided');
END;
CREATE TRIGGER home_pay_items_no_replace BEFORE INSERT ON home_pay_items
WHEN EXISTS (SELECT 1 FROM home_pay_items WHERE sheet_id = NEW.sheet_id AND member_id = NEW.member_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: home_pay_items.sheet_id');
END;

CREATE TABLE home_attendances (
    member_id BLOB NOT NULL,
    home_id BLOB NOT NULL,
    date TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, date),
    FOREIGN KEY (member_id, home_id) REFERENCES home_members (id, home_id)
) STRICT;
CREATE INDEX home_attendances_member ON home_attendances (member_id, home_id);
CREATE INDEX home_attendances_home ON home_attendances (home_id, date);
CREATE INDEX home_attendances_recorded_by ON home_attendances (recorded_by);
CREATE TRIGGER home_attendances_fixed BEFORE UPDATE ON home_attendances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who was there stays');
END;
CREATE TRIGGER home_attendances_keep BEFORE DELETE ON home_attendances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: home attendances are never deleted');
END;
CREATE TRIGGER home_attendances_no_replace BEFORE INSERT ON home_attendances
WHEN EXISTS (SELECT 1 FROM home_attendances WHERE member_id = NEW.member_id AND date = NEW.date)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: home_attendances.member_id');
END;

-- What is confirmed is what the days come to, member by member and in all.
CREATE TRIGGER home_pay_sheets_earned BEFORE UPDATE ON home_pay_sheets
WHEN NEW.state = 'confirmed' AND (
    EXISTS (
        SELECT 1 FROM home_attendances a JOIN home_members o ON o.id = a.member_id AND o.daily_pay_fen IS NOT NULL
        WHERE a.home_id = NEW.home_id AND substr(a.date, 1, 7) = NEW.month
        GROUP BY a.member_id
        HAVING count(*) IS NOT (SELECT i.days FROM home_pay_items i WHERE i.sheet_id = NEW.id AND i.member_id = a.member_id))
    OR EXISTS (
        SELECT 1 FROM home_pay_items i WHERE i.sheet_id = NEW.id AND NOT EXISTS (
            SELECT 1 FROM home_attendances a WHERE a.member_id = i.member_id AND substr(a.date, 1, 7) = NEW.month))
    OR NEW.member_count <> (SELECT count(*) FROM home_pay_items i WHERE i.sheet_id = NEW.id)
    OR NEW.total_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM home_pay_items i WHERE i.sheet_id = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is confirmed is what was earned');
END;

-- Whoever was a member that day, and of no month that was reckoned.
CREATE TRIGGER home_attendances_hold BEFORE INSERT ON home_attendances
WHEN NOT EXISTS (
        SELECT 1 FROM home_members o WHERE o.id = NEW.member_id AND NEW.date >= o.joined_date AND (o.left_date IS NULL OR NEW.date <= o.left_date))
BEGIN
    SELECT RAISE(ABORT, 'huican.home_not_member');
END;
-- Nor does anybody leave before a day on which they came.
CREATE TRIGGER home_members_came BEFORE UPDATE ON home_members
WHEN EXISTS (SELECT 1 FROM home_attendances a WHERE a.member_id = NEW.id AND a.date > NEW.left_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.home_not_member');
END;
CREATE TRIGGER home_attendances_open_month BEFORE INSERT ON home_attendances
WHEN EXISTS (
        SELECT 1 FROM home_pay_sheets s WHERE s.home_id = NEW.home_id AND s.state <> 'discarded'
            AND s.month = substr(NEW.date, 1, 7))
BEGIN
    SELECT RAISE(ABORT, 'huican.home_month_reckoned');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_homes BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% home.confirm %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
