DROP TRIGGER residents_follow_ups ON residents;
DROP TABLE follow_ups;
DROP FUNCTION move_follow_ups;
