-- Residents and what is known of them. `id_number`, `phone` and `number` are sealed; their
-- `_index` is a keyed fingerprint. Certificates and circumstances carry two dates: when they were
-- true (valid_from, valid_to) and when the office knew it (recorded_at, superseded_at).

CREATE TABLE residents (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    hukou_division_code TEXT NOT NULL REFERENCES divisions (code),
    name TEXT NOT NULL,
    name_pinyin TEXT NOT NULL,
    name_initials TEXT NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('male', 'female')),
    birth_date TEXT NOT NULL,
    id_number BLOB NOT NULL,
    id_number_index BLOB NOT NULL UNIQUE,
    phone BLOB,
    phone_index BLOB,
    created_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((phone IS NULL) = (phone_index IS NULL))
) STRICT;
CREATE INDEX residents_division ON residents (division_code, id);
CREATE INDEX residents_hukou ON residents (hukou_division_code);
CREATE INDEX residents_name ON residents (name, id);
CREATE INDEX residents_pinyin ON residents (name_pinyin, id);
CREATE INDEX residents_initials ON residents (name_initials, id);
CREATE INDEX residents_phone ON residents (phone_index);
CREATE INDEX residents_created_by ON residents (created_by);

CREATE TABLE certificates (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    number BLOB NOT NULL,
    number_index BLOB NOT NULL,
    impairment_type TEXT NOT NULL CHECK (impairment_type IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'mental', 'multiple')),
    severity_level INTEGER NOT NULL CHECK (severity_level BETWEEN 1 AND 4),
    issued_date TEXT NOT NULL,
    expires_date TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('valid', 'frozen', 'transferring', 'cancelled')),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB REFERENCES users (id),
    superseded_at INTEGER,
    superseded_by BLOB REFERENCES users (id),
    CHECK (issued_date < expires_date),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
) STRICT;
CREATE UNIQUE INDEX certificates_current ON certificates (resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX certificates_resident ON certificates (resident_id, recorded_at);
CREATE INDEX certificates_number ON certificates (number_index);
CREATE INDEX certificates_recorded_by ON certificates (recorded_by);
CREATE INDEX certificates_superseded_by ON certificates (superseded_by);

CREATE TABLE certificate_components (
    certificate_id BLOB NOT NULL REFERENCES certificates (id),
    impairment_type TEXT NOT NULL CHECK (impairment_type IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'mental')),
    severity_level INTEGER NOT NULL CHECK (severity_level BETWEEN 1 AND 4),
    PRIMARY KEY (certificate_id, impairment_type)
) STRICT;

CREATE TABLE circumstances (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB REFERENCES users (id),
    source TEXT NOT NULL,
    superseded_at INTEGER,
    superseded_by BLOB REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
) STRICT;
CREATE UNIQUE INDEX circumstances_current ON circumstances (resident_id, kind) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX circumstances_resident ON circumstances (resident_id, kind, recorded_at);
CREATE INDEX circumstances_value ON circumstances (kind, value, resident_id) WHERE superseded_at IS NULL;
CREATE INDEX circumstances_recorded_by ON circumstances (recorded_by);
CREATE INDEX circumstances_superseded_by ON circumstances (superseded_by);

-- Nothing is overwritten: a fact may be superseded once and never deleted; two facts of one kind
-- that are both believed never cover the same day.
CREATE TRIGGER residents_keep BEFORE DELETE ON residents
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: residents are never deleted');
END;
CREATE TRIGGER residents_identity BEFORE UPDATE ON residents
WHEN NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at OR NEW.created_by IS NOT OLD.created_by
  OR (NEW.id_number_index <> OLD.id_number_index
      AND EXISTS (SELECT 1 FROM residents r WHERE r.id_number_index = NEW.id_number_index))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who a resident is does not change');
END;
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates
WHEN OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
  OR NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.number <> OLD.number
  OR NEW.number_index <> OLD.number_index OR NEW.impairment_type <> OLD.impairment_type
  OR NEW.severity_level <> OLD.severity_level OR NEW.issued_date <> OLD.issued_date
  OR NEW.expires_date <> OLD.expires_date OR NEW.state <> OLD.state
  OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a certificate can only be superseded, once');
END;
CREATE TRIGGER certificates_keep BEFORE DELETE ON certificates
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: certificates are never deleted');
END;
CREATE TRIGGER certificates_no_overlap BEFORE INSERT ON certificates
WHEN NEW.superseded_at IS NULL AND EXISTS (
    SELECT 1 FROM certificates c
    WHERE c.resident_id = NEW.resident_id AND c.superseded_at IS NULL
      AND (c.valid_to IS NULL OR c.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > c.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.fact_overlaps');
END;
CREATE TRIGGER certificate_components_fixed BEFORE UPDATE ON certificate_components
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: components are fixed');
END;
CREATE TRIGGER certificate_components_keep BEFORE DELETE ON certificate_components
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: components are never deleted');
END;
CREATE TRIGGER circumstances_only_superseded BEFORE UPDATE ON circumstances
WHEN OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
  OR NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.kind <> OLD.kind
  OR NEW.value <> OLD.value OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by OR NEW.source <> OLD.source
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a circumstance can only be superseded, once');
END;
CREATE TRIGGER circumstances_keep BEFORE DELETE ON circumstances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: circumstances are never deleted');
END;
CREATE TRIGGER circumstances_no_overlap BEFORE INSERT ON circumstances
WHEN NEW.superseded_at IS NULL AND EXISTS (
    SELECT 1 FROM circumstances c
    WHERE c.resident_id = NEW.resident_id AND c.kind = NEW.kind AND c.superseded_at IS NULL
      AND (c.valid_to IS NULL OR c.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > c.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.fact_overlaps');
END;

-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER residents_no_replace BEFORE INSERT ON residents
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.id OR id_number_index = NEW.id_number_index)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: residents.id_number_index');
END;
CREATE TRIGGER certificates_no_replace BEFORE INSERT ON certificates
WHEN EXISTS (SELECT 1 FROM certificates WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: certificates.id');
END;
CREATE TRIGGER certificate_components_no_replace BEFORE INSERT ON certificate_components
WHEN EXISTS (SELECT 1 FROM certificate_components WHERE certificate_id = NEW.certificate_id AND impairment_type = NEW.impairment_type)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: certificate_components.id');
END;
CREATE TRIGGER circumstances_no_replace BEFORE INSERT ON circumstances
WHEN EXISTS (SELECT 1 FROM circumstances WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: circumstances.id');
END;
