-- A certificate's number may be encrypted anew, with a newer key (its version: bytes 2 and 3).

DROP TRIGGER certificates_only_superseded ON certificates;
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.number_index, NEW.impairment_type, NEW.severity_level, NEW.issued_date,
            NEW.expires_date, NEW.state, NEW.valid_from, NEW.valid_to, NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.number_index, OLD.impairment_type, OLD.severity_level, OLD.issued_date,
            OLD.expires_date, OLD.state, OLD.valid_from, OLD.valid_to, OLD.recorded_at, OLD.recorded_by)
        OR NOT CASE
            WHEN NEW.number = OLD.number THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
            ELSE (NEW.superseded_at, NEW.superseded_by) IS NOT DISTINCT FROM (OLD.superseded_at, OLD.superseded_by)
                AND substr(NEW.number, 2, 2) > substr(OLD.number, 2, 2)
        END)
    EXECUTE FUNCTION refuse_change();
GRANT UPDATE (number) ON certificates TO huican_service;
