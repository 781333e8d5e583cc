-- A version of a program begins as one person's draft, and holds once another has approved it, as it
-- was approved. What an office asks for and how long a benefit lasts is part of it.

ALTER TABLE programs ADD COLUMN exclusive_group text;
ALTER TABLE program_versions
    ADD COLUMN required_documents text NOT NULL DEFAULT '[]',
    ADD COLUMN period text NOT NULL DEFAULT 'month' CHECK (period IN ('once', 'month', 'year')),
    ADD COLUMN use_life_months integer CHECK (use_life_months > 0);

CREATE TABLE program_drafts (
    id uuid NOT NULL PRIMARY KEY,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    effective_from date NOT NULL,
    effective_to date,
    legal_basis text NOT NULL,
    rules text NOT NULL,
    steps text NOT NULL,
    required_documents text NOT NULL,
    period text NOT NULL CHECK (period IN ('once', 'month', 'year')),
    use_life_months integer CHECK (use_life_months > 0),
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'discarded')),
    revision integer NOT NULL CHECK (revision > 0),
    author_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    version_id uuid UNIQUE REFERENCES program_versions (id),
    CHECK (effective_to IS NULL OR effective_from < effective_to),
    CHECK ((state = 'draft') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'approved') = (version_id IS NOT NULL)),
    -- Nobody approves what they wrote.
    CHECK (state <> 'approved' OR decided_by <> author_id)
);
CREATE INDEX program_drafts_program ON program_drafts (program_code, id);
CREATE INDEX program_drafts_division ON program_drafts (division_code);
CREATE INDEX program_drafts_author ON program_drafts (author_id);
CREATE INDEX program_drafts_decided ON program_drafts (decided_by);

CREATE FUNCTION keep_program_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft'
        OR (NEW.id, NEW.program_code, NEW.author_id, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.program_code, OLD.author_id, OLD.created_at)
    THEN
        RAISE EXCEPTION 'huican.append_only: a draft that was decided is never edited';
    END IF;
    -- What is approved is what was read, and what holds is what was approved.
    IF NEW.state = 'approved' AND (
        NEW.revision <> OLD.revision
        OR (NEW.division_code, NEW.effective_from, NEW.effective_to, NEW.legal_basis, NEW.rules, NEW.steps, NEW.required_documents, NEW.period, NEW.use_life_months)
            IS DISTINCT FROM (OLD.division_code, OLD.effective_from, OLD.effective_to, OLD.legal_basis, OLD.rules, OLD.steps, OLD.required_documents, OLD.period, OLD.use_life_months)
        OR NOT EXISTS (
            SELECT 1 FROM program_versions v
            WHERE v.id = NEW.version_id AND v.program_code = NEW.program_code AND v.division_code = NEW.division_code
              AND v.effective_from = NEW.effective_from AND v.effective_to IS NOT DISTINCT FROM NEW.effective_to
              AND v.legal_basis = NEW.legal_basis AND v.rules = NEW.rules AND v.steps = NEW.steps
              AND v.required_documents = NEW.required_documents AND v.period = NEW.period
              AND v.use_life_months IS NOT DISTINCT FROM NEW.use_life_months))
    THEN
        RAISE EXCEPTION 'huican.append_only: a draft is approved as it was read';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER program_drafts_kept BEFORE UPDATE ON program_drafts FOR EACH ROW EXECUTE FUNCTION keep_program_draft();
CREATE TRIGGER program_drafts_keep BEFORE DELETE ON program_drafts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER program_drafts_keep_all BEFORE TRUNCATE ON program_drafts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A version whose end was open ends when the next begins; nothing else of it ever changes.
DROP TRIGGER program_versions_fixed ON program_versions;
CREATE FUNCTION keep_program_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.effective_to IS NOT NULL OR NEW.effective_to IS NULL
        OR (NEW.id, NEW.program_code, NEW.version, NEW.division_code, NEW.effective_from, NEW.legal_basis, NEW.rules, NEW.steps, NEW.created_at,
            NEW.required_documents, NEW.period, NEW.use_life_months)
            IS DISTINCT FROM (OLD.id, OLD.program_code, OLD.version, OLD.division_code, OLD.effective_from, OLD.legal_basis, OLD.rules, OLD.steps, OLD.created_at,
            OLD.required_documents, OLD.period, OLD.use_life_months)
    THEN
        RAISE EXCEPTION 'huican.append_only: a program version is never edited';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER program_versions_kept BEFORE UPDATE ON program_versions FOR EACH ROW EXECUTE FUNCTION keep_program_version();
CREATE TRIGGER program_versions_no_delete BEFORE DELETE ON program_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The service brings no version into force that no two people made; whoever owns the database imports.
CREATE FUNCTION refuse_version_without_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM program_drafts d WHERE d.version_id = NEW.id AND d.state = 'approved') THEN
        RAISE EXCEPTION 'huican.append_only: a program version comes from an approved draft';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER program_versions_from_draft AFTER INSERT ON program_versions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = 'huican_service')
    EXECUTE FUNCTION refuse_version_without_draft();

GRANT SELECT, INSERT, UPDATE ON program_drafts TO huican_service;
GRANT UPDATE (effective_to) ON program_versions TO huican_service;
