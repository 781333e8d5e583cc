-- A sheet of few members says what each of them earned.
ALTER TABLE home_pay_sheets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON home_pay_sheets
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
