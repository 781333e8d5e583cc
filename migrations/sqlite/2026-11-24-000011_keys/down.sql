DROP TRIGGER certificates_only_superseded;
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates
WHEN OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL
  OR NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.number <> OLD.number
  OR NEW.number_index <> OLD.number_index OR NEW.impairment_type <> OLD.impairment_type
  OR NEW.severity_level <> OLD.severity_level OR NEW.issued_date <> OLD.issued_date
  OR NEW.expires_date <> OLD.expires_date OR NEW.state <> OLD.state
  OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a certificate can only be superseded, once');
END;
