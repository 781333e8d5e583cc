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
