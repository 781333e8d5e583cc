//! Whether anything of another county is shown to those who work elsewhere, or changed by them, and
//! nothing else: what the code's filters and the database's row-level security each hold alone.

use huican::access::Role;
use serde_json::{Value, json};

use super::calls::{Belongings, Call, PEOPLE, Whose, call, send, staff};
use crate::support::people::{ELSEWHERE, person};
use crate::support::{TestOffice, on_both};

/// Nobody else is called so.
const NAME: &str = "欧阳远方";
/// How their cases' numbers begin.
const NUMBERS: &str = "990122-2022";

/// Ids of what is theirs.
fn traces(of: &Belongings) -> [&str; 53] {
    [
        &of.resident,
        &of.case,
        &of.application,
        &of.document,
        &of.enrollment,
        &of.task,
        &of.supplement,
        &of.recusal,
        &of.referral,
        &of.transfer,
        &of.leaver,
        &of.person,
        &of.merge,
        &of.paid.batch,
        &of.paid.released,
        &of.paid.payment,
        &of.paid.flag,
        &of.owed.enrollment,
        &of.owed.recovery,
        &of.owed.movement,
        &of.owed.named,
        &of.treated.case,
        &of.treated.plan,
        &of.treated.session,
        &of.treated.settlement,
        &of.stock.duty,
        &of.stock.lot,
        &of.stock.movement,
        &of.stock.delivery,
        &of.equipped.case,
        &of.equipped.allocation,
        &of.equipped.follow_up,
        &of.renovated.case,
        &of.renovated.surveyed,
        &of.renovated.accepted,
        &of.renovated.follow_up,
        &of.renovated.elderly,
        &of.renovated.venue,
        &of.work.job_seeker,
        &of.work.job_referral,
        &of.work.placement,
        &of.work.verified,
        &of.work.retention_check,
        &of.work.member,
        &of.work.pay_sheet,
        &of.stock.stocktake,
        &of.heard.resident,
        &of.heard.petition,
        &of.heard.application,
        &of.visited.activity,
        &of.visited.attendance,
        &of.visited.visit,
        &of.visited.resident,
    ]
    .map(String::as_str)
}

/// All that the other county knows and has of what is theirs.
async fn picture(office: &TestOffice, of: &Belongings) -> Vec<Value> {
    let client = office.as_user("county.990122").await;
    let mut all = Vec::new();
    for path in [
        "/v1/residents".to_owned(),
        "/v1/cases".to_owned(),
        "/v1/enrollments".to_owned(),
        format!("/v1/residents/{}", of.resident),
        format!("/v1/residents/{}/certificates", of.resident),
        format!("/v1/residents/{}/circumstances", of.resident),
        format!("/v1/residents/{}/addresses", of.resident),
        format!("/v1/residents/{}/bank-accounts", of.resident),
        format!("/v1/residents/{}/household", of.resident),
        "/v1/resident-merges".to_owned(),
        format!("/v1/cases/{}", of.case),
        format!("/v1/cases/{}/transitions", of.case),
        format!("/v1/cases/{}/documents", of.case),
        format!("/v1/cases/{}/notes", of.case),
        format!("/v1/documents/{}", of.document),
        format!("/v1/applications?resident_id={}", of.resident),
        format!("/v1/cases/{}/recusals", of.case),
        format!("/v1/cases/{}/supplement-requests", of.task),
        format!("/v1/enrollments/{}", of.enrollment),
        format!("/v1/enrollments/{}/transitions", of.enrollment),
        format!("/v1/enrollments/{}/reviews", of.enrollment),
        format!("/v1/referrals/{}", of.referral),
        format!("/v1/cases/{}/referrals", of.case),
        format!("/v1/transfers/{}", of.transfer),
        format!("/v1/payment-batches/{}", of.paid.batch),
        format!("/v1/payment-batches/{}", of.paid.released),
        format!("/v1/payment-batches/{}/flags", of.paid.batch),
        format!("/v1/payment-batches/{}/bank-returns", of.paid.released),
        format!("/v1/payments/{}", of.paid.payment),
        format!("/v1/recoveries/{}", of.owed.recovery),
        format!("/v1/recoveries/{}/movements", of.owed.recovery),
        format!("/v1/recoveries/{}/transitions", of.owed.recovery),
        format!("/v1/matches/{}", of.owed.named),
        format!("/v1/rehabilitation-plans/{}", of.treated.plan),
        format!("/v1/rehabilitation-sessions/{}", of.treated.session),
        format!("/v1/settlements/{}", of.treated.settlement),
        "/v1/rehabilitation-plans".to_owned(),
        "/v1/rehabilitation-sessions".to_owned(),
        "/v1/settlements".to_owned(),
        format!("/v1/warehouses/{}", of.stock.warehouse),
        format!("/v1/stock-deliveries/{}", of.stock.delivery),
        "/v1/stock-movements".to_owned(),
        format!("/v1/device-allocations/{}", of.equipped.allocation),
        "/v1/device-allocations".to_owned(),
        format!("/v1/renovation-projects/{}", of.renovated.surveyed),
        "/v1/renovation-projects".to_owned(),
        "/v1/elderly-renovations".to_owned(),
        format!("/v1/public-venues/{}", of.renovated.venue),
        "/v1/public-venues".to_owned(),
        "/v1/stocktakes".to_owned(),
        format!("/v1/warehouses/{}/stock", of.stock.warehouse),
        format!("/v1/warehouses/{}/reorder-levels", of.stock.warehouse),
        "/v1/payments".to_owned(),
        "/v1/petitions".to_owned(),
        format!("/v1/petitions/{}", of.heard.petition),
        format!("/v1/legal-aid-applications/{}", of.heard.application),
        "/v1/referrals".to_owned(),
        "/v1/transfers".to_owned(),
        format!("/v1/employers/{}", of.work.employer),
        format!("/v1/vacancies/{}", of.work.vacancy),
        format!("/v1/job-seekers/{}", of.work.job_seeker),
        format!("/v1/job-referrals/{}", of.work.job_referral),
        format!("/v1/job-fairs/{}", of.work.job_fair),
        format!("/v1/job-fairs/{}/attendances", of.work.job_fair),
        format!("/v1/placements/{}", of.work.placement),
        format!("/v1/placements/{}", of.work.verified),
        "/v1/placements/counts?year=2022".to_owned(),
        "/v1/retention-checks".to_owned(),
        format!("/v1/retention-checks/{}", of.work.retention_check),
        "/v1/levy-estimates".to_owned(),
        "/v1/disability-homes".to_owned(),
        format!("/v1/activities/{}", of.visited.activity),
        format!("/v1/activities/{}/attendances", of.visited.activity),
        format!("/v1/need-assessments/{}", of.visited.assessment),
        "/v1/most-in-need".to_owned(),
        format!("/v1/visits/{}", of.visited.visit),
        "/v1/visits".to_owned(),
        format!("/v1/disability-homes/{}/members", of.work.home),
        format!("/v1/disability-homes/{}/pay-sheets", of.work.home),
        format!(
            "/v1/disability-homes/{}/attendance?month=2022-05",
            of.work.home
        ),
    ] {
        all.push(client.get(&path).await.expect(200));
    }
    let approver = office.as_user("approver.990122").await;
    all.push(approver.get("/v1/tasks/office").await.expect(200));
    all
}

