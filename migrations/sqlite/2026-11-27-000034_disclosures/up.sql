-- What was published of what people were paid (公示): as it was published, names masked, minors counted and not named.
CREATE TABLE public_lists (
    id BLOB NOT NULL PRIMARY KEY,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    first_month TEXT NOT NULL CHECK (length(first_month) = 7),
    last_month TEXT NOT NULL CHECK (length(last_month) = 7),
    revision INTEGER NOT NULL CHECK (revision > 0),
    previous_revision INTEGER,
    to_date TEXT NOT NULL,
    phone TEXT NOT NULL CHECK (length(phone) BETWEEN 5 AND 30),
    person_count INTEGER NOT NULL CHECK (person_count >= 0),
    minor_count INTEGER NOT NULL CHECK (minor_count BETWEEN 0 AND person_count),
    -- Of all persons, those not named among them.
    total_fen INTEGER NOT NULL CHECK (total_fen >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    published_by BLOB NOT NULL REFERENCES users (id),
    published_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (program_code, division_code, first_month, last_month, revision),
    CHECK (first_month <= last_month AND substr(first_month, 1, 4) = substr(last_month, 1, 4)),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (program_code, division_code, first_month, last_month, previous_revision)
        REFERENCES public_lists (program_code, division_code, first_month, last_month, revision)
) STRICT;
CREATE INDEX public_lists_division ON public_lists (division_code, id);
CREATE INDEX public_lists_county ON public_lists (county_code, id);
CREATE INDEX public_lists_published_by ON public_lists (published_by);

CREATE TABLE public_list_entries (
    list_id BLOB NOT NULL REFERENCES public_lists (id),
    place INTEGER NOT NULL CHECK (place > 0),
    -- Whom it is about; not published.
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    division_name TEXT NOT NULL,
    name_masked TEXT NOT NULL,
    months INTEGER NOT NULL CHECK (months > 0),
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (list_id, place),
    UNIQUE (list_id, resident_id)
) STRICT;
CREATE INDEX public_list_entries_resident ON public_list_entries (resident_id);
CREATE INDEX public_list_entries_division ON public_list_entries (division_code);

-- What was booked between two days.
CREATE INDEX ledger_entries_county_at ON ledger_entries (county_code, at);
CREATE INDEX ledger_entries_at ON ledger_entries (at);

-- An entry comes with its list, which says how many there are.
CREATE TRIGGER public_list_entries_with_list BEFORE INSERT ON public_list_entries
WHEN NEW.place > (SELECT l.person_count - l.minor_count FROM public_lists l WHERE l.id = NEW.list_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a public list stays as it was published');
END;
CREATE TRIGGER public_lists_fixed BEFORE UPDATE ON public_lists
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: public lists are never changed');
END;
CREATE TRIGGER public_lists_keep BEFORE DELETE ON public_lists
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: public lists are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER public_lists_no_replace BEFORE INSERT ON public_lists
WHEN EXISTS (SELECT 1 FROM public_lists WHERE id = NEW.id OR (program_code = NEW.program_code AND division_code = NEW.division_code AND first_month = NEW.first_month AND last_month = NEW.last_month AND revision = NEW.revision))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_lists.program_code');
END;
CREATE TRIGGER public_list_entries_fixed BEFORE UPDATE ON public_list_entries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: public list entries are never changed');
END;
CREATE TRIGGER public_list_entries_keep BEFORE DELETE ON public_list_entries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: public list entries are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER public_list_entries_no_replace BEFORE INSERT ON public_list_entries
WHEN EXISTS (SELECT 1 FROM public_list_entries WHERE list_id = NEW.list_id AND (place = NEW.place OR resident_id = NEW.resident_id))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_list_entries.list_id');
END;
