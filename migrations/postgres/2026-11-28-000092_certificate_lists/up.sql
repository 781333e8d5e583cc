-- Lists of residents by what their certificate says, over all counties: in the order of the list, so that what few have is
-- not looked for among all.
CREATE INDEX certificates_state ON certificates (state, resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX certificates_impairment ON certificates (impairment_type, resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
