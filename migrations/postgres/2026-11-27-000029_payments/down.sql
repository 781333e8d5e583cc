ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_payments;
DROP TRIGGER entitlements_in_payment ON entitlements;
DROP FUNCTION refuse_reversal_of_paid;
DROP TRIGGER ledger_entries_of_payment ON ledger_entries;
DROP FUNCTION refuse_entry_of_payment;
ALTER TABLE payment_batches DROP CONSTRAINT payment_batches_id_last_transition_state_fkey;
DROP TRIGGER ledger_entries_of_payable ON ledger_entries;
DROP FUNCTION refuse_entry_of_payable;
DROP TABLE bank_return_rows, bank_returns, payment_flags, payment_items, payment_payables, payables, payments, organization_accounts, payment_omissions, payment_batch_transitions, payment_batch_numbers, budgets, payment_batch_duties, payment_batches;
DROP FUNCTION refuse_payment_batch_step, refuse_payment, refuse_payment_move, book_payment, refuse_payment_item,
    refuse_payment_item_change, refuse_unconfirmed_account, refuse_payment_payable, take_payable, refuse_payment_payable_change, refuse_payable_change, book_payable, refuse_flag, refuse_maker_who_cleared;
