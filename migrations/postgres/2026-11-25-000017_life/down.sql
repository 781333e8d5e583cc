ALTER TABLE enrollments ADD CONSTRAINT enrollments_case_id_key UNIQUE (case_id);
DROP TRIGGER case_transitions_reconsidered ON case_transitions;
DROP FUNCTION refuse_reconsideration;
ALTER TABLE case_transitions
    DROP CONSTRAINT case_transitions_from,
    DROP CONSTRAINT case_transitions_under_reconsideration,
    DROP CONSTRAINT case_transitions_transfer,
    DROP CONSTRAINT case_transitions_reopen,
    DROP CONSTRAINT case_transitions_uphold,
    DROP CONSTRAINT case_transitions_request,
    DROP CONSTRAINT case_transitions_terminate,
    DROP CONSTRAINT case_transitions_grounds,
    DROP CONSTRAINT case_transitions_no_duty,
    DROP CONSTRAINT case_transitions_reconsideration,
    DROP CONSTRAINT case_transitions_action_check,
    ADD CONSTRAINT case_transitions_action_check CHECK (action IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'object', 'approve', 'start', 'suspend', 'resume',
        'complete', 'terminate', 'withdraw', 'request_reconsideration', 'close_notice', 'lapse')),
    DROP CONSTRAINT case_transitions_check1,
    ADD CONSTRAINT case_transitions_check1 CHECK (action NOT IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'approve', 'withdraw') OR duty IS NOT NULL),
    DROP CONSTRAINT case_transitions_check2,
    ADD CONSTRAINT case_transitions_check2 CHECK (
        duty IS NULL OR action IN ('create', 'submit', 'withdraw') OR duty = from_step),
    DROP CONSTRAINT case_transitions_check3,
    ADD CONSTRAINT case_transitions_check3 CHECK (action NOT IN ('create', 'submit', 'withdraw') OR duty = 'filing'),
    DROP CONSTRAINT case_transitions_check4,
    ADD CONSTRAINT case_transitions_check4 CHECK (to_state = CASE action
        WHEN 'create' THEN 'draft' WHEN 'submit' THEN 'in_review' WHEN 'endorse' THEN 'in_review'
        WHEN 'return' THEN 'returned' WHEN 'reject' THEN 'rejected' WHEN 'object' THEN 'in_review'
        WHEN 'approve' THEN 'approved' WHEN 'start' THEN 'in_service' WHEN 'suspend' THEN 'suspended'
        WHEN 'resume' THEN 'in_service' WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated'
        WHEN 'withdraw' THEN 'withdrawn' WHEN 'request_reconsideration' THEN 'under_reconsideration'
        WHEN 'close_notice' THEN 'in_review' WHEN 'lapse' THEN 'returned' END),
    DROP CONSTRAINT case_transitions_check5,
    ADD CONSTRAINT case_transitions_check5 CHECK ((to_state = 'in_review') = (to_step IS NOT NULL));
ALTER TABLE cases
    DROP CONSTRAINT cases_step_check,
    ADD CONSTRAINT cases_step_check CHECK (step IN (
        'initial_review', 'verification', 'determination', 'public_notice', 'approval')),
    DROP CONSTRAINT cases_check,
    ADD CONSTRAINT cases_check CHECK ((state = 'in_review') = (step IS NOT NULL));
ALTER TABLE case_duties
    DROP CONSTRAINT case_duties_duty_check,
    ADD CONSTRAINT case_duties_duty_check CHECK (duty IN (
        'filing', 'initial_review', 'verification', 'determination', 'approval'));
