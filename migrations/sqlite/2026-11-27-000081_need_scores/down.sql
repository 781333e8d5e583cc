DROP TRIGGER api_keys_no_need_standards;
DROP TRIGGER residents_need_scores;
DROP TRIGGER need_scores_keep;
DROP TRIGGER need_assessments_keep;
DROP TRIGGER need_standards_keep;
DROP TABLE need_scores;
DROP TABLE need_assessments;
DROP TABLE need_standards;
