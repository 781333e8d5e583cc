-- Residents and what is known of them. `id_number`, `phone` and `number` are sealed; their
-- `_index` is a keyed fingerprint. Certificates and circumstances carry two dates: when they were
-- true (valid_from, valid_to) and when the office knew it (recorded_at, superseded_at).

CREATE TABLE residents (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    hukou_division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    name text COLLATE "C" NOT NULL,
    name_pinyin text COLLATE "C" NOT NULL,
    name_initials text COLLATE "C" NOT NULL,
    sex text NOT NULL CHECK (sex IN ('male', 'female')),
    birth_date date NOT NULL,
    id_number bytea NOT NULL,
    id_number_index bytea NOT NULL UNIQUE,
    phone bytea,
    phone_index bytea,
    created_by uuid REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    CHECK ((phone IS NULL) = (phone_index IS NULL))
);
CREATE INDEX residents_division ON residents (division_code, id);
CREATE INDEX residents_hukou ON residents (hukou_division_code);
CREATE INDEX residents_name ON residents (name, id);
CREATE INDEX residents_pinyin ON residents (name_pinyin, id);
CREATE INDEX residents_initials ON residents (name_initials, id);
CREATE INDEX residents_phone ON residents (phone_index);
CREATE INDEX residents_created_by ON residents (created_by);

CREATE TABLE certificates (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    number bytea NOT NULL,
    number_index bytea NOT NULL,
    impairment_type text NOT NULL CHECK (impairment_type IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'mental', 'multiple')),
    severity_level integer NOT NULL CHECK (severity_level BETWEEN 1 AND 4),
    issued_date date NOT NULL,
    expires_date date NOT NULL,
    state text NOT NULL CHECK (state IN ('valid', 'frozen', 'transferring', 'cancelled')),
    valid_from date NOT NULL,
    valid_to date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES users (id),
    superseded_at timestamptz,
    superseded_by uuid REFERENCES users (id),
    CHECK (issued_date < expires_date),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX certificates_current ON certificates (resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX certificates_resident ON certificates (resident_id, recorded_at);
CREATE INDEX certificates_number ON certificates (number_index);
CREATE INDEX certificates_recorded_by ON certificates (recorded_by);
CREATE INDEX certificates_superseded_by ON certificates (superseded_by);

CREATE TABLE certificate_components (
    certificate_id uuid NOT NULL REFERENCES certificates (id),
    impairment_type text NOT NULL CHECK (impairment_type IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'mental')),
    severity_level integer NOT NULL CHECK (severity_level BETWEEN 1 AND 4),
    PRIMARY KEY (certificate_id, impairment_type)
);

CREATE TABLE circumstances (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    kind text NOT NULL,
    value text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES users (id),
    source text NOT NULL,
    superseded_at timestamptz,
    superseded_by uuid REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX circumstances_current ON circumstances (resident_id, kind) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX circumstances_resident ON circumstances (resident_id, kind, recorded_at);
CREATE INDEX circumstances_value ON circumstances (kind, value, resident_id) WHERE superseded_at IS NULL;
CREATE INDEX circumstances_recorded_by ON circumstances (recorded_by);
CREATE INDEX circumstances_superseded_by ON circumstances (superseded_by);

-- Nothing is overwritten: a fact may be superseded once and never deleted; two facts of one kind
-- that are both believed never cover the same day.
CREATE TRIGGER residents_keep BEFORE DELETE ON residents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER residents_identity BEFORE UPDATE ON residents FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at OR NEW.created_by IS DISTINCT FROM OLD.created_by)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER residents_keep_all BEFORE TRUNCATE ON residents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
        OR (NEW.id, NEW.resident_id, NEW.number, NEW.number_index, NEW.impairment_type, NEW.severity_level,
            NEW.issued_date, NEW.expires_date, NEW.state, NEW.valid_from, NEW.valid_to, NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.number, OLD.number_index, OLD.impairment_type, OLD.severity_level,
            OLD.issued_date, OLD.expires_date, OLD.state, OLD.valid_from, OLD.valid_to, OLD.recorded_at, OLD.recorded_by))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificates_keep BEFORE DELETE ON certificates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificates_keep_all BEFORE TRUNCATE ON certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificate_components_fixed BEFORE UPDATE OR DELETE ON certificate_components
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificate_components_keep BEFORE TRUNCATE ON certificate_components
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER circumstances_only_superseded BEFORE UPDATE ON circumstances FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
        OR (NEW.id, NEW.resident_id, NEW.kind, NEW.value, NEW.valid_from, NEW.valid_to, NEW.recorded_at, NEW.recorded_by, NEW.source)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.kind, OLD.value, OLD.valid_from, OLD.valid_to, OLD.recorded_at, OLD.recorded_by, OLD.source))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER circumstances_keep BEFORE DELETE ON circumstances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER circumstances_keep_all BEFORE TRUNCATE ON circumstances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_overlapping_certificates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR UPDATE;
    IF NEW.superseded_at IS NULL AND EXISTS (
        SELECT 1 FROM certificates c
        WHERE c.resident_id = NEW.resident_id AND c.superseded_at IS NULL
          AND daterange(c.valid_from, c.valid_to) && daterange(NEW.valid_from, NEW.valid_to))
    THEN
        RAISE EXCEPTION 'huican.fact_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificates_no_overlap BEFORE INSERT ON certificates
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_certificates();
CREATE FUNCTION refuse_overlapping_circumstances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR UPDATE;
    IF NEW.superseded_at IS NULL AND EXISTS (
        SELECT 1 FROM circumstances c
        WHERE c.resident_id = NEW.resident_id AND c.kind = NEW.kind AND c.superseded_at IS NULL
          AND daterange(c.valid_from, c.valid_to) && daterange(NEW.valid_from, NEW.valid_to))
    THEN
        RAISE EXCEPTION 'huican.fact_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER circumstances_no_overlap BEFORE INSERT ON circumstances
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_circumstances();
