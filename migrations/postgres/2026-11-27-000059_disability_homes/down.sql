ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_homes;
DROP TABLE home_attendances, home_pay_items, home_pay_sheets, home_members, disability_homes;
DROP FUNCTION refuse_wrong_pay, refuse_pay_of_nobody, refuse_reckoned_month, refuse_early_leave, refuse_absent_member, refuse_smaller_home, refuse_full_home, refuse_second_home;
