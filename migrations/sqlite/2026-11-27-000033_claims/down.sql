DROP TRIGGER enrollments_fixed;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.exclusive_key <> OLD.exclusive_key OR NEW.start_month <> OLD.start_month
  OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at OR NEW.last_transition < OLD.last_transition
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
DROP TRIGGER enrollments_voucher_no_replace;
DROP INDEX enrollments_voucher;
ALTER TABLE enrollments DROP COLUMN total_fen;
ALTER TABLE enrollments DROP COLUMN voucher_number;
ALTER TABLE enrollments DROP COLUMN contribution_fen;
ALTER TABLE enrollments DROP COLUMN claim_to;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'period IN (''once'', ''month'', ''year'', ''claim'')', 'period IN (''once'', ''month'', ''year'')')
WHERE type = 'table' AND name IN ('program_versions', 'program_drafts');
PRAGMA writable_schema = RESET;
