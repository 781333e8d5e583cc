ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_recoveries;
DROP TRIGGER ledger_entries_of_recovery ON ledger_entries;
DROP TRIGGER payment_batch_transitions_offset ON payment_batch_transitions;
DROP TRIGGER payments_offset ON payments;
ALTER TABLE recoveries DROP CONSTRAINT recoveries_id_last_transition_stage_fkey;
DROP TABLE recovery_movements, recovery_instalments, recovery_notices, recovery_months, recovery_transitions, recoveries;
DROP FUNCTION refuse_entry_of_recovery, refuse_unmatched_deduction, move_offset, count_recovery_movement, refuse_recovery_decision,
    refuse_recovery_movement, refuse_recovery_instalment, refuse_recovery_entry, book_recovery_month, refuse_recovery_month_change,
    refuse_recovery_month, release_recovery_months, refuse_recovery_sums, is_tied;
