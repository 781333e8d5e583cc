-- What an office offers, as data: programs, and their dated versions with rules and review steps.

CREATE TABLE programs (
    code text COLLATE "C" NOT NULL PRIMARY KEY,
    service text NOT NULL CHECK (service IN ('subsidy', 'rehabilitation', 'assistive_device', 'accessibility_renovation', 'employment')),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE program_versions (
    id uuid NOT NULL PRIMARY KEY,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    version integer NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    effective_from date NOT NULL,
    effective_to date,
    legal_basis text NOT NULL,
    rules text NOT NULL,
    steps text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (program_code, version),
    CHECK (effective_to IS NULL OR effective_from < effective_to)
);
CREATE INDEX program_versions_division ON program_versions (division_code, program_code, effective_from);

-- A version is never edited, and two never hold at once in one division.
CREATE TRIGGER program_versions_fixed BEFORE UPDATE OR DELETE ON program_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER program_versions_keep BEFORE TRUNCATE ON program_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_overlapping_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM programs WHERE code = NEW.program_code FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM program_versions v
        WHERE v.program_code = NEW.program_code AND v.division_code = NEW.division_code
          AND daterange(v.effective_from, v.effective_to) && daterange(NEW.effective_from, NEW.effective_to))
    THEN
        RAISE EXCEPTION 'huican.program_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER program_versions_no_overlap BEFORE INSERT ON program_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_versions();
