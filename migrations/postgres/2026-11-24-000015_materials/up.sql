-- What a case is decided on: documents, notes, and the one form that opens several cases at once.
--
-- A document's content lies outside, encrypted under a key of its own, which is kept here, encrypted. It is
-- found again by `address`, a keyed fingerprint of content and resident: the same file of the same person
-- is stored once, and of another person's nothing is told.

CREATE TABLE applications (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED
);
CREATE INDEX applications_resident ON applications (resident_id, id);
CREATE INDEX applications_division ON applications (division_code, id);
CREATE INDEX applications_county ON applications (county_code, id);
CREATE INDEX applications_created_by ON applications (created_by);

ALTER TABLE cases ADD COLUMN application_id uuid REFERENCES applications (id);
CREATE INDEX cases_application ON cases (application_id);

CREATE TABLE document_objects (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    address bytea NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (resident_id, address),
    UNIQUE (id, resident_id)
);

CREATE TABLE documents (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL,
    -- The case it was added to; `case_documents` says for which ones it counts.
    case_id uuid NOT NULL,
    object_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('identity_card', 'household_register', 'disability_certificate',
        'medical_record', 'income_proof', 'bank_card', 'guardianship', 'consent', 'photo', 'invoice', 'other')),
    requirement text CHECK (requirement <> ''),
    name bytea NOT NULL,
    added_by uuid NOT NULL REFERENCES users (id),
    added_at timestamptz NOT NULL,
    UNIQUE (id, resident_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (object_id, resident_id) REFERENCES document_objects (id, resident_id)
);
CREATE INDEX documents_case ON documents (case_id);
CREATE INDEX documents_object ON documents (object_id);
CREATE INDEX documents_added_by ON documents (added_by);

-- A document counts for cases of the person it is about, and for no others.
CREATE TABLE case_documents (
    case_id uuid NOT NULL,
    document_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    PRIMARY KEY (case_id, document_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (document_id, resident_id) REFERENCES documents (id, resident_id)
);
CREATE INDEX case_documents_case ON case_documents (case_id, resident_id);
CREATE INDEX case_documents_document ON case_documents (document_id, resident_id);

-- What was withdrawn stays, with the reason or with what took its place.
CREATE TABLE document_withdrawals (
    document_id uuid NOT NULL PRIMARY KEY REFERENCES documents (id),
    replaced_by_id uuid REFERENCES documents (id),
    reason text CHECK (reason <> ''),
    withdrawn_by uuid NOT NULL REFERENCES users (id),
    withdrawn_at timestamptz NOT NULL,
    CHECK (reason IS NOT NULL OR replaced_by_id IS NOT NULL),
    CHECK (replaced_by_id <> document_id)
);
CREATE INDEX document_withdrawals_replaced_by ON document_withdrawals (replaced_by_id);
CREATE INDEX document_withdrawals_withdrawn_by ON document_withdrawals (withdrawn_by);

CREATE TABLE case_notes (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id),
    author_id uuid NOT NULL REFERENCES users (id),
    body bytea NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE INDEX case_notes_case ON case_notes (case_id, id);
CREATE INDEX case_notes_author ON case_notes (author_id);

-- An application's cases are of its resident, and stay with it.
CREATE FUNCTION refuse_other_resident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.id = NEW.application_id AND a.resident_id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: an application is of one resident';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_application_of_resident BEFORE INSERT ON cases FOR EACH ROW
    WHEN (NEW.application_id IS NOT NULL) EXECUTE FUNCTION refuse_other_resident();
CREATE TRIGGER cases_application_fixed BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.application_id IS DISTINCT FROM OLD.application_id) EXECUTE FUNCTION refuse_change();

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER applications_fixed BEFORE UPDATE OR DELETE ON applications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER applications_keep_all BEFORE TRUNCATE ON applications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_objects_fixed BEFORE UPDATE ON document_objects FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.address, NEW.media_type, NEW.size, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.address, OLD.media_type, OLD.size, OLD.created_at)
        OR substr(NEW.key, 2, 2) <= substr(OLD.key, 2, 2))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_objects_keep BEFORE DELETE ON document_objects FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_objects_keep_all BEFORE TRUNCATE ON document_objects FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_fixed BEFORE UPDATE ON documents FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.case_id, NEW.object_id, NEW.kind, NEW.requirement, NEW.added_by, NEW.added_at)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.case_id, OLD.object_id, OLD.kind, OLD.requirement, OLD.added_by, OLD.added_at)
        OR substr(NEW.name, 2, 2) <= substr(OLD.name, 2, 2))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_keep BEFORE DELETE ON documents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_keep_all BEFORE TRUNCATE ON documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_documents_fixed BEFORE UPDATE OR DELETE ON case_documents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_documents_keep_all BEFORE TRUNCATE ON case_documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_withdrawals_fixed BEFORE UPDATE OR DELETE ON document_withdrawals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_withdrawals_keep_all BEFORE TRUNCATE ON document_withdrawals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_notes_fixed BEFORE UPDATE ON case_notes FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.author_id, NEW.written_at)
        IS DISTINCT FROM
        (OLD.id, OLD.case_id, OLD.author_id, OLD.written_at)
        OR substr(NEW.body, 2, 2) <= substr(OLD.body, 2, 2))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_notes_keep BEFORE DELETE ON case_notes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_notes_keep_all BEFORE TRUNCATE ON case_notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON
    applications, case_documents, case_notes, document_objects, document_withdrawals, documents
    TO huican_service;
GRANT UPDATE (key) ON document_objects TO huican_service;
GRANT UPDATE (name) ON documents TO huican_service;
GRANT UPDATE (body) ON case_notes TO huican_service;

ALTER TABLE applications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON applications
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
-- Documents and notes are within reach where a case is that they belong to.
ALTER TABLE case_documents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON case_documents
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_documents.case_id));
ALTER TABLE documents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON documents
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = documents.case_id)
        OR EXISTS (SELECT 1 FROM case_documents d WHERE d.document_id = documents.id));
ALTER TABLE document_objects ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON document_objects
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = document_objects.resident_id)
        OR EXISTS (SELECT 1 FROM documents d WHERE d.object_id = document_objects.id));
ALTER TABLE document_withdrawals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON document_withdrawals
    USING (EXISTS (SELECT 1 FROM documents d WHERE d.id = document_withdrawals.document_id));
ALTER TABLE case_notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON case_notes
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_notes.case_id));
