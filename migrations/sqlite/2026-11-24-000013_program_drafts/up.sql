-- A version of a program begins as one person's draft, and holds once another has approved it, as it
-- was approved. What an office asks for and how long a benefit lasts is part of it.

ALTER TABLE programs ADD COLUMN exclusive_group TEXT;
ALTER TABLE program_versions ADD COLUMN required_documents TEXT NOT NULL DEFAULT '[]';
ALTER TABLE program_versions ADD COLUMN period TEXT NOT NULL DEFAULT 'month' CHECK (period IN ('once', 'month', 'year'));
ALTER TABLE program_versions ADD COLUMN use_life_months INTEGER CHECK (use_life_months > 0);

CREATE TABLE program_drafts (
    id BLOB NOT NULL PRIMARY KEY,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    legal_basis TEXT NOT NULL,
    rules TEXT NOT NULL,
    steps TEXT NOT NULL,
    required_documents TEXT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('once', 'month', 'year')),
    use_life_months INTEGER CHECK (use_life_months > 0),
    state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'discarded')),
    revision INTEGER NOT NULL CHECK (revision > 0),
    author_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    version_id BLOB UNIQUE REFERENCES program_versions (id),
    CHECK (effective_to IS NULL OR effective_from < effective_to),
    CHECK ((state = 'draft') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'approved') = (version_id IS NOT NULL)),
    -- Nobody approves what they wrote.
    CHECK (state <> 'approved' OR decided_by <> author_id)
) STRICT;
CREATE INDEX program_drafts_program ON program_drafts (program_code, id);
CREATE INDEX program_drafts_division ON program_drafts (division_code);
CREATE INDEX program_drafts_author ON program_drafts (author_id);
CREATE INDEX program_drafts_decided ON program_drafts (decided_by);

CREATE TRIGGER program_drafts_kept BEFORE UPDATE ON program_drafts
WHEN OLD.state <> 'draft' OR NEW.id <> OLD.id OR NEW.program_code <> OLD.program_code
    OR NEW.author_id <> OLD.author_id OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a draft that was decided is never edited');
END;
-- What is approved is what was read, and what holds is what was approved.
CREATE TRIGGER program_drafts_approved BEFORE UPDATE ON program_drafts
WHEN NEW.state = 'approved' AND (
    NEW.revision <> OLD.revision
    OR NEW.division_code <> OLD.division_code OR NEW.effective_from <> OLD.effective_from
    OR NEW.effective_to IS NOT OLD.effective_to OR NEW.legal_basis <> OLD.legal_basis OR NEW.rules <> OLD.rules
    OR NEW.steps <> OLD.steps OR NEW.required_documents <> OLD.required_documents OR NEW.period <> OLD.period
    OR NEW.use_life_months IS NOT OLD.use_life_months
    OR NOT EXISTS (
        SELECT 1 FROM program_versions v
        WHERE v.id = NEW.version_id AND v.program_code = NEW.program_code AND v.division_code = NEW.division_code
          AND v.effective_from = NEW.effective_from AND v.effective_to IS NEW.effective_to
          AND v.legal_basis = NEW.legal_basis AND v.rules = NEW.rules AND v.steps = NEW.steps
          AND v.required_documents = NEW.required_documents AND v.period = NEW.period
          AND v.use_life_months IS NEW.use_life_months))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a draft is approved as it was read');
END;
CREATE TRIGGER program_drafts_keep BEFORE DELETE ON program_drafts
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: drafts are never deleted');
END;
CREATE TRIGGER program_drafts_no_replace BEFORE INSERT ON program_drafts
WHEN EXISTS (SELECT 1 FROM program_drafts WHERE id = NEW.id OR version_id = NEW.version_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: program_drafts.id');
END;

-- A version whose end was open ends when the next begins; nothing else of it ever changes.
DROP TRIGGER program_versions_fixed;
CREATE TRIGGER program_versions_fixed BEFORE UPDATE ON program_versions
WHEN OLD.effective_to IS NOT NULL OR NEW.effective_to IS NULL
    OR NEW.id <> OLD.id OR NEW.program_code <> OLD.program_code OR NEW.version <> OLD.version
    OR NEW.division_code <> OLD.division_code OR NEW.effective_from <> OLD.effective_from
    OR NEW.legal_basis <> OLD.legal_basis OR NEW.rules <> OLD.rules OR NEW.steps <> OLD.steps
    OR NEW.created_at <> OLD.created_at OR NEW.required_documents <> OLD.required_documents
    OR NEW.period <> OLD.period OR NEW.use_life_months IS NOT OLD.use_life_months
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a program version is never edited');
END;
