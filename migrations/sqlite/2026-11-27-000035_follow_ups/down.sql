DROP TRIGGER residents_follow_ups;
DROP TABLE follow_ups;
