DROP TRIGGER residents_job_seekers;
DROP TABLE job_referral_transitions;
DROP TABLE job_referrals;
DROP TABLE job_fair_attendances;
DROP TABLE job_fair_vacancies;
DROP TABLE job_fairs;
DROP TABLE job_seeker_contacts;
DROP TABLE job_seekers;
