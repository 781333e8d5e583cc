-- The second fence stands on PostgreSQL: here the file has one user, the service itself. Kept so that
-- both databases count the same migrations.
SELECT 1;
