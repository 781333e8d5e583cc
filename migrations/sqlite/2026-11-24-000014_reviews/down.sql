DROP TRIGGER api_keys_personal;
DROP TABLE task_assignments;
DROP TABLE tasks;
DROP TRIGGER case_transitions_recused;
DROP TRIGGER case_duties_recused;
DROP TABLE user_relations;
DROP INDEX users_phone;
ALTER TABLE users DROP COLUMN phone_index;
ALTER TABLE users DROP COLUMN phone;
