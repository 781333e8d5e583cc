DROP TABLE enrollment_reviews;
DROP FUNCTION refuse_enrollment_review;
DROP INDEX enrollments_review_all;
DROP INDEX enrollments_review;
ALTER TABLE enrollments DROP COLUMN review_due_date;
CREATE OR REPLACE FUNCTION keep_program_version() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE FUNCTION keep_program_draft() RETURNS trigger LANGUAGE plpgsql AS $$
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
ALTER TABLE program_drafts DROP COLUMN review_months;
ALTER TABLE program_versions DROP COLUMN review_months;
ALTER TABLE programs DROP COLUMN higher_group;
