-- Persons are looked up from the person on, whichever of their records is asked about.
CREATE INDEX residents_person ON residents (coalesce(merged_into_id, id));

CREATE OR REPLACE FUNCTION refuse_conflicting_merge() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- A case that is opened meanwhile waits, and is then asked itself.
    PERFORM 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY r.id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM taken_programs d
        WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
            SELECT k.program_code FROM residents r JOIN taken_programs k ON k.resident_id = r.id
            WHERE coalesce(r.merged_into_id, r.id) = NEW.kept_id))
      OR EXISTS (
        SELECT 1 FROM enrollments d
        WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
            SELECT k.exclusive_key FROM residents r JOIN enrollments k ON k.resident_id = r.id AND k.state IN ('active', 'suspended')
            WHERE coalesce(r.merged_into_id, r.id) = NEW.kept_id))
    THEN
        RAISE EXCEPTION 'huican.merge_conflict';
    END IF;
    RETURN NEW;
END $$;

-- One open case per person and program, whichever of their records it is of, and wherever that lies. Hardly anybody has
-- another record; what is taken is looked for where somebody has. By itself the planner read all residents.
CREATE OR REPLACE FUNCTION refuse_second_open_case() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    others uuid[];
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    others := ARRAY(
        SELECT o.id FROM residents r JOIN residents o ON coalesce(o.merged_into_id, o.id) = coalesce(r.merged_into_id, r.id)
        WHERE r.id = NEW.resident_id AND o.id <> r.id);
    IF cardinality(others) > 0 AND EXISTS (
        SELECT 1 FROM taken_programs t WHERE t.resident_id = ANY (others) AND t.program_code = NEW.program_code)
    THEN
        RAISE EXCEPTION 'huican.case_open';
    END IF;
    RETURN NEW;
END $$;
