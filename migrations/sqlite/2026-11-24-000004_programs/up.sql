-- What an office offers, as data: programs, and their dated versions with rules and review steps.

CREATE TABLE programs (
    code TEXT NOT NULL PRIMARY KEY,
    service TEXT NOT NULL CHECK (service IN ('subsidy', 'rehabilitation', 'assistive_device', 'accessibility_renovation', 'employment')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE program_versions (
    id BLOB NOT NULL PRIMARY KEY,
    program_code TEXT NOT NULL REFERENCES programs (code),
    version INTEGER NOT NULL,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    legal_basis TEXT NOT NULL,
    rules TEXT NOT NULL,
    steps TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (program_code, version),
    CHECK (effective_to IS NULL OR effective_from < effective_to)
) STRICT;
CREATE INDEX program_versions_division ON program_versions (division_code, program_code, effective_from);

-- A version is never edited, and two never hold at once in one division.
CREATE TRIGGER program_versions_fixed BEFORE UPDATE ON program_versions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a program version is never edited');
END;
CREATE TRIGGER program_versions_keep BEFORE DELETE ON program_versions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: program versions are never deleted');
END;
CREATE TRIGGER program_versions_no_overlap BEFORE INSERT ON program_versions
WHEN EXISTS (
    SELECT 1 FROM program_versions v
    WHERE v.program_code = NEW.program_code AND v.division_code = NEW.division_code
      AND (v.effective_to IS NULL OR v.effective_to > NEW.effective_from)
      AND (NEW.effective_to IS NULL OR NEW.effective_to > v.effective_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.program_overlap');
END;

-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER program_versions_no_replace BEFORE INSERT ON program_versions
WHEN EXISTS (SELECT 1 FROM program_versions WHERE id = NEW.id OR (program_code = NEW.program_code AND version = NEW.version))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: program_versions.version');
END;
