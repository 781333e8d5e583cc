ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_venue;
ALTER TABLE public_venues DROP CONSTRAINT public_venues_id_last_transition_state_fkey;
DROP TABLE public_venue_participants, public_venue_items, public_venue_transitions, public_venues;
DROP FUNCTION refuse_venue_participant;
DROP FUNCTION refuse_venue_item;
DROP FUNCTION refuse_venue_step;
