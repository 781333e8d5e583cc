DROP POLICY reach ON public_notices;
CREATE POLICY reach ON public_notices
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_transfers;
REVOKE UPDATE (sequence) ON supplement_requests FROM huican_service;
DROP TRIGGER supplement_requests_moved ON supplement_requests;
DROP FUNCTION refuse_supplement_change;
DROP TRIGGER supplement_requests_only_end ON supplement_requests;
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL OR NEW.outcome IS NULL
        OR (NEW.id, NEW.case_id, NEW.sequence, NEW.what, NEW.due_date, NEW.remaining_days, NEW.requested_by, NEW.requested_at)
           IS DISTINCT FROM
           (OLD.id, OLD.case_id, OLD.sequence, OLD.what, OLD.due_date, OLD.remaining_days, OLD.requested_by, OLD.requested_at))
    EXECUTE FUNCTION refuse_change();
DROP TRIGGER enrollments_moved ON enrollments;
DROP TRIGGER enrollments_fixed ON enrollments;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
        OR NEW.program_code <> OLD.program_code OR NEW.division_code <> OLD.division_code
        OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at)
    EXECUTE FUNCTION refuse_change();
DROP TRIGGER case_transitions_moved ON case_transitions;
DROP FUNCTION refuse_unmoved_entry;
DROP TRIGGER cases_moved ON cases;
DROP TRIGGER residents_moved ON residents;
DROP FUNCTION refuse_not_transferred;
DROP TRIGGER residents_held ON residents;
DROP TRIGGER cases_held ON cases;
DROP TRIGGER case_transitions_held ON case_transitions;
DROP FUNCTION refuse_held;
ALTER TABLE transfers DROP CONSTRAINT transfers_id_last_transition_state_fkey;
DROP TABLE transfer_transitions, transfers;
DROP FUNCTION refuse_transfer_step, refuse_transfer_from;
DROP FUNCTION is_transferred, is_in_transfer;
