CREATE OR REPLACE FUNCTION refuse_second_open_case() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
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
CREATE OR REPLACE FUNCTION refuse_conflicting_merge() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- A case that is opened meanwhile waits, and is then asked itself.
    PERFORM 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY r.id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM taken_programs d
        WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
            SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
      OR EXISTS (
        SELECT 1 FROM enrollments d
        WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
            SELECT k.exclusive_key FROM enrollments k WHERE k.state IN ('active', 'suspended') AND (k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id))))
    THEN
        RAISE EXCEPTION 'huican.merge_conflict';
    END IF;
    RETURN NEW;
END $$;
DROP INDEX residents_person;
