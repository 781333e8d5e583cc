ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_standards;
DROP TABLE vacancies, employers, employment_standards;
