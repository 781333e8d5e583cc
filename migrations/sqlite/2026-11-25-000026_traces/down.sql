DROP VIEW user_traces;
