//! Marked values that must be seen nowhere: not in the log, however much is logged, not in errors,
//! and not in clear in the database's file.

use serde_json::{Value, json};

use crate::support::console::{Console, PASSWORD, sign_in};
use crate::support::people::person;
use crate::support::served::Served;

#[test]
fn what_is_sensitive_is_nowhere_in_clear() {
    let console = Console::sqlite();
    console.furnish();
    let mut command = console.command(&["serve"]);
    command
        .env("HUICAN_FICTIONAL_DIVISIONS", "true")
        .env("HUICAN_LOG", "trace");
    let served = Served::start(&mut command);
    let token = sign_in(&served);
    let call =
        |method: &str, path: &str, body: &Value| served.call(method, path, Some(&token), body);

    let somebody = json!({"phone": "13987654321"});
    let mut whole = person();
    whole["phone"] = somebody["phone"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let canaries = [
        text(&whole["id_number"]),
        text(&whole["phone"]),
        text(&whole["certificate"]["number"]),
        "6200001397531246808".to_owned(),
        "欧阳碧云".to_owned(),
        PASSWORD.to_owned(),
        token.clone(),
    ];
    let [id_number, phone, certificate, account, holder, ..] = &canaries;
    let (status, made) = call("POST", "/v1/residents", &whole);
    assert_eq!(status, 201, "{made}");
    let resident = format!("/v1/residents/{}", text(&made["id"]));

    // Every way in which it can go wrong.
    let mut refusals = vec![call("POST", "/v1/residents", &whole)];
    for (field, value) in [
        (
            "id_number",
            json!(id_number.replace('X', "0").parse::<u64>().unwrap()),
        ),
        ("id_number", json!([id_number])),
        ("id_number", json!(format!("{id_number}0"))),
        ("phone", json!(phone.parse::<u64>().unwrap())),
        ("phone", json!(format!("{phone}{phone}"))),
        (
            "certificate",
            json!({"number": format!("{certificate}0"), "issued_date": "2019-05-06"}),
        ),
        ("certificate", json!(certificate)),
        ("unheard_of", json!(id_number)),
    ] {
        let mut wrong = person();
        wrong[field] = value;
        refusals.push(call("POST", "/v1/residents", &wrong));
    }
    let accounts = format!("{resident}/bank-accounts");
    let paid = |number: Value, holder: &Value| {
        let body = json!({"bank_account": number, "bank_name": "虚川农村商业银行", "holder": holder, "holder_relation": "carer"});
        call("POST", &accounts, &body)
    };
    let holder = json!(holder);
    for number in [
        json!(format!("{account}0")),
        json!(format!("{account}X")),
        json!([account]),
    ] {
        refusals.push(paid(number, &holder));
    }
    refusals.push(paid(json!(account), &json!(account)));
    assert_eq!(paid(json!(account), &holder).0, 201);
    let mut own = json!({"bank_account": account});
    assert_eq!(call("PATCH", "/v1/me", &own).0, 200);
    own["phone"] = json!(account);
    refusals.push(call("PATCH", "/v1/me", &own));
    let mut reasonless = json!({"fields": ["id_number"], "reason": id_number});
    refusals.push(call(
        "POST",
        &format!("{resident}/disclosures"),
        &json!({"fields": [id_number], "reason": "x"}),
    ));
    reasonless["reason"] = "核对证件".into();
    let shown = call("POST", &format!("{resident}/disclosures"), &reasonless);
    assert_eq!(shown.0, 201);
    for search in [
        json!({"id_number": id_number}),
        json!({"phone": phone}),
        json!({"certificate_number": certificate}),
    ] {
        call("POST", "/v1/residents/search", &search);
    }
    refusals.push(call(
        "POST",
        "/v1/sessions",
        &json!({"username": "lina2", "password": PASSWORD}),
    ));
    refusals.push(call(
        "POST",
        "/v1/me/password",
        &json!({"current_password": "x", "new_password": PASSWORD}),
    ));
    for (status, body) in &refusals {
        assert!((400..500).contains(status), "{status} {body}");
        let said = body.to_string();
        let leaked = canaries.iter().find(|canary| said.contains(*canary));
        assert_eq!(leaked, None, "{said}");
    }
    call("GET", &resident, &Value::Null);
    served.kill();

    let log = served.log.lock().unwrap();
    assert!(log.contains("answered"), "{log}");
    for canary in &canaries {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary} is in the log");
    }
    for file in std::fs::read_dir(console.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for canary in &canaries {
            let found = bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {}", path.display());
        }
    }
}
