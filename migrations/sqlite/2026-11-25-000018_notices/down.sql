DROP TABLE public_notices;
DROP TABLE decision_notice_services;
DROP TABLE decision_notices;
DROP INDEX case_transitions_action;
