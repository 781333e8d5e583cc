DROP TABLE device_code_mappings, device_items, device_codes;
