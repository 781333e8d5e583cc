DROP TABLE circumstances;
DROP TABLE certificate_components;
DROP TABLE certificates;
DROP TABLE residents;
DROP FUNCTION refuse_overlapping_certificates;
DROP FUNCTION refuse_overlapping_circumstances;
