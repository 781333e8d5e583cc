DROP INDEX certificates_impairment;
DROP INDEX certificates_state;
