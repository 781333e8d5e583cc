ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_referrals;
ALTER TABLE referrals DROP CONSTRAINT referrals_id_last_transition_state_fkey;
DROP TABLE referral_transitions, referrals;
DROP FUNCTION refuse_referral_side;
DROP INDEX cases_place;
