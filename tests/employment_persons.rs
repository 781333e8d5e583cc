//! Work, files and homes belong to a person: they go along when the person moves, and are found by whichever of the
//! person's records they are of.

use serde_json::{Value, json};

use crate::support::employment::{ENTERS, VERIFIES, evidence};
use crate::support::people::{VILLAGE, citizen_id, id_of, person};
use crate::support::{TestOffice, on_both};

/// In another township of the same county.
const NEXT: &str = "990121104201";

impl TestOffice {
    async fn of(&self, username: &str, path: &str) -> Value {
        self.as_user(username).await.get(path).await.expect(200)
    }

    async fn moves_to(&self, resident: &str, village: &str) {
        let path = format!("/v1/residents/{resident}");
        let county = self.as_user(VERIFIES).await;
        let version = county.get(&path).await.expect(200)["version"]
            .as_i64()
            .unwrap();
        let there = json!({"division_code": village});
        county.patch_seen(&path, version, there).await.expect(200);
    }

    async fn moves_away(&self, resident: &str) {
        let transfer = self.transfers(resident, "990123001001").await.expect(201);
        let path = format!("/v1/transfers/{}/transitions", id_of(&transfer));
        let there = self.as_user("county.990123").await;
        there
            .post_seen(&path, 1, json!({"action": "accept"}))
            .await
            .expect(201);
    }

    /// How somebody works, by what a county knows now: the word and its days.
    async fn works_how(&self, username: &str, resident: &str) -> Vec<(Value, Value, Value)> {
        let path = format!(
            "/v1/residents/{resident}/circumstances?known_at={}",
            self.now()
        );
        let all = self.of(username, &path).await;
        let all = all["items"].as_array().unwrap().iter();
        all.filter(|one| one["kind"] == "employment_form")
            .map(|one| {
                (
                    one["value"].clone(),
                    one["valid_from"].clone(),
                    one["valid_to"].clone(),
                )
            })
            .collect()
    }
}

