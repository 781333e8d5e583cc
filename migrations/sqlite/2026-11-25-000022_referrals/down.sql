DROP TRIGGER api_keys_no_referrals;
DROP TRIGGER referral_transitions_keep;
DROP TRIGGER referrals_keep;
DROP TABLE referral_transitions;
DROP TABLE referrals;
DROP INDEX cases_place;
