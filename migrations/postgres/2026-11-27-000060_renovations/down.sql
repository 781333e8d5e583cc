ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_renovation;
ALTER TABLE renovation_projects DROP CONSTRAINT renovation_projects_id_last_transition_state_fkey;
DROP TABLE renovation_visits, renovation_items, renovation_transitions, renovation_projects, elderly_renovations;
DROP FUNCTION refuse_renovation_visit;
DROP FUNCTION refuse_renovation_item;
DROP FUNCTION refuse_renovation_step;
DROP FUNCTION refuse_renovation;
DROP FUNCTION works_at;
