-- Small pictures of contents that are pictures, for lists: made when they are added, sealed as names are.

CREATE TABLE document_thumbnails (
    object_id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL,
    content bytea NOT NULL CHECK (length(content) BETWEEN 1 AND 262144),
    created_at timestamptz NOT NULL,
    FOREIGN KEY (object_id, resident_id) REFERENCES document_objects (id, resident_id)
);
CREATE INDEX document_thumbnails_object ON document_thumbnails (object_id, resident_id);

-- A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER document_thumbnails_fixed BEFORE UPDATE ON document_thumbnails FOR EACH ROW
    WHEN ((NEW.object_id, NEW.resident_id, NEW.created_at) IS DISTINCT FROM (OLD.object_id, OLD.resident_id, OLD.created_at)
        OR substr(NEW.content, 2, 2) <= substr(OLD.content, 2, 2))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_thumbnails_keep BEFORE DELETE ON document_thumbnails FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_thumbnails_keep_all BEFORE TRUNCATE ON document_thumbnails FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON document_thumbnails TO huican_service;
GRANT UPDATE (content) ON document_thumbnails TO huican_service;

-- Within reach where its content is.
ALTER TABLE document_thumbnails ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON document_thumbnails
    USING (EXISTS (SELECT 1 FROM document_objects o WHERE o.id = document_thumbnails.object_id));
