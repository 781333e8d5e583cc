-- The second fence stands on PostgreSQL. Kept so that both databases count the same migrations.
SELECT 1;
