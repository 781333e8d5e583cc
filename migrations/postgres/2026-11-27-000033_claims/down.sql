DROP TRIGGER enrollments_fixed ON enrollments;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.case_id, NEW.program_code, NEW.exclusive_key, NEW.start_month, NEW.rate_fen, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.case_id, OLD.program_code, OLD.exclusive_key, OLD.start_month, OLD.rate_fen, OLD.created_at)
        OR NEW.last_transition < OLD.last_transition)
    EXECUTE FUNCTION refuse_change();
DROP INDEX enrollments_voucher;
ALTER TABLE enrollments DROP COLUMN total_fen, DROP COLUMN voucher_number, DROP COLUMN contribution_fen, DROP COLUMN claim_to;
ALTER TABLE program_versions
    DROP CONSTRAINT program_versions_period_check,
    ADD CONSTRAINT program_versions_period_check CHECK (period IN ('once', 'month', 'year'));
ALTER TABLE program_drafts
    DROP CONSTRAINT program_drafts_period_check,
    ADD CONSTRAINT program_drafts_period_check CHECK (period IN ('once', 'month', 'year'));
