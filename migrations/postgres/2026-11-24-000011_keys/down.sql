REVOKE UPDATE (number) ON certificates FROM huican_service;
DROP TRIGGER certificates_only_superseded ON certificates;
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
        OR (NEW.id, NEW.resident_id, NEW.number, NEW.number_index, NEW.impairment_type, NEW.severity_level,
            NEW.issued_date, NEW.expires_date, NEW.state, NEW.valid_from, NEW.valid_to, NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.number, OLD.number_index, OLD.impairment_type, OLD.severity_level,
            OLD.issued_date, OLD.expires_date, OLD.state, OLD.valid_from, OLD.valid_to, OLD.recorded_at, OLD.recorded_by))
    EXECUTE FUNCTION refuse_change();
