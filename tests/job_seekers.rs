//! Who looks for work: one file a person, what fits them and why, where they were sent, which fairs they went to.

use serde_json::{Value, json};

use crate::support::people::{ELSEWHERE, VILLAGE, id_of};
use crate::support::{TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
const COUNTY: &str = "county.990121";

fn verdicts(found: &Value) -> Vec<(&str, &str)> {
    let all = found["reasons"].as_array().unwrap().iter();
    all.map(|one| {
        (
            one["criterion"].as_str().unwrap(),
            one["verdict"].as_str().unwrap(),
        )
    })
    .collect()
}

on_both! {
    async fn one_person_has_one_file(office: &TestOffice) {
        let resident = office.resident().await;
        let seeker = office.seeks(&resident, VILLAGE).await;
        let township = office.as_user(TOWNSHIP).await;
        let new = json!({"resident_id": resident, "forms": ["quota"], "distance": "county"});
        township.post("/v1/job-seekers", new.clone()).await.refused(409, "job_seeker.open");
        for (name, value, pointer, code) in [
            ("forms", json!([]), "/forms", "forms.empty"),
            ("forms", json!(["none"]), "/forms", "employment_form.none"),
            ("willing", json!(true), "/graduated_date", "graduate.date"),
            ("graduated_date", json!("2022-07-05"), "/graduated_date", "graduated_date.future"),
            ("wage_from_fen", json!(0), "/wage_from_fen", "amount.range"),
            ("skills", json!("字".repeat(201)), "/skills", "text.length"),
        ] {
            let mut bad = new.clone();
            bad["resident_id"] = json!(office.resident().await);
            bad[name] = value;
            township.post("/v1/job-seekers", bad).await.refused_field(pointer, code);
        }
        // What is done for them is added, and whether a graduate is willing is kept.
        let path = format!("/v1/job-seekers/{seeker}");
        let contact = json!({"kind": "visit", "note": "上门了解求职意向"});
        township.post(&format!("{path}/contacts"), contact.clone()).await.expect(201);
        let mut ahead = contact.clone();
        ahead["contact_date"] = json!("2022-07-05");
        township.post(&format!("{path}/contacts"), ahead).await.refused_field("/contact_date", "contact_date.future");
        let graduate = json!({"graduated_date": "2022-06-30", "school": "虚川学院", "willing": true, "plan": "推荐文员岗位"});
        let changed = township.patch_seen(&path, 1, graduate).await.expect(200);
        assert_eq!((&changed["willing"], &changed["plan"], &changed["version"]), (&json!(true), &json!("推荐文员岗位"), &json!(2)));
        township.patch_seen(&path, 1, json!({"skills": null})).await.refused(412, "if_match.stale");
        township.patch_seen(&path, 2, json!({"graduated_date": "2022-07-05"})).await.refused_field("/graduated_date", "graduated_date.future");
        for year in [1999, 2201] {
            township.get(&format!("/v1/job-seekers?graduated_in={year}")).await.refused_parameter("graduated_in", "year.range");
        }
        let listed = township.get("/v1/job-seekers?graduated_in=2022&willing=true").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        // No list tells what somebody needs.
        assert!(listed["items"][0].get("needed_aids").is_none() && listed["items"][0].get("plan").is_none());
        let whole = township.get(&path).await.expect(200);
        assert_eq!((&whole["contacts"][0]["note"], &whole["needed_aids"]), (&json!("上门了解求职意向"), &json!(["wheelchair_access"])));
        // Closed for good; then there may be another.
        let closed = township.patch_seen(&path, 2, json!({"close_reason": "no_longer_seeking"})).await.expect(200);
        assert_eq!(closed["state"], "closed");
        township.patch_seen(&path, 3, json!({"skills": "打字"})).await.refused(409, "job_seeker.closed");
        township.post(&format!("{path}/contacts"), contact).await.refused(409, "job_seeker.closed");
        township.post("/v1/job-seekers", new).await.expect(201);
        // Not for others.
        office.as_user("county.990122").await.get(&path).await.refused(404, "job_seeker.not_found");
        office.as_user("finance.990121").await.get(&path).await.refused(403, "permission.denied");
    }

    async fn an_approved_application_opens_a_file(office: &TestOffice) {
        let mut somebody = crate::support::people::person();
        let number = crate::support::people::citizen_id("990121", "19900615", 78);
        somebody["id_number"] = json!(number);
        somebody["certificate"]["number"] = json!(format!("{number}41"));
        let resident = id_of(&office.register(somebody).await);
        let township = office.as_user(TOWNSHIP).await;
        let new = json!({"resident_id": resident, "program_code": "employment_support",
            "details": {"intent": "sheltered", "skills": "手工编织", "graduated_month": "2022-06"}});
        let case = id_of(&township.post("/v1/cases", new).await.expect(201));
        township.act(&case, "submit").await.expect(201);
        office.as_user(COUNTY).await.act(&case, "endorse").await.expect(201);
        let approver = office.as_user("approver.990121").await;
        approver.act(&case, "approve").await.expect(201);
        let files = township.get(&format!("/v1/job-seekers?resident_id={resident}")).await.expect(200);
        let file = &files["items"][0];
        assert_eq!((&file["state"], &file["forms"]), (&json!("open"), &json!(["sheltered"])));
        let file = township.get(&format!("/v1/job-seekers/{}", id_of(file))).await.expect(200);
        assert_eq!((&file["case_id"], &file["skills"]), (&json!(case), &json!("手工编织")));
        assert_eq!((&file["graduated_date"], &file["willing"]), (&json!("2022-06-01"), &json!(true)));
        // Stopped, it closes.
        approver.act_saying(&case, "terminate", Some("本人不再求职")).await.expect(201);
        let file = township.get(&format!("/v1/job-seekers/{}", id_of(&file))).await.expect(200);
        assert_eq!((&file["state"], &file["close_reason"]), (&json!("closed"), &json!("no_longer_seeking")));
    }

    async fn a_graduate_counts_once_and_the_count_opens(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let township = office.as_user(TOWNSHIP).await;
        let graduate = async |resident: &str, day: &str, willing: Option<bool>| {
            let new = json!({"resident_id": resident, "forms": ["quota"], "distance": "county", "graduated_date": day, "willing": willing});
            id_of(&township.post("/v1/job-seekers", new).await.expect(201))
        };
        let (works, looks, studies) = (office.resident().await, office.resident().await, office.resident().await);
        // A file that was closed and opened again is of one person, who changed their mind.
        let before = graduate(&works, "2022-06-20", Some(false)).await;
        let close = json!({"close_reason": "no_longer_seeking"});
        township.patch_seen(&format!("/v1/job-seekers/{before}"), 1, close).await.expect(200);
        let file = graduate(&works, "2022-06-20", Some(true)).await;
        graduate(&looks, "2022-01-01", Some(true)).await;
        graduate(&studies, "2022-06-30", Some(false)).await;
        graduate(&office.resident().await, "2022-06-30", None).await;
        graduate(&office.resident().await, "2021-12-31", Some(true)).await;
        let placed = id_of(&office.works(&works, &employer, "2022-07-01").await.expect(201));
        let counted = async |username: &str, query: &str| {
            office.as_user(username).await.get(&format!("/v1/job-seekers/graduates?{query}")).await.expect(200)
        };
        let (people, willing) = (json!(4), json!(2));
        let told = counted(COUNTY, "year=2022").await;
        assert_eq!((&told["persons"], &told["willing"], &told["unwilling"], &told["not_asked"]), (&people, &willing, &json!(1), &json!(1)));
        // Without verified evidence nobody is employed.
        assert_eq!(told["employed"], 0);
        office.verifies(&placed).await.expect(201);
        assert_eq!(counted(COUNTY, "year=2022").await["employed"], 1);
        assert_eq!(counted("supervisor.990100", "year=2022&division_code=990121").await["employed"], 1);
        assert_eq!(counted("county.990122", "year=2022").await["persons"], 0);
        let county = office.as_user(COUNTY).await;
        let list = async |query: &str| {
            let page = county.get(&format!("/v1/job-seekers?graduates_of=2022{query}")).await.expect(200);
            page["items"].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>()
        };
        assert_eq!((list("").await.len(), list("&willing=true").await.len(), list("&willing=false").await.len()), (4, 2, 1));
        assert_eq!(list("&willing=true&employed=true").await, [file]);
        assert_eq!(list("&willing=true&employed=false").await.len(), 1);
        for (query, parameter, code) in [
            ("graduates_of=1999", "graduates_of", "year.range"),
            ("graduates_of=2022&state=open", "graduates_of", "filter.alone"),
            ("employed=true", "employed", "filter.alone"),
        ] {
            county.get(&format!("/v1/job-seekers?{query}")).await.refused_parameter(parameter, code);
        }
        county.get("/v1/job-seekers/graduates?year=2201").await.refused_parameter("year", "year.range");
        county.get("/v1/job-seekers/graduates?year=2022&division_code=990122").await.refused(404, "division.not_found");
        office.as_user("finance.990121").await.get("/v1/job-seekers/graduates?year=2022").await.refused(403, "permission.denied");
        // Two records of one person are one.
        office.merged(&looks, &studies).await;
        assert_eq!(counted(COUNTY, "year=2022").await["persons"], 3);
    }

    async fn a_match_says_why(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let far = office.employer_in(ELSEWHERE).await;
        let fits = office.vacancy_of(&employer, VILLAGE, json!({})).await;
        let bare = office.vacancy_of(&employer, VILLAGE, json!({"aids": [], "wage_to_fen": 260_000})).await;
        let away = office.vacancy_of(&far, ELSEWHERE, json!({"form": "concentrated"})).await;
        let at_home = office.vacancy_of(&far, ELSEWHERE, json!({"aids": ["home_based", "wheelchair_access"], "form": "flexible"})).await;
        let closed = office.vacancy_of(&employer, VILLAGE, json!({})).await;
        let county = office.as_user(COUNTY).await;
        county.patch_seen(&format!("/v1/vacancies/{closed}"), 1, json!({"close_reason": "filled"})).await.expect(200);
        county.patch_seen(&format!("/v1/vacancies/{closed}"), 2, json!({"openings": 1})).await.refused(409, "vacancy.closed");
        let seeker = office.seeks(&office.resident().await, VILLAGE).await;
        let found = county.get(&format!("/v1/job-seekers/{seeker}/matches")).await.expect(200);
        let found = found["items"].as_array().unwrap();
        let of = |id: &str| found.iter().find(|one| one["vacancy_id"] == id).unwrap();
        assert_eq!(found.len(), 4);
        // The best first, of equals the newest.
        let order: Vec<_> = found.iter().map(|one| one["vacancy_id"].as_str().unwrap()).collect();
        assert_eq!(order, [&at_home, &fits, &away, &bare].map(String::as_str));
        assert_eq!(verdicts(of(&fits)), [("form", "met"), ("distance", "met"), ("aids", "met"), ("wage", "met")]);
        assert_eq!(verdicts(of(&bare)), [("form", "met"), ("distance", "met"), ("aids", "unmet"), ("wage", "unmet")]);
        assert_eq!(verdicts(of(&away)), [("form", "unmet"), ("distance", "unmet"), ("aids", "met"), ("wage", "met")]);
        assert_eq!(verdicts(of(&at_home)), [("form", "met"), ("distance", "met"), ("aids", "met"), ("wage", "met")]);
        assert_eq!((&of(&fits)["fits"], &of(&bare)["fits"]), (&json!(true), &json!(false)));
        assert_eq!(of(&bare)["reasons"][2]["zh"], "缺少：无障碍通行");
        // An employer is told nothing of it: nobody there signs in, and the vacancy says nothing.
        let vacancy = county.get(&format!("/v1/vacancies/{bare}")).await.expect(200).to_string();
        assert!(!vacancy.contains(&seeker));
        office.as_user("county.990122").await.get(&format!("/v1/job-seekers/{seeker}/matches")).await.refused(404, "job_seeker.not_found");
    }

    async fn a_referral_leads_to_an_offer_and_a_placement(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let vacancy = office.vacancy_of(&employer, VILLAGE, json!({})).await;
        let resident = office.resident().await;
        let seeker = office.seeks(&resident, VILLAGE).await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/job-seekers/{seeker}/referrals");
        let sent = township.post(&path, json!({"vacancy_id": vacancy})).await.expect(201);
        township.post(&path, json!({"vacancy_id": vacancy})).await.refused(409, "job_referral.open");
        let referral = id_of(&sent);
        let moves = format!("/v1/job-referrals/{referral}/transitions");
        township.post_seen(&moves, 1, json!({"action": "accept"})).await.refused(409, "job_referral.transition_not_allowed");
        township.post_seen(&moves, 1, json!({"action": "reject"})).await.refused_field("/comment", "comment.length");
        let placing = json!({"resident_id": resident, "form": "quota", "employer_id": employer, "job_referral_id": referral,
            "start_date": "2022-07-01", "evidence": crate::support::employment::evidence("2022-07-01")});
        township.post("/v1/placements", placing.clone()).await.refused(409, "job_referral.not_accepted");
        for (seen, action) in [(1, "interview"), (2, "offer"), (3, "accept")] {
            township.post_seen(&moves, seen, json!({"action": action})).await.expect(201);
        }
        let now = township.get(&format!("/v1/job-referrals/{referral}")).await.expect(200);
        assert_eq!((&now["state"], &now["allowed_actions"], now["history"].as_array().unwrap().len()), (&json!("accepted"), &json!([]), 4));
        let mut other = placing.clone();
        other["resident_id"] = json!(office.resident().await);
        township.post("/v1/placements", other).await.refused(404, "job_referral.not_found");
        let mut elsewhere = placing.clone();
        elsewhere["employer_id"] = json!(office.employer_in(VILLAGE).await);
        township.post("/v1/placements", elsewhere).await.refused_field("/employer_id", "employer.referral");
        let placed = township.post("/v1/placements", placing.clone()).await.expect(201);
        assert_eq!((&placed["job_referral_id"], &placed["job_seeker_id"]), (&json!(referral), &json!(seeker)));
        // It leads to one placement.
        office.leaves(&id_of(&placed), "2022-07-02").await.expect(201);
        let mut again = placing;
        again["start_date"] = json!("2022-07-03");
        township.post("/v1/placements", again.clone()).await.refused(409, "job_referral.not_accepted");
        again["job_referral_id"] = Value::Null;
        township.post("/v1/placements", again).await.expect(201);
        // What is closed takes nobody.
        let other = office.seeks(&office.resident().await, VILLAGE).await;
        let county = office.as_user(COUNTY).await;
        county.patch_seen(&format!("/v1/vacancies/{vacancy}"), 1, json!({"close_reason": "filled"})).await.expect(200);
        let path = format!("/v1/job-seekers/{other}/referrals");
        township.post(&path, json!({"vacancy_id": vacancy})).await.refused(409, "vacancy.closed");
        let listed = township.get(&format!("/v1/job-referrals?vacancy_id={vacancy}&state=accepted")).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn work_that_is_done_elsewhere_is_its_employers(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let vacancy = office.vacancy_of(&employer, VILLAGE, json!({"division_code": ELSEWHERE})).await;
        let path = format!("/v1/vacancies/{vacancy}");
        let there = office.as_user("county.990122").await;
        assert_eq!(there.get(&path).await.expect(200)["division_code"], ELSEWHERE);
        let change = json!({"openings": 2});
        there.patch_seen(&path, 1, change.clone()).await.refused(404, "vacancy.not_found");
        office.as_user(COUNTY).await.patch_seen(&path, 1, change).await.expect(200);
    }

    async fn at_a_fair_persons_and_person_times_are_counted_apart(office: &TestOffice) {
        let employer = office.employer_in(VILLAGE).await;
        let vacancy = office.vacancy_of(&employer, VILLAGE, json!({})).await;
        let county = office.as_user(COUNTY).await;
        let new = json!({"kind": "job_fair", "name": "专场招聘会", "division_code": "990121", "from_date": "2022-07-04",
            "to_date": "2022-07-05", "vacancy_ids": [vacancy]});
        let fair = id_of(&county.post("/v1/job-fairs", new.clone()).await.expect(201)["fair"]);
        let mut bad = new.clone();
        bad["to_date"] = json!("2022-07-03");
        county.post("/v1/job-fairs", bad).await.refused_field("/to_date", "period.order");
        let mut bad = new.clone();
        bad["vacancy_ids"] = json!([fair]);
        county.post("/v1/job-fairs", bad).await.refused(404, "vacancy.not_found");
        let many = json!(vec![vacancy.as_str(); 501]);
        let mut bad = new.clone();
        bad["vacancy_ids"] = many.clone();
        county.post("/v1/job-fairs", bad).await.refused_field("/vacancy_ids", "vacancies.count");
        county.patch_seen(&format!("/v1/job-fairs/{fair}"), 1, json!({"add_vacancy_ids": many})).await.refused_field("/vacancy_ids", "vacancies.count");
        let mut elsewhere = new;
        elsewhere["division_code"] = json!("990122");
        county.post("/v1/job-fairs", elsewhere).await.refused(404, "division.not_found");
        let (one, other) = (office.seeks(&office.resident().await, VILLAGE).await, office.seeks(&office.resident().await, VILLAGE).await);
        let path = format!("/v1/job-fairs/{fair}/attendances");
        let came = |seeker: &str, result: &str| json!({"job_seeker_id": seeker, "result": result});
        let mut hired = came(&other, "hired");
        county.post(&path, hired.clone()).await.refused_field("/vacancy_id", "vacancy.not_offered");
        hired["vacancy_id"] = json!(vacancy);
        county.post(&path, hired).await.expect(201);
        county.post(&path, came(&one, "informed")).await.expect(201);
        county.post(&path, came(&one, "informed")).await.refused(409, "job_fair.attended");
        let mut ahead = came(&one, "informed");
        ahead["attended_date"] = json!("2022-07-05");
        county.post(&path, ahead).await.refused_field("/attended_date", "attended_date.future");
        let mut early = came(&one, "informed");
        early["attended_date"] = json!("2022-07-03");
        county.post(&path, early).await.refused(409, "job_fair.not_held");
        office.pass_days(1).await;
        let county = office.as_user(COUNTY).await;
        county.post(&path, came(&one, "informed")).await.expect(201);
        // Another county's job seeker comes, too, and is counted there.
        let away = office.seeks(&office.somebody_in(ELSEWHERE).await, ELSEWHERE).await;
        county.post(&path, came(&away, "informed")).await.refused(404, "job_seeker.not_found");
        office.as_user("county.990122").await.post(&path, came(&away, "informed")).await.expect(201);
        for (username, persons, times) in [(COUNTY, 2, 3), ("county.990122", 1, 1), ("supervisor.990100", 3, 4), ("finance.990121", 0, 0)] {
            let shown = office.as_user(username).await.get(&format!("/v1/job-fairs/{fair}")).await.expect(200);
            assert_eq!((&shown["persons"], &shown["person_times"]), (&json!(persons), &json!(times)), "{username}");
        }
        let listed = county.get(&path).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        // Cancelled for good, by whose fair it is.
        let cancel = json!({"cancel_reason": "场地维修"});
        let path = format!("/v1/job-fairs/{fair}");
        office.as_user("county.990122").await.patch_seen(&path, 1, cancel.clone()).await.refused(404, "job_fair.not_found");
        county.patch_seen(&path, 1, cancel.clone()).await.expect(200);
        county.patch_seen(&path, 2, cancel).await.refused(409, "job_fair.not_held");
        county.post(&format!("{path}/attendances"), came(&other, "informed")).await.refused(409, "job_fair.not_held");
    }
}
