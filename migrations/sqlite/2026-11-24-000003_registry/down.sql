DROP TABLE circumstances;
DROP TABLE certificate_components;
DROP TABLE certificates;
DROP TABLE residents;
