DROP TRIGGER device_codes_keep;
DROP TRIGGER device_items_keep;
DROP TRIGGER device_code_mappings_keep;
DROP TABLE device_code_mappings;
DROP TABLE device_items;
DROP TABLE device_codes;
