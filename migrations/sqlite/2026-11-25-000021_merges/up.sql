-- Two records of one person become one by two people's decision, and two again by another such decision.
-- Nothing is moved: the duplicate only says which record is kept in its place.

ALTER TABLE residents ADD COLUMN merged_into_id BLOB REFERENCES residents (id);
CREATE INDEX residents_merged_into ON residents (merged_into_id);

CREATE TABLE resident_merges (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('merge', 'split')),
    kept_id BLOB NOT NULL REFERENCES residents (id),
    duplicate_id BLOB NOT NULL REFERENCES residents (id),
    -- Of a split: what it undoes.
    merge_id BLOB REFERENCES resident_merges (id),
    reason BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'withdrawn')),
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    comment BLOB,
    CHECK (kept_id <> duplicate_id),
    CHECK ((kind = 'split') = (merge_id IS NOT NULL)),
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK (state <> 'proposed' OR comment IS NULL),
    CHECK (state NOT IN ('approved', 'refused') OR decided_by <> proposed_by),
    CHECK (state <> 'withdrawn' OR decided_by = proposed_by)
) STRICT;
CREATE UNIQUE INDEX resident_merges_open ON resident_merges (duplicate_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX resident_merges_split_once ON resident_merges (merge_id) WHERE state = 'approved';
CREATE INDEX resident_merges_state ON resident_merges (state, id);
CREATE INDEX resident_merges_kept ON resident_merges (kept_id, id);
CREATE INDEX resident_merges_duplicate ON resident_merges (duplicate_id, id);
CREATE INDEX resident_merges_merge ON resident_merges (merge_id);
CREATE INDEX resident_merges_proposed_by ON resident_merges (proposed_by);
CREATE INDEX resident_merges_decided_by ON resident_merges (decided_by);

-- In what program a record has a case that is not closed, or a benefit that goes on.
CREATE VIEW taken_programs (resident_id, program_code) AS
SELECT resident_id, program_code FROM cases
WHERE state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
UNION ALL
SELECT resident_id, program_code FROM enrollments WHERE state IN ('active', 'suspended');

-- A merge is proposed of two records that stand for themselves, a split of two that were merged; neither
-- while another decision about one of them waits.
CREATE TRIGGER resident_merges_proposed BEFORE INSERT ON resident_merges
WHEN NEW.state <> 'proposed'
  OR EXISTS (SELECT 1 FROM resident_merges m WHERE m.state = 'proposed'
      AND (m.kept_id IN (NEW.kept_id, NEW.duplicate_id) OR m.duplicate_id IN (NEW.kept_id, NEW.duplicate_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.merge_open');
END;
CREATE TRIGGER resident_merges_of_merged BEFORE INSERT ON resident_merges
WHEN (NEW.kind = 'merge' AND (
      EXISTS (SELECT 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) AND r.merged_into_id IS NOT NULL)
      OR EXISTS (SELECT 1 FROM residents r WHERE r.merged_into_id = NEW.duplicate_id)))
  OR (NEW.kind = 'split' AND NOT EXISTS (
      SELECT 1 FROM resident_merges m JOIN residents r ON r.id = m.duplicate_id AND r.merged_into_id = m.kept_id
      WHERE m.id = NEW.merge_id AND m.kind = 'merge' AND m.state = 'approved'
        AND m.kept_id = NEW.kept_id AND m.duplicate_id = NEW.duplicate_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER resident_merges_decided_once BEFORE UPDATE ON resident_merges
WHEN NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.kept_id <> OLD.kept_id OR NEW.duplicate_id <> OLD.duplicate_id
  OR NEW.merge_id IS NOT OLD.merge_id OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_at <> OLD.proposed_at
  OR NOT CASE
      WHEN NEW.state <> OLD.state THEN OLD.state = 'proposed' AND NEW.reason = OLD.reason
      ELSE NEW.decided_by IS OLD.decided_by AND NEW.decided_at IS OLD.decided_at
        AND (NEW.reason = OLD.reason OR substr(NEW.reason, 2, 2) > substr(OLD.reason, 2, 2))
        AND (NEW.comment IS OLD.comment OR coalesce(substr(NEW.comment, 2, 2) > substr(OLD.comment, 2, 2), 0))
        AND (NEW.reason <> OLD.reason OR NEW.comment IS NOT OLD.comment)
  END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a proposal is decided once');
END;
-- Nobody has two of a program, once the two are one.
CREATE TRIGGER resident_merges_conflict BEFORE UPDATE ON resident_merges
WHEN NEW.kind = 'merge' AND NEW.state = 'approved' AND OLD.state = 'proposed' AND EXISTS (
    SELECT 1 FROM taken_programs d
    WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
        SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
            OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.merge_conflict');
END;
CREATE TRIGGER resident_merges_keep BEFORE DELETE ON resident_merges
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: merges are never deleted');
END;
CREATE TRIGGER resident_merges_no_replace BEFORE INSERT ON resident_merges
WHEN EXISTS (SELECT 1 FROM resident_merges WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: resident_merges.id');
END;
-- The decision itself joins the records, or parts them.
CREATE TRIGGER resident_merges_done AFTER UPDATE ON resident_merges
WHEN NEW.state = 'approved' AND OLD.state = 'proposed'
BEGIN
    UPDATE residents SET merged_into_id = CASE NEW.kind WHEN 'merge' THEN NEW.kept_id END WHERE id = NEW.duplicate_id;
END;

-- Nothing else does, and a record that was merged stays as it is until it is split.
CREATE TRIGGER residents_merged_by_decision BEFORE UPDATE ON residents
WHEN NEW.merged_into_id IS NOT OLD.merged_into_id AND NEW.merged_into_id IS NOT (
    SELECT m.kept_id FROM resident_merges m
    WHERE m.duplicate_id = NEW.id AND m.kind = 'merge' AND m.state = 'approved'
      AND NOT EXISTS (SELECT 1 FROM resident_merges s WHERE s.merge_id = m.id AND s.state = 'approved'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: records are merged and split by a decision of two');
END;
CREATE TRIGGER residents_begin_unmerged BEFORE INSERT ON residents
WHEN NEW.merged_into_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: records are merged and split by a decision of two');
END;
CREATE TRIGGER residents_of_merged BEFORE UPDATE ON residents
WHEN OLD.merged_into_id IS NOT NULL AND (NEW.division_code <> OLD.division_code
  OR NEW.hukou_division_code <> OLD.hukou_division_code OR NEW.name <> OLD.name OR NEW.name_pinyin <> OLD.name_pinyin
  OR NEW.name_initials <> OLD.name_initials OR NEW.sex <> OLD.sex OR NEW.birth_date <> OLD.birth_date
  OR NEW.id_number_index <> OLD.id_number_index OR NEW.phone_index IS NOT OLD.phone_index
  OR NEW.updated_at <> OLD.updated_at OR NEW.version <> OLD.version)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER certificates_of_merged BEFORE INSERT ON certificates
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER circumstances_of_merged BEFORE INSERT ON circumstances
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER addresses_of_merged BEFORE INSERT ON addresses
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER household_members_of_merged BEFORE INSERT ON household_members
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER cases_of_merged BEFORE INSERT ON cases
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER applications_of_merged BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER certificates_kept_of_merged BEFORE UPDATE ON certificates
WHEN NEW.superseded_at IS NOT OLD.superseded_at
  AND EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER circumstances_kept_of_merged BEFORE UPDATE ON circumstances
WHEN NEW.superseded_at IS NOT OLD.superseded_at
  AND EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER addresses_kept_of_merged BEFORE UPDATE ON addresses
WHEN NEW.superseded_at IS NOT OLD.superseded_at
  AND EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER household_members_kept_of_merged BEFORE UPDATE ON household_members
WHEN NEW.superseded_at IS NOT OLD.superseded_at
  AND EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
-- One open case per person and program, whichever of their records it is of.
CREATE TRIGGER cases_one_open_of_person BEFORE INSERT ON cases
WHEN NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND EXISTS (
    SELECT 1 FROM residents r JOIN residents o
      ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
    JOIN taken_programs t ON t.resident_id = o.id AND t.program_code = NEW.program_code
    WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.case_open');
END;
CREATE TRIGGER cases_one_reopened_of_person BEFORE UPDATE ON cases
WHEN NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND OLD.state NOT IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
  AND EXISTS (
    SELECT 1 FROM residents r JOIN residents o
      ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
    JOIN taken_programs t ON t.resident_id = o.id AND t.program_code = NEW.program_code
    WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.case_open');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_merges BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% merge.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;

-- Who is tied to one record of a person is tied to all of them.
DROP VIEW user_ties;
CREATE VIEW user_ties (user_id, resident_id, relation) AS
SELECT user_id, resident_id, relation FROM record_ties
UNION ALL
SELECT t.user_id, d.id, t.relation FROM residents d JOIN record_ties t ON t.resident_id = d.merged_into_id
UNION ALL
SELECT t.user_id, d.merged_into_id, t.relation FROM residents d JOIN record_ties t ON t.resident_id = d.id
WHERE d.merged_into_id IS NOT NULL;
