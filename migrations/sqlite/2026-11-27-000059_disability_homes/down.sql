DROP TRIGGER api_keys_no_homes;
DROP TABLE home_attendances;
DROP TABLE home_pay_items;
DROP TABLE home_pay_sheets;
DROP TABLE home_members;
DROP TABLE disability_homes;
