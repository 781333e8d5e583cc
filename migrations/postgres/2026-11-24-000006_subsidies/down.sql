DROP TABLE enrollments;
DROP FUNCTION refuse_unapproved_enrollments;
