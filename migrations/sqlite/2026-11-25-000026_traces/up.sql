-- Whom of the staff anything could tie to anybody. `user_ties` is dear, and most people's number is nobody else's:
-- it is asked only of those who stand here.
CREATE VIEW user_traces (user_id) AS
SELECT u.id FROM users u
WHERE EXISTS (SELECT 1 FROM user_relations d WHERE d.user_id = u.id AND d.ended_at IS NULL)
   OR EXISTS (SELECT 1 FROM residents r WHERE r.phone_index = u.phone_index)
   OR EXISTS (SELECT 1 FROM household_members m WHERE m.phone_index = u.phone_index)
   OR EXISTS (SELECT 1 FROM addresses a WHERE a.text_index = u.address_index AND a.superseded_at IS NULL AND a.valid_to IS NULL)
   OR EXISTS (SELECT 1 FROM bank_accounts b
        WHERE b.number_index = u.bank_account_index AND b.superseded_at IS NULL AND b.valid_to IS NULL);
