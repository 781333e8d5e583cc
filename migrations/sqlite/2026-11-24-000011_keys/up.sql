-- A certificate's number may be encrypted anew, with a newer key (its version: bytes 2 and 3).

DROP TRIGGER certificates_only_superseded;
CREATE TRIGGER certificates_only_superseded BEFORE UPDATE ON certificates
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id
  OR NEW.number_index <> OLD.number_index OR NEW.impairment_type <> OLD.impairment_type
  OR NEW.severity_level <> OLD.severity_level OR NEW.issued_date <> OLD.issued_date
  OR NEW.expires_date <> OLD.expires_date OR NEW.state <> OLD.state
  OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
  OR NOT CASE
      WHEN NEW.number = OLD.number THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
      ELSE NEW.superseded_at IS OLD.superseded_at AND NEW.superseded_by IS OLD.superseded_by
        AND substr(NEW.number, 2, 2) > substr(OLD.number, 2, 2)
  END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a certificate can only be superseded, once');
END;
