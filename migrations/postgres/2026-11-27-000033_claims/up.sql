-- Benefits for a period that was paid for already: part of a contribution to an insurance. The enrollment is for the
-- months of the claim, its end known from the beginning, and a voucher counts once, wherever it is brought.

ALTER TABLE program_versions
    DROP CONSTRAINT program_versions_period_check,
    ADD CONSTRAINT program_versions_period_check CHECK (period IN ('once', 'month', 'year', 'claim'));
ALTER TABLE program_drafts
    DROP CONSTRAINT program_drafts_period_check,
    ADD CONSTRAINT program_drafts_period_check CHECK (period IN ('once', 'month', 'year', 'claim'));

ALTER TABLE enrollments
    ADD COLUMN claim_to text COLLATE "C" CHECK (claim_to >= start_month AND length(claim_to) = 7),
    ADD COLUMN contribution_fen bigint CHECK (contribution_fen > 0),
    ADD COLUMN voucher_number text COLLATE "C" CHECK (voucher_number <> ''),
    ADD COLUMN total_fen bigint
        CHECK (total_fen > 0 AND total_fen <= contribution_fen)
        CHECK ((total_fen IS NULL) = (claim_to IS NULL))
        CHECK ((total_fen IS NULL) = (contribution_fen IS NULL))
        CHECK ((total_fen IS NULL) = (voucher_number IS NULL));
-- What was found not to be due at all may be claimed again.
CREATE UNIQUE INDEX enrollments_voucher ON enrollments (program_code, voucher_number)
    WHERE voucher_number IS NOT NULL AND stop_month >= start_month;
DROP TRIGGER enrollments_fixed ON enrollments;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.case_id, NEW.program_code, NEW.exclusive_key, NEW.start_month, NEW.rate_fen, NEW.created_at,
            NEW.claim_to, NEW.contribution_fen, NEW.voucher_number, NEW.total_fen)
        IS DISTINCT FROM
        (OLD.id, OLD.resident_id, OLD.case_id, OLD.program_code, OLD.exclusive_key, OLD.start_month, OLD.rate_fen, OLD.created_at,
            OLD.claim_to, OLD.contribution_fen, OLD.voucher_number, OLD.total_fen)
        OR NEW.last_transition < OLD.last_transition)
    EXECUTE FUNCTION refuse_change();
