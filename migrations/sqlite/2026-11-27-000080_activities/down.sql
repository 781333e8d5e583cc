DROP TRIGGER activity_attendances_keep;
DROP TRIGGER activity_transitions_keep;
DROP TRIGGER activities_keep;
DROP TABLE activity_attendances;
DROP TABLE activity_transitions;
DROP TABLE activities;
