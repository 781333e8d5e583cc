DROP TRIGGER case_transitions_lapse;
DROP TABLE supplement_requests;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    '(action IN (''close_notice'', ''lapse''))', '(action = ''close_notice'')'),
    '''close_notice'', ''lapse''))', '''close_notice''))'),
    ' WHEN ''lapse'' THEN ''returned'' END', ' END')
WHERE type = 'table' AND name = 'case_transitions';
PRAGMA writable_schema = RESET;
DROP TRIGGER api_keys_personal;
DROP TABLE task_assignments;
DROP TABLE tasks;
DROP TRIGGER case_transitions_recused;
DROP TRIGGER case_duties_recused;
DROP TABLE user_relations;
DROP INDEX users_phone;
ALTER TABLE users DROP COLUMN phone_index;
ALTER TABLE users DROP COLUMN phone;