on_both! {
    async fn a_move_within_the_county_takes_work_along(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let (worker, seeker) = (office.resident().await, office.resident().await);
        let placement = id_of(&office.works(&worker, &employer, "2022-06-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        let file = office.seeks(&seeker, VILLAGE).await;
        let done = office.resident().await;
        let ended = id_of(&office.works(&done, &employer, "2022-06-01").await.expect(201));
        office.leaves(&ended, "2022-06-30").await.expect(201);
        for resident in [&worker, &seeker, &done] {
            office.moves_to(resident, NEXT).await;
        }
        let paths = [format!("/v1/placements/{placement}"), format!("/v1/job-seekers/{file}")];
        for path in &paths {
            assert_eq!(office.of("township.990121104", path).await["division_code"], NEXT, "{path}");
            let here = office.as_user(ENTERS).await.get(path).await;
            assert_eq!(here.status, 404, "{path}");
        }
        let checks = office.of("township.990121104", &format!("/v1/retention-checks?placement_id={placement}")).await;
        let checks = checks["items"].as_array().unwrap();
        assert!(checks.len() == 3 && checks.iter().all(|one| one["division_code"] == NEXT), "{checks:?}");
        // What has ended stays where it was.
        assert_eq!(office.of(ENTERS, &format!("/v1/placements/{ended}")).await["division_code"], VILLAGE);
    }

    async fn whoever_moves_to_another_county_leaves_its_homes(office: &TestOffice) {
        let work = office.work_in(VILLAGE).await;
        let path = format!("/v1/disability-homes/{}/members", work.home);
        let member = office.of(VERIFIES, &path).await["items"][0].clone();
        let resident = member["resident_id"].as_str().unwrap().to_owned();
        // Not within the county.
        office.moves_to(&resident, NEXT).await;
        assert_eq!(office.of(VERIFIES, &path).await["items"][0]["left_date"], Value::Null);
        office.moves_away(&resident).await;
        let left = office.of(VERIFIES, &path).await["items"][0].clone();
        assert_eq!((&left["left_date"], &left["leave_reason"]), (&json!(office.today().to_string()), &json!("moved")));
        assert_eq!(office.of(VERIFIES, &format!("/v1/disability-homes/{}", work.home)).await["sheltered_members"], 0);
        // There is another for them there.
        let county = office.as_user("county.990123").await;
        let home = json!({"name": "残疾人之家", "division_code": "990123001", "operator": "街道办事处", "care_places": 1, "sheltered_places": 0});
        let home = id_of(&county.post("/v1/disability-homes", home).await.expect(201));
        let joins = json!({"resident_id": resident, "kind": "care"});
        county.post(&format!("/v1/disability-homes/{home}/members"), joins).await.expect(201);
    }

    async fn what_is_of_another_record_of_the_person_is_found(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        // The file is of the record that is not kept, in another township than the one that is.
        let (kept, other) = (office.somebody_in(NEXT).await, office.resident().await);
        let files = [office.seeks(&kept, NEXT).await, office.seeks(&other, VILLAGE).await];
        office.merged(&kept, &other).await;
        let new = json!({"resident_id": kept, "form": "quota", "employer_id": employer, "start_date": "2022-07-01", "evidence": evidence("2022-07-01")});
        let placed = office.as_user("township.990121104").await.post("/v1/placements", new).await.expect(201);
        assert_eq!(placed["job_seeker_id"], files[0].as_str());
        for file in &files {
            let file = office.of(VERIFIES, &format!("/v1/job-seekers/{file}")).await;
            assert_eq!((&file["state"], &file["close_reason"]), (&json!("closed"), &json!("employed")));
        }
        // It moves along with the person, and so does the work by either record.
        let (kept, other) = (office.somebody_in(NEXT).await, office.resident().await);
        let file = office.seeks(&other, VILLAGE).await;
        office.merged(&kept, &other).await;
        office.moves_away(&kept).await;
        let moved = office.of("county.990123", &format!("/v1/job-seekers/{file}")).await;
        assert_eq!((&moved["division_code"], &moved["version"]), (&json!("990123001001"), &json!(2)));
    }

    async fn what_somebody_works_as_is_known_of_the_record_that_is_kept(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let (kept, other) = (office.somebody_in(NEXT).await, office.resident().await);
        let placement = id_of(&office.works(&other, &employer, "2022-06-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        office.merged(&kept, &other).await;
        // Its township sees the work, and not the record that is kept.
        office.leaves(&placement, "2022-06-30").await.expect(201);
        let known = office.works_how(VERIFIES, &kept).await;
        assert!(known.contains(&(json!("none"), json!("2022-07-01"), Value::Null)), "{known:?}");

        // Nothing is written in another county, and that is on record.
        let (kept, other) = (office.somebody_in(NEXT).await, office.resident().await);
        let placement = id_of(&office.works(&other, &employer, "2022-06-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        office.merged(&kept, &other).await;
        office.moves_away(&kept).await;
        office.sql(&format!("UPDATE placements SET division_code = '{VILLAGE}' WHERE id = {}", office.literal(&placement))).unwrap();
        let before = office.works_how("county.990123", &kept).await;
        office.leaves(&placement, "2022-06-30").await.expect(201);
        assert_eq!(office.works_how("county.990123", &kept).await, before);
        let events = office.of("auditor.990121", &format!("/v1/audit/events?entity_id={placement}&action=placement.left")).await;
        assert_eq!(events["items"][0]["changes"]["kept_elsewhere"], true, "{events}");
    }

    async fn nobody_is_without_work_for_no_day(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-05-01").await.expect(201));
        office.verifies(&placement).await.expect(201);
        // On the day after the last, something else begins.
        office.learns(&resident, "employment_form", json!("flexible"), Some("2022-06-11")).await;
        office.leaves(&placement, "2022-06-10").await.expect(201);
        assert_eq!(office.works_how(VERIFIES, &resident).await, [
            (json!("quota"), json!("2022-05-01"), json!("2022-06-11")), (json!("flexible"), json!("2022-06-11"), Value::Null)]);
    }

    async fn whoever_comes_second_is_told_so(office: &TestOffice) {
        office.minimum_wage().await;
        let employer = office.employer_in(VILLAGE).await;
        let resident = office.resident().await;
        let placement = id_of(&office.works(&resident, &employer, "2022-06-01").await.expect(201));
        let better = format!("/v1/placements/{placement}/evidence");
        let verified = format!("/v1/placements/{placement}/verification");
        let (township, county) = (office.as_user(ENTERS).await, office.as_user(VERIFIES).await);
        let all = futures_util::future::join_all((0..6).map(|_| township.post_seen(&better, 1, evidence("2022-06-01")))).await;
        assert_eq!(statuses(&all), [201, 412, 412, 412, 412, 412]);
        let all = futures_util::future::join_all((0..6).map(|_| county.post_seen(&verified, 2, json!({"outcome": "verify"})))).await;
        assert_eq!(statuses(&all), [201, 412, 412, 412, 412, 412]);
    }

    async fn an_application_with_blanks_around_its_texts_opens_a_file(office: &TestOffice) {
        let mut somebody = person();
        let number = citizen_id("990121", "19900615", 79);
        somebody["id_number"] = json!(number);
        somebody["certificate"]["number"] = json!(format!("{number}41"));
        let resident = id_of(&office.register(somebody).await);
        let skills = "字".repeat(200);
        let township = office.as_user(ENTERS).await;
        let new = json!({"resident_id": resident, "program_code": "employment_support", "details": {"intent": "quota", "skills": format!(" {skills} "), "note": " 盼就近上岗 "}});
        let case = id_of(&township.post("/v1/cases", new).await.expect(201));
        township.act(&case, "submit").await.expect(201);
        office.as_user(VERIFIES).await.act(&case, "endorse").await.expect(201);
        office.as_user("approver.990121").await.act(&case, "approve").await.expect(201);
        let file = office.of(VERIFIES, &format!("/v1/job-seekers?resident_id={resident}")).await;
        let file = office.of(VERIFIES, &format!("/v1/job-seekers/{}", id_of(&file["items"][0]))).await;
        assert_eq!((&file["skills"], &file["plan"]), (&json!(skills), &json!("盼就近上岗")));
    }
}

fn statuses(all: &[crate::support::Reply]) -> Vec<u16> {
    let mut all: Vec<_> = all.iter().map(|reply| reply.status.as_u16()).collect();
    all.sort_unstable();
    all
}
