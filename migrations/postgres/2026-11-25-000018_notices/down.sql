DROP TABLE public_notices, decision_notice_services, decision_notices;
DROP FUNCTION refuse_minors;
DROP INDEX case_transitions_action;
