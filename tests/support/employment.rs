//! Who works, who wants to, and who employs.

use serde_json::{Value, json};

use super::TestOffice;
use super::office::Reply;
use super::people::{id_of, person};

/// Enters placements of 990121; the other verifies them.
pub const ENTERS: &str = "township.990121103";
pub const VERIFIES: &str = "county.990121";

/// Something of each, in one county.
pub struct Work {
    pub standard: String,
    pub employer: String,
    pub vacancy: String,
    pub job_seeker: String,
    pub job_referral: String,
    pub job_fair: String,
    /// Entered, and of somebody else verified, with its first check.
    pub placement: String,
    pub verified: String,
    pub retention_check: String,
    pub levy_estimate: String,
    pub home: String,
    pub member: String,
    pub pay_sheet: String,
    /// Who has no file, no work and no home.
    pub resident: String,
}

/// What somebody works by: for two years, above the minimum, insured.
pub fn evidence(from: &str) -> Value {
    let year: i32 = from[..4].parse().unwrap();
    json!({
        "contract_kind": "labor_contract", "contract_number": "HT-018", "contract_from": from,
        "contract_to": format!("{}-12-31", year + 2), "wage_fen": 300_000, "insured_from": from, "insurance_number": "SB-018"
    })
}

impl TestOffice {
    /// Lays down 1,800 yuan a month in the whole city from 2020 on.
    pub async fn minimum_wage(&self) -> String {
        self.standard("990100", "2020-01-01", 180_000).await
    }

    /// Proposes and approves a minimum wage.
    pub async fn standard(&self, division: &str, from: &str, fen: i64) -> String {
        let new = json!({"kind": "minimum_wage", "division_code": division, "effective_from": from,
            "amount_fen": fen, "legal_basis": "市政府通知"});
        let supervisor = self.as_user("supervisor.990100").await;
        let standard = supervisor.post("/v1/employment-standards", new).await;
        let standard = id_of(&standard.expect(201));
        let path = format!("/v1/employment-standards/{standard}/decision");
        let other = self.as_user("supervisor2.990100").await;
        other
            .post_seen(&path, 1, json!({"outcome": "approve"}))
            .await
            .expect(201);
        standard
    }

    pub async fn somebody_in(&self, village: &str) -> String {
        let mut somebody = person();
        somebody["division_code"] = json!(village);
        id_of(&self.register(somebody).await)
    }

    pub async fn employer_in(&self, village: &str) -> String {
        let county = self.as_user(&format!("county.{}", &village[..6])).await;
        let new = json!({"name": "虚川电子有限公司", "employer_type": "private", "division_code": &village[..9],
            "staff_count": 200, "contact": "人事部 12000004321"});
        id_of(&county.post("/v1/employers", new).await.expect(201))
    }

    pub async fn vacancy_of(&self, employer: &str, village: &str, changes: Value) -> String {
        let county = self.as_user(&format!("county.{}", &village[..6])).await;
        let mut new = json!({"employer_id": employer, "title": "装配工", "form": "quota", "division_code": village,
            "openings": 3, "wage_from_fen": 250_000, "wage_to_fen": 350_000, "aids": ["wheelchair_access"]});
        for (name, value) in changes.as_object().unwrap() {
            new[name] = value.clone();
        }
        id_of(&county.post("/v1/vacancies", new).await.expect(201))
    }

    pub async fn seeks(&self, resident: &str, village: &str) -> String {
        let township = self.as_user(&format!("township.{}", &village[..9])).await;
        let new = json!({"resident_id": resident, "forms": ["quota", "flexible"], "distance": "county",
            "wage_from_fen": 300_000, "needed_aids": ["wheelchair_access"], "skills": "装配"});
        id_of(&township.post("/v1/job-seekers", new).await.expect(201))
    }

    /// Enters that somebody works at an employer from a day on.
    pub async fn works(&self, resident: &str, employer: &str, from: &str) -> Reply {
        let new = json!({"resident_id": resident, "form": "quota", "employer_id": employer,
            "start_date": from, "evidence": evidence(from)});
        self.enters(new).await
    }

    pub async fn enters(&self, new: Value) -> Reply {
        let resident = new["resident_id"].as_str().unwrap();
        let known = self.as_user("supervisor.990100").await;
        let known = known.get(&format!("/v1/residents/{resident}")).await;
        let division = known.expect(200)["division_code"]
            .as_str()
            .unwrap()
            .to_owned();
        let township = self.as_user(&format!("township.{}", &division[..9])).await;
        township.post("/v1/placements", new).await
    }

