-- The catalog of assistive devices by edition and code of ISO 9999 (GB/T 16432). What is laid down of a code is dated,
-- and of what reaches a day the version recorded last holds on it. Codes move between editions: the mapping says where.

CREATE TABLE device_codes (
    edition TEXT NOT NULL CHECK (length(edition) = 4 AND edition BETWEEN '1990' AND '2199'),
    code TEXT NOT NULL CHECK (length(code) = 6 AND code BETWEEN '000000' AND '999999'),
    PRIMARY KEY (edition, code)
) STRICT;

CREATE TABLE device_items (
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    previous_version INTEGER,
    name_zh TEXT NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 100),
    name_en TEXT CHECK (length(name_en) BETWEEN 1 AND 100),
    unit TEXT NOT NULL CHECK (length(unit) BETWEEN 1 AND 10),
    -- What is subsidized of the price, and no more than so much.
    subsidy_percent INTEGER NOT NULL CHECK (subsidy_percent BETWEEN 0 AND 100),
    cap_fen INTEGER CHECK (cap_fen >= 0),
    use_life_months INTEGER CHECK (use_life_months BETWEEN 1 AND 600),
    child_use_life_months INTEGER CHECK (child_use_life_months BETWEEN 1 AND 600),
    evaluation_level TEXT NOT NULL CHECK (evaluation_level IN ('none', 'township', 'county', 'city')),
    listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
    effective_from TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (edition, code, version),
    CHECK ((version = 1) = (previous_version IS NULL)),
    CHECK (previous_version = version - 1),
    CHECK (child_use_life_months <= use_life_months),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (edition, code, previous_version) REFERENCES device_items (edition, code, version)
) STRICT;
CREATE INDEX device_items_recorded_by ON device_items (recorded_by);

CREATE TABLE device_code_mappings (
    from_edition TEXT NOT NULL,
    from_code TEXT NOT NULL,
    to_edition TEXT NOT NULL,
    to_code TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (from_edition, from_code, to_edition, to_code),
    CHECK (from_edition < to_edition),
    FOREIGN KEY (from_edition, from_code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (to_edition, to_code) REFERENCES device_codes (edition, code)
) STRICT;
CREATE INDEX device_code_mappings_to ON device_code_mappings (to_edition, to_code);
CREATE INDEX device_code_mappings_recorded_by ON device_code_mappings (recorded_by);

CREATE TRIGGER device_codes_fixed BEFORE UPDATE ON device_codes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: codes are never changed');
END;
CREATE TRIGGER device_codes_keep BEFORE DELETE ON device_codes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: codes are never deleted');
END;
CREATE TRIGGER device_codes_no_replace BEFORE INSERT ON device_codes
WHEN EXISTS (SELECT 1 FROM device_codes WHERE edition = NEW.edition AND code = NEW.code)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_codes.edition');
END;
CREATE TRIGGER device_items_fixed BEFORE UPDATE ON device_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: versions are never changed');
END;
CREATE TRIGGER device_items_keep BEFORE DELETE ON device_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: versions are never deleted');
END;
CREATE TRIGGER device_items_no_replace BEFORE INSERT ON device_items
WHEN EXISTS (SELECT 1 FROM device_items WHERE edition = NEW.edition AND code = NEW.code AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_items.edition');
END;
CREATE TRIGGER device_code_mappings_fixed BEFORE UPDATE ON device_code_mappings
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: mappings are never changed');
END;
CREATE TRIGGER device_code_mappings_keep BEFORE DELETE ON device_code_mappings
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: mappings are never deleted');
END;
CREATE TRIGGER device_code_mappings_no_replace BEFORE INSERT ON device_code_mappings
WHEN EXISTS (SELECT 1 FROM device_code_mappings WHERE from_edition = NEW.from_edition AND from_code = NEW.from_code AND to_edition = NEW.to_edition AND to_code = NEW.to_code)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_code_mappings.from_edition');
END;
