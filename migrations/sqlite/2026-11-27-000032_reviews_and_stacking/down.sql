DROP TABLE enrollment_reviews;
DROP INDEX enrollments_review_all;
DROP INDEX enrollments_review;
ALTER TABLE enrollments DROP COLUMN review_due_date;
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
DROP TRIGGER program_drafts_approved;
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
ALTER TABLE program_drafts DROP COLUMN review_months;
ALTER TABLE program_versions DROP COLUMN review_months;
ALTER TABLE programs DROP COLUMN higher_group;
