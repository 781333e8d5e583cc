DROP TRIGGER residents_job_seekers ON residents;
DROP TABLE job_referral_transitions, job_referrals, job_fair_attendances, job_fair_vacancies, job_fairs, job_seeker_contacts, job_seekers;
DROP FUNCTION move_job_seekers, refuse_unheld_fair, refuse_second_job_seeker;
