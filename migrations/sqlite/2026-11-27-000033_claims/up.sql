-- Benefits for a period that was paid for already: part of a contribution to an insurance. The enrollment is for the
-- months of the claim, its end known from the beginning, and a voucher counts once, wherever it is brought.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'period IN (''once'', ''month'', ''year'')', 'period IN (''once'', ''month'', ''year'', ''claim'')')
WHERE type = 'table' AND name IN ('program_versions', 'program_drafts');
PRAGMA writable_schema = RESET;

ALTER TABLE enrollments ADD COLUMN claim_to TEXT CHECK (claim_to >= start_month AND length(claim_to) = 7);
ALTER TABLE enrollments ADD COLUMN contribution_fen INTEGER CHECK (contribution_fen > 0);
ALTER TABLE enrollments ADD COLUMN voucher_number TEXT CHECK (voucher_number <> '');
ALTER TABLE enrollments ADD COLUMN total_fen INTEGER
    CHECK (total_fen > 0 AND total_fen <= contribution_fen)
    CHECK ((total_fen IS NULL) = (claim_to IS NULL))
    CHECK ((total_fen IS NULL) = (contribution_fen IS NULL))
    CHECK ((total_fen IS NULL) = (voucher_number IS NULL));
-- What was found not to be due at all may be claimed again.
CREATE UNIQUE INDEX enrollments_voucher ON enrollments (program_code, voucher_number)
    WHERE voucher_number IS NOT NULL AND stop_month >= start_month;
CREATE TRIGGER enrollments_voucher_no_replace BEFORE INSERT ON enrollments
WHEN EXISTS (SELECT 1 FROM enrollments WHERE program_code = NEW.program_code AND voucher_number = NEW.voucher_number
    AND stop_month >= start_month AND id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollments.program_code');
END;
DROP TRIGGER enrollments_fixed;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.exclusive_key <> OLD.exclusive_key OR NEW.start_month <> OLD.start_month
  OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at OR NEW.last_transition < OLD.last_transition
  OR (NEW.claim_to, NEW.contribution_fen, NEW.voucher_number, NEW.total_fen)
      IS NOT (OLD.claim_to, OLD.contribution_fen, OLD.voucher_number, OLD.total_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
