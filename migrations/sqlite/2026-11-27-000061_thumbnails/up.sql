-- Small pictures of contents that are pictures, for lists: made when they are added, sealed as names are.

CREATE TABLE document_thumbnails (
    object_id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 262144),
    created_at INTEGER NOT NULL,
    FOREIGN KEY (object_id, resident_id) REFERENCES document_objects (id, resident_id)
) STRICT;
CREATE INDEX document_thumbnails_object ON document_thumbnails (object_id, resident_id);

-- A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER document_thumbnails_fixed BEFORE UPDATE ON document_thumbnails
WHEN (NEW.object_id, NEW.resident_id, NEW.created_at) IS NOT (OLD.object_id, OLD.resident_id, OLD.created_at)
    OR substr(NEW.content, 2, 2) <= substr(OLD.content, 2, 2)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a small picture is never exchanged');
END;
CREATE TRIGGER document_thumbnails_keep BEFORE DELETE ON document_thumbnails
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a small picture is never exchanged');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER document_thumbnails_no_replace BEFORE INSERT ON document_thumbnails
WHEN EXISTS (SELECT 1 FROM document_thumbnails WHERE object_id = NEW.object_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: document_thumbnails.object_id');
END;
