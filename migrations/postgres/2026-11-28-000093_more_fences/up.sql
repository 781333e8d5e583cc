-- A sheet of few members says what each of them earned.
ALTER TABLE home_pay_sheets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON home_pay_sheets
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
-- Nobody's, but a county's own business like its dwellings.
ALTER TABLE public_venues ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_venues
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE public_venue_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_venue_items USING (EXISTS (SELECT 1 FROM public_venues o WHERE o.id = venue_id));
ALTER TABLE public_venue_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_venue_transitions USING (EXISTS (SELECT 1 FROM public_venues o WHERE o.id = venue_id));
-- Whoever places somebody may read of those of other divisions; they are changed where they are.
ALTER TABLE employers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON employers FOR SELECT USING (true);
CREATE POLICY reach ON employers
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE vacancies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON vacancies FOR SELECT USING (true);
-- The work may be done anywhere: a vacancy is its employer's.
CREATE POLICY reach ON vacancies USING (EXISTS (
    SELECT 1 FROM employers o WHERE o.id = employer_id
        AND o.division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange)));
ALTER TABLE job_fairs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON job_fairs FOR SELECT USING (true);
CREATE POLICY reach ON job_fairs
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE levy_estimates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON levy_estimates FOR SELECT USING (true);
CREATE POLICY reach ON levy_estimates
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE disability_homes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON disability_homes FOR SELECT USING (true);
CREATE POLICY reach ON disability_homes
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
