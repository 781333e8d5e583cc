DROP INDEX ledger_entries_at;
DROP INDEX ledger_entries_county_at;
DROP TABLE public_list_entries;
DROP TABLE public_lists;
