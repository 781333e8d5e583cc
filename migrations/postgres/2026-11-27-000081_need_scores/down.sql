ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_need_standards;
DROP TRIGGER residents_need_scores ON residents;
DROP TABLE need_scores, need_assessments, need_standards;
DROP FUNCTION refuse_need_score, refuse_need_score_elsewhere, move_need_scores;
