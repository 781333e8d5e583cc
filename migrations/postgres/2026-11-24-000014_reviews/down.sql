DROP TRIGGER case_transitions_lapse ON case_transitions;
DROP FUNCTION refuse_lapse;
DROP TABLE supplement_requests;
ALTER TABLE case_transitions
    DROP CONSTRAINT case_transitions_action_check,
    ADD CONSTRAINT case_transitions_action_check CHECK (action IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'object', 'approve', 'start', 'suspend', 'resume',
        'complete', 'terminate', 'withdraw', 'request_reconsideration', 'close_notice')),
    DROP CONSTRAINT case_transitions_check,
    ADD CONSTRAINT case_transitions_check CHECK ((actor_id IS NULL) = (action = 'close_notice')),
    DROP CONSTRAINT case_transitions_check4,
    ADD CONSTRAINT case_transitions_check4 CHECK (to_state = CASE action
        WHEN 'create' THEN 'draft' WHEN 'submit' THEN 'in_review' WHEN 'endorse' THEN 'in_review'
        WHEN 'return' THEN 'returned' WHEN 'reject' THEN 'rejected' WHEN 'object' THEN 'in_review'
        WHEN 'approve' THEN 'approved' WHEN 'start' THEN 'in_service' WHEN 'suspend' THEN 'suspended'
        WHEN 'resume' THEN 'in_service' WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated'
        WHEN 'withdraw' THEN 'withdrawn' WHEN 'request_reconsideration' THEN 'under_reconsideration'
        WHEN 'close_notice' THEN 'in_review' END);
ALTER TABLE api_keys DROP CONSTRAINT api_keys_personal;
DROP TABLE task_assignments, tasks;
DROP TRIGGER case_transitions_recused ON case_transitions;
DROP TRIGGER case_duties_recused ON case_duties;
DROP FUNCTION refuse_recused_step, refuse_recused_duty;
DROP FUNCTION is_recused;
DROP TABLE user_relations;
DROP INDEX users_phone;
ALTER TABLE users DROP COLUMN phone_index;
ALTER TABLE users DROP COLUMN phone;
