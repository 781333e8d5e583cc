DROP TABLE levy_estimates;
