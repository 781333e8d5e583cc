-- The catalog of assistive devices by edition and code of ISO 9999 (GB/T 16432). What is laid down of a code is dated,
-- and of what reaches a day the version recorded last holds on it. Codes move between editions: the mapping says where.

CREATE TABLE device_codes (
    edition text COLLATE "C" NOT NULL CHECK (length(edition) = 4 AND edition BETWEEN '1990' AND '2199'),
    code text COLLATE "C" NOT NULL CHECK (length(code) = 6 AND code BETWEEN '000000' AND '999999'),
    PRIMARY KEY (edition, code)
);

CREATE TABLE device_items (
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    previous_version integer,
    name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 100),
    name_en text CHECK (length(name_en) BETWEEN 1 AND 100),
    unit text NOT NULL CHECK (length(unit) BETWEEN 1 AND 10),
    -- What is subsidized of the price, and no more than so much.
    subsidy_percent integer NOT NULL CHECK (subsidy_percent BETWEEN 0 AND 100),
    cap_fen bigint CHECK (cap_fen >= 0),
    use_life_months integer CHECK (use_life_months BETWEEN 1 AND 600),
    child_use_life_months integer CHECK (child_use_life_months BETWEEN 1 AND 600),
    evaluation_level text NOT NULL CHECK (evaluation_level IN ('none', 'township', 'county', 'city')),
    listed boolean NOT NULL,
    effective_from date NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (edition, code, version),
    CHECK ((version = 1) = (previous_version IS NULL)),
    CHECK (previous_version = version - 1),
    CHECK (child_use_life_months <= use_life_months),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (edition, code, previous_version) REFERENCES device_items (edition, code, version)
);
CREATE INDEX device_items_recorded_by ON device_items (recorded_by);

CREATE TABLE device_code_mappings (
    from_edition text COLLATE "C" NOT NULL,
    from_code text COLLATE "C" NOT NULL,
    to_edition text COLLATE "C" NOT NULL,
    to_code text COLLATE "C" NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (from_edition, from_code, to_edition, to_code),
    CHECK (from_edition < to_edition),
    FOREIGN KEY (from_edition, from_code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (to_edition, to_code) REFERENCES device_codes (edition, code)
);
CREATE INDEX device_code_mappings_to ON device_code_mappings (to_edition, to_code);
CREATE INDEX device_code_mappings_recorded_by ON device_code_mappings (recorded_by);

CREATE TRIGGER device_codes_fixed BEFORE UPDATE ON device_codes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_codes_keep BEFORE DELETE ON device_codes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_codes_keep_all BEFORE TRUNCATE ON device_codes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_items_fixed BEFORE UPDATE ON device_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_items_keep BEFORE DELETE ON device_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_items_keep_all BEFORE TRUNCATE ON device_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_code_mappings_fixed BEFORE UPDATE ON device_code_mappings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_code_mappings_keep BEFORE DELETE ON device_code_mappings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_code_mappings_keep_all BEFORE TRUNCATE ON device_code_mappings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON device_codes, device_items, device_code_mappings TO huican_service;