/// Ways to ask for somebody without knowing an id.
fn searches(somebody: &Value) -> Vec<Call> {
    let search = |body: Value| Call {
        method: "POST".to_owned(),
        path: "/v1/residents/search".to_owned(),
        body: Some(body),
        file: None,
        seen: 1,
    };
    let by_name = Call {
        method: "GET".to_owned(),
        path: "/v1/residents?q=oyyf".to_owned(),
        body: None,
        file: None,
        seen: 1,
    };
    vec![
        search(json!({"id_number": somebody["id_number"]})),
        search(json!({"phone": somebody["phone"]})),
        search(json!({"certificate_number": somebody["certificate"]["number"]})),
        by_name,
    ]
}

/// Every operation on what is the other county's, lists also without naming a county. Those that name
/// no id come first: who asked for a thing by its id reads that in the own county's record.
fn calls(document: &Value, other: &Belongings, account: &super::calls::Account) -> Vec<Call> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if ["public", "signed_in"].contains(&operation["x-permit"].as_str().unwrap()) {
                continue;
            }
            let on_theirs = call(operation, method, path, other, account, Whose::Other);
            if let Some((list, _county)) = on_theirs.path.split_once('?') {
                all.push(Call {
                    method: on_theirs.method.clone(),
                    path: list.to_owned(),
                    body: None,
                    file: None,
                    seen: 1,
                });
            }
            all.push(on_theirs);
        }
    }
    all.sort_by_key(|call| traces(other).iter().any(|id| call.path.contains(*id)));
    all
}

on_both! {
    async fn nothing_of_another_county_is_shown_or_changed(office: &TestOffice) {
        let document = office.anonymous().get("/openapi.json").await.expect(200);
        let mut somebody = person();
        somebody["name"] = NAME.into();
        somebody["phone"] = "12000009876".into();
        let other = Belongings::of_somebody(office, ELSEWHERE, somebody.clone()).await;
        let account = staff(office).await;
        let before = picture(office, &other).await;
        assert!(before[0].to_string().contains(NAME) && before[1].to_string().contains(NUMBERS));
        let traces = traces(&other).into_iter().chain([NAME, NUMBERS]).collect::<Vec<_>>();

        let mut asked = 0;
        let all = searches(&somebody).into_iter().chain(calls(&document, &other, &account));
        for call in all {
            // What was asked for is told again.
            let own_words = call.path.split('?').next().unwrap();
            for (username, role) in PEOPLE.into_iter().filter(|(_, role)| *role != Role::CitySupervisor) {
                let reply = send(&office.as_user(username).await, &call).await;
                let told = String::from_utf8_lossy(&reply.body).replace(own_words, "");
                // A batch says of each case it names that there is none.
                let named = |trace: &str| {
                    call.path == "/v1/transition-batches" && call.body.as_ref().unwrap().to_string().contains(trace)
                };
                // A dwelling and a venue are no person: who keeps the record reads of them.
                let places = [&other.renovated.elderly, &other.renovated.venue];
                let of_nobody = |trace: &str| role == Role::AuditAdmin && places.into_iter().any(|id| id == trace);
                let leaked = traces.iter().find(|trace| told.contains(**trace) && !named(trace) && !of_nobody(trace));
                assert_eq!(leaked, None, "{} {} by {role}: {told}", call.method, call.path);
                asked += 1;
            }
        }
        assert!(asked > 300, "{asked}");
        assert_eq!(picture(office, &other).await, before);
    }
}
