DROP TABLE simulations;
DROP FUNCTION keep_simulation;
