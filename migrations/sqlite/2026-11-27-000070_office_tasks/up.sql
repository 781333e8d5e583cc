-- What an office still has to do of its own: a petition, an application for legal aid. It is of the office that handles it
-- rather than of where somebody lives, names nobody, and may be kept from one person: whom it complains about.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    '''screening_intervention''', '''screening_intervention'', ''petition'', ''legal_aid'''),
    'resident_id BLOB NOT NULL REFERENCES', 'resident_id BLOB REFERENCES'),
    '''county_caseworker'')', '''county_caseworker'', ''county_approver'', ''city_supervisor'')')
WHERE type = 'table' AND name = 'follow_ups';
PRAGMA writable_schema = RESET;
ALTER TABLE follow_ups ADD COLUMN kept_from BLOB
    CHECK (kept_from IS NULL OR kind = 'petition')
    CHECK ((resident_id IS NULL) = (kind IN ('petition', 'legal_aid')));

DROP TRIGGER follow_ups_fixed;
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups
WHEN OLD.state <> 'open'
    OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at, NEW.case_id, NEW.kept_from)
        IS NOT (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at, OLD.case_id, OLD.kept_from)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a follow-up stays as it was planned and as it ended');
END;
