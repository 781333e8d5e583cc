-- Whose record a record is: what is looked for is looked for from the person on, by an index of theirs. By itself SQLite's
-- planner, which does not know how many rows there are, takes all cases of a program first, or all of a state: in a city of
-- 100,000 each new case looked at 100,000 others.
ALTER TABLE residents ADD COLUMN person_id BLOB GENERATED ALWAYS AS (coalesce(merged_into_id, id)) VIRTUAL;
CREATE INDEX residents_person ON residents (person_id);
CREATE INDEX follow_ups_subject ON follow_ups (subject_id);

DROP TRIGGER cases_one_open_of_person;
CREATE TRIGGER cases_one_open_of_person BEFORE INSERT ON cases
WHEN NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND EXISTS (
    SELECT 1 FROM residents r
    CROSS JOIN residents o ON o.person_id = r.person_id AND o.id <> r.id
    CROSS JOIN taken_programs t ON t.resident_id = o.id AND +t.program_code = NEW.program_code
    WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.case_open');
END;
DROP TRIGGER cases_one_reopened_of_person;
CREATE TRIGGER cases_one_reopened_of_person BEFORE UPDATE ON cases
WHEN NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND OLD.state NOT IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND EXISTS (
    SELECT 1 FROM residents r
    CROSS JOIN residents o ON o.person_id = r.person_id AND o.id <> r.id
    CROSS JOIN taken_programs t ON t.resident_id = o.id AND +t.program_code = NEW.program_code
    WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.case_open');
END;
DROP TRIGGER payment_items_due;
CREATE TRIGGER payment_items_due BEFORE INSERT ON payment_items
WHEN NEW.live = 0 OR NOT EXISTS (
    SELECT 1 FROM entitlements e
    CROSS JOIN payments p ON p.resident_id = e.resident_id AND p.program_code = e.program_code AND p.organization_id IS NULL
    CROSS JOIN payment_batches b ON b.id = p.batch_id AND b.month >= e.run_month
    WHERE e.id = NEW.entitlement_id AND e.state = 'due' AND e.amount_fen = NEW.amount_fen
      AND p.id = NEW.payment_id AND p.state = 'pending' AND b.state = 'draft' AND b.digest IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a payment pays what is due');
END;
DROP TRIGGER resident_merges_conflict;
CREATE TRIGGER resident_merges_conflict BEFORE UPDATE ON resident_merges
WHEN NEW.kind = 'merge' AND NEW.state = 'approved' AND OLD.state = 'proposed' AND (EXISTS (
    SELECT 1 FROM taken_programs d
    WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
        SELECT k.program_code FROM residents r CROSS JOIN taken_programs k ON k.resident_id = r.id
        WHERE r.person_id = NEW.kept_id))
  OR EXISTS (
    SELECT 1 FROM enrollments d
    WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
        SELECT k.exclusive_key FROM residents r CROSS JOIN enrollments k ON k.resident_id = r.id AND k.state IN ('active', 'suspended')
        WHERE r.person_id = NEW.kept_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.merge_conflict');
END;
DROP TRIGGER residents_job_seekers;
CREATE TRIGGER residents_job_seekers AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE job_seekers SET division_code = NEW.division_code
    WHERE +state = 'open' AND +county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
END;
DROP TRIGGER residents_placements;
CREATE TRIGGER residents_placements AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE placements SET division_code = NEW.division_code
    WHERE +end_date IS NULL AND +county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
END;
DROP TRIGGER device_allocations_use_life;
CREATE TRIGGER device_allocations_use_life BEFORE INSERT ON device_allocations
WHEN EXISTS (
    SELECT 1 FROM residents w
    CROSS JOIN residents q ON q.person_id = w.person_id
    CROSS JOIN device_allocations o ON o.resident_id = q.id
    WHERE w.id = NEW.resident_id AND o.state NOT IN ('returned', 'cancelled') AND o.id IS NOT NEW.previous_id
      AND ((o.edition = NEW.edition AND o.code = NEW.code)
        OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
            (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
            OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
      AND (o.delivered_date IS NULL OR o.use_life_until > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours'))
      AND NOT EXISTS (SELECT 1 FROM device_allocations x WHERE x.previous_id = o.id AND x.state <> 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.use_life');
END;
