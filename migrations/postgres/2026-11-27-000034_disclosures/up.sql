-- What was published of what people were paid (公示): as it was published, names masked, minors counted and not named.
CREATE TABLE public_lists (
    id uuid NOT NULL PRIMARY KEY,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    first_month text COLLATE "C" NOT NULL CHECK (length(first_month) = 7),
    last_month text COLLATE "C" NOT NULL CHECK (length(last_month) = 7),
    revision integer NOT NULL CHECK (revision > 0),
    previous_revision integer,
    to_date date NOT NULL,
    phone text NOT NULL CHECK (length(phone) BETWEEN 5 AND 30),
    person_count integer NOT NULL CHECK (person_count >= 0),
    minor_count integer NOT NULL CHECK (minor_count BETWEEN 0 AND person_count),
    -- Of all persons, those not named among them.
    total_fen bigint NOT NULL CHECK (total_fen >= 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    published_by uuid NOT NULL REFERENCES users (id),
    published_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (program_code, division_code, first_month, last_month, revision),
    CHECK (first_month <= last_month AND substr(first_month, 1, 4) = substr(last_month, 1, 4)),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (program_code, division_code, first_month, last_month, previous_revision)
        REFERENCES public_lists (program_code, division_code, first_month, last_month, revision)
);
CREATE INDEX public_lists_division ON public_lists (division_code, id);
CREATE INDEX public_lists_county ON public_lists (county_code, id);
CREATE INDEX public_lists_published_by ON public_lists (published_by);

CREATE TABLE public_list_entries (
    list_id uuid NOT NULL REFERENCES public_lists (id),
    place integer NOT NULL CHECK (place > 0),
    -- Whom it is about; not published.
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    division_name text NOT NULL,
    name_masked text NOT NULL,
    months integer NOT NULL CHECK (months > 0),
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (list_id, place),
    UNIQUE (list_id, resident_id)
);
CREATE INDEX public_list_entries_resident ON public_list_entries (resident_id);
CREATE INDEX public_list_entries_division ON public_list_entries (division_code);

-- What was booked between two days.
CREATE INDEX ledger_entries_county_at ON ledger_entries (county_code, at);
CREATE INDEX ledger_entries_at ON ledger_entries (at);

-- An entry comes with its list, which says how many there are.
CREATE FUNCTION refuse_unlisted_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place > (SELECT l.person_count - l.minor_count FROM public_lists l WHERE l.id = NEW.list_id) THEN
        RAISE EXCEPTION 'huican.append_only: a public list stays as it was published';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_list_entries_with_list BEFORE INSERT ON public_list_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_entry();
CREATE TRIGGER public_lists_fixed BEFORE UPDATE ON public_lists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_lists_keep BEFORE DELETE ON public_lists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_lists_keep_all BEFORE TRUNCATE ON public_lists FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_list_entries_fixed BEFORE UPDATE ON public_list_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_list_entries_keep BEFORE DELETE ON public_list_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_list_entries_keep_all BEFORE TRUNCATE ON public_list_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON public_lists, public_list_entries TO huican_service;
ALTER TABLE public_lists ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_lists
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE public_list_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_list_entries
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
