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
