DROP TRIGGER api_keys_no_standards;
DROP TABLE vacancies;
DROP TABLE employers;
DROP TABLE employment_standards;
