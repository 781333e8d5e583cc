-- Two records of one person become one by two people's decision, and two again by another such decision.
-- Nothing is moved: the duplicate only says which record is kept in its place.

ALTER TABLE residents ADD COLUMN merged_into_id uuid REFERENCES residents (id);
CREATE INDEX residents_merged_into ON residents (merged_into_id);

CREATE TABLE resident_merges (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('merge', 'split')),
    kept_id uuid NOT NULL REFERENCES residents (id),
    duplicate_id uuid NOT NULL REFERENCES residents (id),
    -- Of a split: what it undoes.
    merge_id uuid REFERENCES resident_merges (id),
    reason bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'withdrawn')),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    comment bytea,
    CHECK (kept_id <> duplicate_id),
    CHECK ((kind = 'split') = (merge_id IS NOT NULL)),
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK (state <> 'proposed' OR comment IS NULL),
    CHECK (state NOT IN ('approved', 'refused') OR decided_by <> proposed_by),
    CHECK (state <> 'withdrawn' OR decided_by = proposed_by)
);
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
-- Who is tied to one record of a person is tied to all of them.
CREATE OR REPLACE VIEW user_ties (user_id, resident_id, relation) AS
SELECT user_id, resident_id, relation FROM record_ties
UNION ALL
SELECT t.user_id, d.id, t.relation FROM residents d JOIN record_ties t ON t.resident_id = d.merged_into_id
UNION ALL
SELECT t.user_id, d.merged_into_id, t.relation FROM residents d JOIN record_ties t ON t.resident_id = d.id
WHERE d.merged_into_id IS NOT NULL;
-- Before 15 views ask with the rights of their owner, whom the fences hold as well.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW taken_programs SET (security_invoker = true);
        ALTER VIEW user_ties SET (security_invoker = true);
    END IF;
END $$;

-- A merge is proposed of two records that stand for themselves, a split of two that were merged; neither
-- while another decision about one of them waits.
CREATE FUNCTION refuse_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY id FOR UPDATE;
    IF NEW.state <> 'proposed'
        OR EXISTS (SELECT 1 FROM resident_merges m WHERE m.state = 'proposed'
            AND (m.kept_id IN (NEW.kept_id, NEW.duplicate_id) OR m.duplicate_id IN (NEW.kept_id, NEW.duplicate_id)))
    THEN
        RAISE EXCEPTION 'huican.merge_open';
    END IF;
    IF (NEW.kind = 'merge' AND (
            EXISTS (SELECT 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) AND r.merged_into_id IS NOT NULL)
            OR EXISTS (SELECT 1 FROM residents r WHERE r.merged_into_id = NEW.duplicate_id)))
        OR (NEW.kind = 'split' AND NOT EXISTS (
            SELECT 1 FROM resident_merges m JOIN residents r ON r.id = m.duplicate_id AND r.merged_into_id = m.kept_id
            WHERE m.id = NEW.merge_id AND m.kind = 'merge' AND m.state = 'approved'
              AND m.kept_id = NEW.kept_id AND m.duplicate_id = NEW.duplicate_id))
    THEN
        RAISE EXCEPTION 'huican.resident_merged';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resident_merges_proposed BEFORE INSERT ON resident_merges FOR EACH ROW EXECUTE FUNCTION refuse_proposal();
CREATE TRIGGER resident_merges_decided_once BEFORE UPDATE ON resident_merges FOR EACH ROW
    WHEN ((NEW.id, NEW.kind, NEW.kept_id, NEW.duplicate_id, NEW.merge_id, NEW.proposed_by, NEW.proposed_at)
           IS DISTINCT FROM
           (OLD.id, OLD.kind, OLD.kept_id, OLD.duplicate_id, OLD.merge_id, OLD.proposed_by, OLD.proposed_at)
        OR NOT CASE
            WHEN NEW.state <> OLD.state THEN OLD.state = 'proposed' AND NEW.reason = OLD.reason
            ELSE (NEW.decided_by, NEW.decided_at) IS NOT DISTINCT FROM (OLD.decided_by, OLD.decided_at)
                AND (NEW.reason = OLD.reason OR substr(NEW.reason, 2, 2) > substr(OLD.reason, 2, 2))
                AND (NEW.comment IS NOT DISTINCT FROM OLD.comment
                    OR coalesce(substr(NEW.comment, 2, 2) > substr(OLD.comment, 2, 2), false))
                AND (NEW.reason <> OLD.reason OR NEW.comment IS DISTINCT FROM OLD.comment)
        END)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resident_merges_keep BEFORE DELETE ON resident_merges FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER resident_merges_keep_all BEFORE TRUNCATE ON resident_merges FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Nobody has two of a program, once the two are one.
