-- What a case is decided on: documents, notes, and the one form that opens several cases at once.
--
-- A document's content lies outside, encrypted under a key of its own, which is kept here, encrypted. It is
-- found again by `address`, a keyed fingerprint of content and resident: the same file of the same person
-- is stored once, and of another person's nothing is told.

CREATE TABLE applications (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL
) STRICT;
CREATE INDEX applications_resident ON applications (resident_id, id);
CREATE INDEX applications_division ON applications (division_code, id);
CREATE INDEX applications_county ON applications (county_code, id);
CREATE INDEX applications_created_by ON applications (created_by);

ALTER TABLE cases ADD COLUMN application_id BLOB REFERENCES applications (id);
CREATE INDEX cases_application ON cases (application_id);

CREATE TABLE document_objects (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    address BLOB NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (resident_id, address),
    UNIQUE (id, resident_id)
) STRICT;

CREATE TABLE documents (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL,
    -- The case it was added to; `case_documents` says for which ones it counts.
    case_id BLOB NOT NULL,
    object_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('identity_card', 'household_register', 'disability_certificate',
        'medical_record', 'income_proof', 'bank_card', 'guardianship', 'consent', 'photo', 'invoice', 'other')),
    requirement TEXT CHECK (requirement <> ''),
    name BLOB NOT NULL,
    added_by BLOB NOT NULL REFERENCES users (id),
    added_at INTEGER NOT NULL,
    UNIQUE (id, resident_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (object_id, resident_id) REFERENCES document_objects (id, resident_id)
) STRICT;
CREATE INDEX documents_case ON documents (case_id);
CREATE INDEX documents_object ON documents (object_id);
CREATE INDEX documents_added_by ON documents (added_by);

-- A document counts for cases of the person it is about, and for no others.
CREATE TABLE case_documents (
    case_id BLOB NOT NULL,
    document_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    PRIMARY KEY (case_id, document_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (document_id, resident_id) REFERENCES documents (id, resident_id)
) STRICT;
CREATE INDEX case_documents_case ON case_documents (case_id, resident_id);
CREATE INDEX case_documents_document ON case_documents (document_id, resident_id);

-- What was withdrawn stays, with the reason or with what took its place.
CREATE TABLE document_withdrawals (
    document_id BLOB NOT NULL PRIMARY KEY REFERENCES documents (id),
    replaced_by_id BLOB REFERENCES documents (id),
    reason TEXT CHECK (reason <> ''),
    withdrawn_by BLOB NOT NULL REFERENCES users (id),
    withdrawn_at INTEGER NOT NULL,
    CHECK (reason IS NOT NULL OR replaced_by_id IS NOT NULL),
    CHECK (replaced_by_id <> document_id)
) STRICT;
CREATE INDEX document_withdrawals_replaced_by ON document_withdrawals (replaced_by_id);
CREATE INDEX document_withdrawals_withdrawn_by ON document_withdrawals (withdrawn_by);

CREATE TABLE case_notes (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL REFERENCES cases (id),
    author_id BLOB NOT NULL REFERENCES users (id),
    body BLOB NOT NULL,
    written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_notes_case ON case_notes (case_id, id);
CREATE INDEX case_notes_author ON case_notes (author_id);

-- An application's cases are of its resident, and stay with it.
CREATE TRIGGER cases_application_of_resident BEFORE INSERT ON cases
WHEN NEW.application_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM applications WHERE id = NEW.application_id AND resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an application is of one resident');
END;
CREATE TRIGGER cases_application_fixed BEFORE UPDATE ON cases
WHEN NEW.application_id IS NOT OLD.application_id
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a case stays with its application');
END;

-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER applications_fixed BEFORE UPDATE ON applications
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an application is never changed');
END;
CREATE TRIGGER applications_keep BEFORE DELETE ON applications
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an application is never changed');
END;
CREATE TRIGGER applications_no_replace BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM applications WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: applications.id');
END;
CREATE TRIGGER document_objects_fixed BEFORE UPDATE ON document_objects
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.address <> OLD.address
  OR NEW.media_type <> OLD.media_type OR NEW.size <> OLD.size OR NEW.created_at <> OLD.created_at
  OR substr(NEW.key, 2, 2) <= substr(OLD.key, 2, 2)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a stored content is never exchanged');
END;
CREATE TRIGGER document_objects_keep BEFORE DELETE ON document_objects
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a stored content is never exchanged');
END;
CREATE TRIGGER document_objects_no_replace BEFORE INSERT ON document_objects
WHEN EXISTS (SELECT 1 FROM document_objects WHERE id = NEW.id OR (resident_id = NEW.resident_id AND address = NEW.address))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: document_objects.resident_id');
END;
CREATE TRIGGER documents_fixed BEFORE UPDATE ON documents
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.object_id <> OLD.object_id OR NEW.kind <> OLD.kind OR NEW.requirement IS NOT OLD.requirement
  OR NEW.added_by <> OLD.added_by OR NEW.added_at <> OLD.added_at
  OR substr(NEW.name, 2, 2) <= substr(OLD.name, 2, 2)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a document is never changed');
END;
CREATE TRIGGER documents_keep BEFORE DELETE ON documents
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a document is never changed');
END;
CREATE TRIGGER documents_no_replace BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM documents WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: documents.id');
END;
CREATE TRIGGER case_documents_fixed BEFORE UPDATE ON case_documents
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was filed with a case stays with it');
END;
CREATE TRIGGER case_documents_keep BEFORE DELETE ON case_documents
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was filed with a case stays with it');
END;
CREATE TRIGGER case_documents_no_replace BEFORE INSERT ON case_documents
WHEN EXISTS (SELECT 1 FROM case_documents WHERE case_id = NEW.case_id AND document_id = NEW.document_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: case_documents.case_id');
END;
CREATE TRIGGER document_withdrawals_fixed BEFORE UPDATE ON document_withdrawals
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a withdrawal stands');
END;
CREATE TRIGGER document_withdrawals_keep BEFORE DELETE ON document_withdrawals
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a withdrawal stands');
END;
CREATE TRIGGER document_withdrawals_no_replace BEFORE INSERT ON document_withdrawals
WHEN EXISTS (SELECT 1 FROM document_withdrawals WHERE document_id = NEW.document_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: document_withdrawals.document_id');
END;
CREATE TRIGGER case_notes_fixed BEFORE UPDATE ON case_notes
WHEN NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.author_id <> OLD.author_id
  OR NEW.written_at <> OLD.written_at
  OR substr(NEW.body, 2, 2) <= substr(OLD.body, 2, 2)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a note stands as it was written');
END;
CREATE TRIGGER case_notes_keep BEFORE DELETE ON case_notes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a note stands as it was written');
END;
CREATE TRIGGER case_notes_no_replace BEFORE INSERT ON case_notes
WHEN EXISTS (SELECT 1 FROM case_notes WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: case_notes.id');
END;
