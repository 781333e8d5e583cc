DROP TRIGGER api_keys_no_transfers;
DROP TRIGGER supplement_requests_only_end;
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests
WHEN OLD.outcome IS NOT NULL OR NEW.outcome IS NULL OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id
  OR NEW.sequence <> OLD.sequence OR NEW.what <> OLD.what OR NEW.due_date <> OLD.due_date
  OR NEW.remaining_days <> OLD.remaining_days OR NEW.requested_by <> OLD.requested_by
  OR NEW.requested_at <> OLD.requested_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a request can only be ended, once');
END;
DROP TRIGGER enrollments_moved;
DROP TRIGGER enrollments_fixed;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.division_code <> OLD.division_code
  OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
DROP TRIGGER case_transitions_moved;
DROP TRIGGER cases_moved;
DROP TRIGGER residents_moved;
DROP TRIGGER residents_held;
DROP TRIGGER cases_held;
DROP TRIGGER case_transitions_held;
DROP TRIGGER transfer_transitions_keep;
DROP TRIGGER transfers_keep;
DROP TABLE transfer_transitions;
DROP TABLE transfers;