CREATE FUNCTION refuse_conflicting_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A case that is opened meanwhile waits, and is then asked itself.
    PERFORM 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY r.id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM taken_programs d
        WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
            SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
    THEN
        RAISE EXCEPTION 'huican.merge_conflict';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resident_merges_conflict BEFORE UPDATE ON resident_merges FOR EACH ROW
    WHEN (NEW.kind = 'merge' AND NEW.state = 'approved' AND OLD.state = 'proposed')
    EXECUTE FUNCTION refuse_conflicting_merge();
-- The decision itself joins the records, or parts them.
CREATE FUNCTION join_or_part_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE residents SET merged_into_id = CASE NEW.kind WHEN 'merge' THEN NEW.kept_id END WHERE id = NEW.duplicate_id;
    RETURN NEW;
END $$;
CREATE TRIGGER resident_merges_done AFTER UPDATE ON resident_merges FOR EACH ROW
    WHEN (NEW.state = 'approved' AND OLD.state = 'proposed') EXECUTE FUNCTION join_or_part_records();

-- Nothing else does, and a record that was merged stays as it is until it is split.
CREATE FUNCTION refuse_undecided_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.merged_into_id IS DISTINCT FROM (
        SELECT m.kept_id FROM resident_merges m
        WHERE m.duplicate_id = NEW.id AND m.kind = 'merge' AND m.state = 'approved'
          AND NOT EXISTS (SELECT 1 FROM resident_merges s WHERE s.merge_id = m.id AND s.state = 'approved'))
    THEN
        RAISE EXCEPTION 'huican.append_only: records are merged and split by a decision of two';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER residents_merged_by_decision BEFORE UPDATE ON residents FOR EACH ROW
    WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id) EXECUTE FUNCTION refuse_undecided_merge();
CREATE TRIGGER residents_begin_unmerged BEFORE INSERT ON residents FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_of_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'huican.resident_merged';
END $$;
CREATE TRIGGER residents_of_merged BEFORE UPDATE ON residents FOR EACH ROW
    WHEN (OLD.merged_into_id IS NOT NULL
        AND (NEW.division_code, NEW.hukou_division_code, NEW.name, NEW.name_pinyin, NEW.name_initials, NEW.sex,
            NEW.birth_date, NEW.id_number_index, NEW.phone_index, NEW.updated_at, NEW.version)
           IS DISTINCT FROM
           (OLD.division_code, OLD.hukou_division_code, OLD.name, OLD.name_pinyin, OLD.name_initials, OLD.sex,
            OLD.birth_date, OLD.id_number_index, OLD.phone_index, OLD.updated_at, OLD.version))
    EXECUTE FUNCTION refuse_of_merged();
-- Whoever adds to a record keeps it from being merged meanwhile.
CREATE FUNCTION refuse_if_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'huican.resident_merged';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificates_of_merged BEFORE INSERT ON certificates
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER circumstances_of_merged BEFORE INSERT ON circumstances
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER addresses_of_merged BEFORE INSERT ON addresses
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER household_members_of_merged BEFORE INSERT ON household_members
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER cases_of_merged BEFORE INSERT ON cases
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER applications_of_merged BEFORE INSERT ON applications
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER certificates_kept_of_merged BEFORE UPDATE ON certificates FOR EACH ROW
    WHEN (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER circumstances_kept_of_merged BEFORE UPDATE ON circumstances FOR EACH ROW
    WHEN (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER addresses_kept_of_merged BEFORE UPDATE ON addresses FOR EACH ROW
    WHEN (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER household_members_kept_of_merged BEFORE UPDATE ON household_members FOR EACH ROW
    WHEN (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) EXECUTE FUNCTION refuse_if_merged();
-- One open case per person and program, whichever of their records it is of.
CREATE FUNCTION refuse_second_open_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM residents r JOIN residents o
          ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
        JOIN taken_programs t ON t.resident_id = o.id AND t.program_code = NEW.program_code
        WHERE r.id = NEW.resident_id)
    THEN
        RAISE EXCEPTION 'huican.case_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_one_open_of_person BEFORE INSERT ON cases FOR EACH ROW
    WHEN (NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration'))
    EXECUTE FUNCTION refuse_second_open_case();
CREATE TRIGGER cases_one_reopened_of_person BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration')
        AND OLD.state NOT IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration'))
    EXECUTE FUNCTION refuse_second_open_case();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_merges CHECK (' ' || permits || ' ' NOT LIKE '% merge.act %');

GRANT SELECT ON taken_programs TO huican_service;
GRANT SELECT, INSERT ON resident_merges TO huican_service;
GRANT UPDATE (state, decided_by, decided_at, comment, reason) ON resident_merges TO huican_service;

-- Seen where the record is that is kept.
ALTER TABLE resident_merges ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON resident_merges
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = kept_id));