    /// Takes a step with a placement as it now is.
    pub async fn steps_on(
        &self,
        username: &str,
        placement: &str,
        step: &str,
        body: Value,
    ) -> Reply {
        let client = self.as_user(username).await;
        let path = format!("/v1/placements/{placement}");
        let now = client.get(&path).await.expect(200);
        let version = now["version"].as_i64().unwrap();
        client
            .post_seen(&format!("{path}/{step}"), version, body)
            .await
    }

    pub async fn verifies(&self, placement: &str) -> Reply {
        let verified = json!({"outcome": "verify"});
        self.steps_on(VERIFIES, placement, "verification", verified)
            .await
    }

    pub async fn leaves(&self, placement: &str, day: &str) -> Reply {
        let ending = json!({"end_date": day, "reason": "resigned"});
        self.steps_on(ENTERS, placement, "ending", ending).await
    }

    /// Something of everything in a county.
    pub async fn work_in(&self, village: &'static str) -> Work {
        let county = format!("county.{}", &village[..6]);
        let township = format!("township.{}", &village[..9]);
        let supervisor = self.as_user("supervisor.990100").await;
        let new = json!({"kind": "average_wage", "division_code": &village[..6], "effective_from": "2030-01-01",
            "amount_fen": 9_000_000, "legal_basis": "统计公报"});
        let standard = supervisor.post("/v1/employment-standards", new).await;
        let standard = id_of(&standard.expect(201));
        let all = supervisor
            .get("/v1/employment-standards?kind=minimum_wage")
            .await
            .expect(200);
        if all["items"].as_array().unwrap().is_empty() {
            self.minimum_wage().await;
        }
        let employer = self.employer_in(village).await;
        let vacancy = self.vacancy_of(&employer, village, json!({})).await;
        let seeking = self.somebody_in(village).await;
        let job_seeker = self.seeks(&seeking, village).await;
        let filer = self.as_user(&township).await;
        let path = format!("/v1/job-seekers/{job_seeker}/referrals");
        let sent = filer.post(&path, json!({"vacancy_id": vacancy})).await;
        let job_referral = id_of(&sent.expect(201));
        let today = self.today().to_string();
        let officer = self.as_user(&county).await;
        let fair = json!({"kind": "job_fair", "name": "专场招聘会", "division_code": &village[..6],
            "from_date": today, "vacancy_ids": [vacancy]});
        let fair = officer.post("/v1/job-fairs", fair).await.expect(201);
        let job_fair = id_of(&fair["fair"]);
        let (entered, checked) = (
            self.somebody_in(village).await,
            self.somebody_in(village).await,
        );
        let placement = id_of(
            &self
                .works(&entered, &employer, "2022-03-01")
                .await
                .expect(201),
        );
        let verified = id_of(
            &self
                .works(&checked, &employer, "2022-03-01")
                .await
                .expect(201),
        );
        let verify = json!({"outcome": "verify"});
        self.steps_on(&county, &verified, "verification", verify)
            .await
            .expect(201);
        let officer = self.as_user(&county).await;
        let checks = format!("/v1/retention-checks?placement_id={verified}");
        let checks = officer.get(&checks).await.expect(200);
        let estimate = json!({"employer_id": employer, "year": 2022, "staff_count": 200, "average_wage_fen": 8_000_000});
        let estimate = officer.post("/v1/levy-estimates", estimate).await;
        let home = json!({"name": "残疾人之家", "division_code": &village[..9], "operator": "街道办事处",
            "care_places": 1, "sheltered_places": 5, "opened_date": "2022-01-10"});
        let home = id_of(&officer.post("/v1/disability-homes", home).await.expect(201));
        let (path, member) = (
            format!("/v1/disability-homes/{home}"),
            self.somebody_in(village).await,
        );
        let joins = json!({"resident_id": member, "kind": "sheltered", "daily_pay_fen": 3_000, "joined_date": "2022-02-01"});
        let filer = self.as_user(&township).await;
        let member = id_of(
            &filer
                .post(&format!("{path}/members"), joins)
                .await
                .expect(201),
        );
        let came = json!({"date": "2022-05-09", "member_ids": [member]});
        filer
            .post(&format!("{path}/attendance"), came)
            .await
            .expect(201);
        let sheet = json!({"month": "2022-05"});
        let sheet = filer.post(&format!("{path}/pay-sheets"), sheet).await;
        Work {
            standard,
            employer,
            vacancy,
            job_seeker,
            job_referral,
            job_fair,
            placement,
            verified,
            retention_check: id_of(&checks["items"][0]),
            levy_estimate: id_of(&estimate.expect(201)),
            pay_sheet: id_of(&sheet.expect(201)),
            home,
            member,
            resident: self.somebody_in(village).await,
        }
    }
}
