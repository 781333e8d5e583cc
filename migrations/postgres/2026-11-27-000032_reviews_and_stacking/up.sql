-- Which benefits may be held beside each other, and when each is looked at again. Of the programs of one higher group
-- all may be held, and the higher counts in a month. A version may say after how many months an enrollment is
-- reviewed; what a review found stays. `comment` is sealed.

ALTER TABLE programs ADD COLUMN higher_group text;
ALTER TABLE program_versions ADD COLUMN review_months integer CHECK (review_months > 0);
ALTER TABLE program_drafts ADD COLUMN review_months integer CHECK (review_months > 0);
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
        OR (NEW.division_code, NEW.effective_from, NEW.effective_to, NEW.legal_basis, NEW.rules, NEW.steps, NEW.required_documents, NEW.period, NEW.use_life_months, NEW.review_months)
            IS DISTINCT FROM (OLD.division_code, OLD.effective_from, OLD.effective_to, OLD.legal_basis, OLD.rules, OLD.steps, OLD.required_documents, OLD.period, OLD.use_life_months, OLD.review_months)
        OR NOT EXISTS (
            SELECT 1 FROM program_versions v
            WHERE v.id = NEW.version_id AND v.program_code = NEW.program_code AND v.division_code = NEW.division_code
              AND v.effective_from = NEW.effective_from AND v.effective_to IS NOT DISTINCT FROM NEW.effective_to
              AND v.legal_basis = NEW.legal_basis AND v.rules = NEW.rules AND v.steps = NEW.steps
              AND v.required_documents = NEW.required_documents AND v.period = NEW.period
              AND v.use_life_months IS NOT DISTINCT FROM NEW.use_life_months
              AND v.review_months IS NOT DISTINCT FROM NEW.review_months))
    THEN
        RAISE EXCEPTION 'huican.append_only: a draft is approved as it was read';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION keep_program_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.effective_to IS NOT NULL OR NEW.effective_to IS NULL
        OR (NEW.id, NEW.program_code, NEW.version, NEW.division_code, NEW.effective_from, NEW.legal_basis, NEW.rules, NEW.steps, NEW.created_at,
            NEW.required_documents, NEW.period, NEW.use_life_months, NEW.review_months)
            IS DISTINCT FROM (OLD.id, OLD.program_code, OLD.version, OLD.division_code, OLD.effective_from, OLD.legal_basis, OLD.rules, OLD.steps, OLD.created_at,
            OLD.required_documents, OLD.period, OLD.use_life_months, OLD.review_months)
    THEN
        RAISE EXCEPTION 'huican.append_only: a program version is never edited';
    END IF;
    RETURN NEW;
END $$;

-- By when it is to be looked at again.
ALTER TABLE enrollments ADD COLUMN review_due_date date;
CREATE INDEX enrollments_review ON enrollments (county_code, review_due_date, id) WHERE state <> 'stopped';
CREATE INDEX enrollments_review_all ON enrollments (review_due_date, id) WHERE state <> 'stopped';

CREATE TABLE enrollment_reviews (
    id uuid NOT NULL PRIMARY KEY,
    enrollment_id uuid NOT NULL REFERENCES enrollments (id),
    -- When it was to be, where it was.
    due_date date,
    outcome text NOT NULL CHECK (outcome IN ('passed', 'failed')),
    comment bytea,
    decided_by uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL
);
CREATE INDEX enrollment_reviews_enrollment ON enrollment_reviews (enrollment_id, id);
CREATE INDEX enrollment_reviews_decided ON enrollment_reviews (decided_by);
-- Once for each day it was due.
CREATE UNIQUE INDEX enrollment_reviews_once ON enrollment_reviews (enrollment_id, due_date);
CREATE FUNCTION refuse_enrollment_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e enrollments%ROWTYPE;
BEGIN
    SELECT * INTO e FROM enrollments WHERE id = NEW.enrollment_id;
    IF NOT coalesce((e.state = 'stopped') = (NEW.outcome = 'failed'), false) THEN
        RAISE EXCEPTION 'huican.append_only: what failed its review is paid no more';
    END IF;
    IF is_in_transfer(e.resident_id) THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_recused(NEW.decided_by, e.case_id, NULL) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrollment_reviews_stop BEFORE INSERT ON enrollment_reviews
    FOR EACH ROW EXECUTE FUNCTION refuse_enrollment_review();
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER enrollment_reviews_fixed BEFORE UPDATE ON enrollment_reviews FOR EACH ROW
    WHEN ((NEW.id, NEW.enrollment_id, NEW.due_date, NEW.outcome, NEW.decided_by, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.enrollment_id, OLD.due_date, OLD.outcome, OLD.decided_by, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollment_reviews_keep BEFORE DELETE ON enrollment_reviews FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER enrollment_reviews_keep_all BEFORE TRUNCATE ON enrollment_reviews FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON enrollment_reviews TO huican_service;
GRANT UPDATE (comment) ON enrollment_reviews TO huican_service;
ALTER TABLE enrollment_reviews ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON enrollment_reviews
    USING (EXISTS (SELECT 1 FROM enrollments e WHERE e.id = enrollment_id));
