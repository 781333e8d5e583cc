-- Who is entitled to which subsidy, since which month.

CREATE TABLE enrollments (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    case_id uuid NOT NULL UNIQUE,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    state text NOT NULL CHECK (state IN ('active', 'suspended', 'stopped')),
    start_month text COLLATE "C" NOT NULL CHECK (length(start_month) = 7),
    stop_month text COLLATE "C" CHECK (length(stop_month) = 7),
    rate_fen bigint NOT NULL CHECK (rate_fen > 0),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (stop_month IS NULL OR start_month <= stop_month),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
);
CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, program_code) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_resident ON enrollments (resident_id, id);
CREATE INDEX enrollments_division ON enrollments (division_code, id);
CREATE INDEX enrollments_program ON enrollments (program_code, id);
CREATE INDEX enrollments_case ON enrollments (case_id, resident_id);

-- Only an approved case opens an enrollment.
CREATE FUNCTION refuse_unapproved_enrollments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.state = 'approved' AND c.program_code = NEW.program_code) THEN
        RAISE EXCEPTION 'huican.enrollment_without_approval';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollments_from_approval BEFORE INSERT ON enrollments
    FOR EACH ROW EXECUTE FUNCTION refuse_unapproved_enrollments();
CREATE TRIGGER enrollments_keep BEFORE DELETE ON enrollments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollments_keep_all BEFORE TRUNCATE ON enrollments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
        OR NEW.program_code <> OLD.program_code OR NEW.division_code <> OLD.division_code
        OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at)
    EXECUTE FUNCTION refuse_change();
