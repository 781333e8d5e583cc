-- Which benefits may be held beside each other, and when each is looked at again. Of the programs of one higher group
-- all may be held, and the higher counts in a month. A version may say after how many months an enrollment is
-- reviewed; what a review found stays. `comment` is sealed.

ALTER TABLE programs ADD COLUMN higher_group TEXT;
ALTER TABLE program_versions ADD COLUMN review_months INTEGER CHECK (review_months > 0);
ALTER TABLE program_drafts ADD COLUMN review_months INTEGER CHECK (review_months > 0);
DROP TRIGGER program_drafts_approved;
CREATE TRIGGER program_drafts_approved BEFORE UPDATE ON program_drafts
WHEN NEW.state = 'approved' AND (
    NEW.revision <> OLD.revision
    OR NEW.division_code <> OLD.division_code OR NEW.effective_from <> OLD.effective_from
    OR NEW.effective_to IS NOT OLD.effective_to OR NEW.legal_basis <> OLD.legal_basis OR NEW.rules <> OLD.rules
    OR NEW.steps <> OLD.steps OR NEW.required_documents <> OLD.required_documents OR NEW.period <> OLD.period
    OR NEW.use_life_months IS NOT OLD.use_life_months OR NEW.review_months IS NOT OLD.review_months
    OR NOT EXISTS (
        SELECT 1 FROM program_versions v
        WHERE v.id = NEW.version_id AND v.program_code = NEW.program_code AND v.division_code = NEW.division_code
          AND v.effective_from = NEW.effective_from AND v.effective_to IS NEW.effective_to
          AND v.legal_basis = NEW.legal_basis AND v.rules = NEW.rules AND v.steps = NEW.steps
          AND v.required_documents = NEW.required_documents AND v.period = NEW.period
          AND v.use_life_months IS NEW.use_life_months AND v.review_months IS NEW.review_months))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a draft is approved as it was read');
END;
DROP TRIGGER program_versions_fixed;
CREATE TRIGGER program_versions_fixed BEFORE UPDATE ON program_versions
WHEN OLD.effective_to IS NOT NULL OR NEW.effective_to IS NULL
    OR NEW.id <> OLD.id OR NEW.program_code <> OLD.program_code OR NEW.version <> OLD.version
    OR NEW.division_code <> OLD.division_code OR NEW.effective_from <> OLD.effective_from
    OR NEW.legal_basis <> OLD.legal_basis OR NEW.rules <> OLD.rules OR NEW.steps <> OLD.steps
    OR NEW.created_at <> OLD.created_at OR NEW.required_documents <> OLD.required_documents
    OR NEW.period <> OLD.period OR NEW.use_life_months IS NOT OLD.use_life_months
    OR NEW.review_months IS NOT OLD.review_months
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a program version is never edited');
END;

-- By when it is to be looked at again.
ALTER TABLE enrollments ADD COLUMN review_due_date TEXT;
CREATE INDEX enrollments_review ON enrollments (county_code, review_due_date, id) WHERE state <> 'stopped';
CREATE INDEX enrollments_review_all ON enrollments (review_due_date, id) WHERE state <> 'stopped';

CREATE TABLE enrollment_reviews (
    id BLOB NOT NULL PRIMARY KEY,
    enrollment_id BLOB NOT NULL REFERENCES enrollments (id),
    -- When it was to be, where it was.
    due_date TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed')),
    comment BLOB,
    decided_by BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX enrollment_reviews_enrollment ON enrollment_reviews (enrollment_id, id);
CREATE INDEX enrollment_reviews_decided ON enrollment_reviews (decided_by);
-- Once for each day it was due, and what failed is paid no more.
CREATE UNIQUE INDEX enrollment_reviews_once ON enrollment_reviews (enrollment_id, due_date);
CREATE TRIGGER enrollment_reviews_stop BEFORE INSERT ON enrollment_reviews
WHEN NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.id = NEW.enrollment_id AND (e.state = 'stopped') = (NEW.outcome = 'failed'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what failed its review is paid no more');
END;
CREATE TRIGGER enrollment_reviews_held BEFORE INSERT ON enrollment_reviews
WHEN EXISTS (
    SELECT 1 FROM enrollments e JOIN transfers t ON t.resident_id = e.resident_id AND t.state = 'offered'
    WHERE e.id = NEW.enrollment_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER enrollment_reviews_recused BEFORE INSERT ON enrollment_reviews
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.decided_by AND t.resident_id = (SELECT resident_id FROM enrollments WHERE id = NEW.enrollment_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER enrollment_reviews_fixed BEFORE UPDATE ON enrollment_reviews
WHEN NEW.id <> OLD.id OR NEW.enrollment_id <> OLD.enrollment_id OR NEW.due_date IS NOT OLD.due_date OR NEW.outcome <> OLD.outcome
  OR NEW.decided_by <> OLD.decided_by OR NEW.at <> OLD.at
  OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a review found stays');
END;
CREATE TRIGGER enrollment_reviews_keep BEFORE DELETE ON enrollment_reviews
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: reviews are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER enrollment_reviews_no_replace BEFORE INSERT ON enrollment_reviews
WHEN EXISTS (SELECT 1 FROM enrollment_reviews
    WHERE id = NEW.id OR (enrollment_id = NEW.enrollment_id AND due_date = NEW.due_date))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollment_reviews.enrollment_id');
END;
