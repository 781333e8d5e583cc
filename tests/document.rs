//! The API document: what is committed is what is served, and what its examples say is true.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Backend, TestOffice};

async fn office() -> TestOffice {
    TestOffice::open(Backend::Sqlite).await.unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[actix_web::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let served = office().await.anonymous().get("/openapi.yaml").await;
    assert_eq!(
        served.header("content-type"),
        Some("application/yaml; charset=utf-8")
    );
    let committed = include_str!("../openapi.yaml");
    assert!(
        committed.trim_end() == String::from_utf8(served.body).unwrap().trim_end(),
        "openapi.yaml is not what the code says: cargo run -- openapi > openapi.yaml"
    );
}

#[actix_web::test]
async fn every_operation_is_named_described_and_classified() {
    let document = office()
        .await
        .anonymous()
        .get("/openapi.json")
        .await
        .expect(200);
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(
            operation["summary"].is_string() && operation["x-permit"].is_string(),
            "{name}"
        );
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{name}"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let reference = response["$ref"]
                .as_str()
                .map(|path| path.trim_start_matches('#'));
            let response = reference.map_or(response, |path| document.pointer(path).unwrap());
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name} {status}"
            );
        }
        let inside: Vec<_> = path.matches('{').collect();
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let in_path = parameters.iter().filter(|one| one["in"] == "path").count();
        assert_eq!(inside.len(), in_path, "{method} {path}");
        if matches!(method.as_str(), "PATCH") || name == "create_case_transition" {
            assert!(
                parameters
                    .iter()
                    .any(|one| one["name"] == "If-Match" && one["required"] == true),
                "{name}"
            );
        }
    }
}

/// Words on the wire are lower snake_case, as serde writes them.
#[actix_web::test]
async fn words_are_written_as_they_travel() {
    fn enums<'d>(value: &'d Value, found: &mut Vec<&'d Value>) {
        match value {
            Value::Object(fields) => {
                found.extend(
                    fields
                        .get("enum")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten(),
                );
                fields.values().for_each(|inner| enums(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| enums(inner, found)),
            _ => {}
        }
    }
    let document = office()
        .await
        .anonymous()
        .get("/openapi.json")
        .await
        .expect(200);
    let mut words = Vec::new();
    enums(&document, &mut words);
    assert!(words.len() > 50);
    for word in words {
        if let Some(text) = word.as_str() {
            assert!(!text.contains(char::is_uppercase), "{text}");
        }
    }
}

/// Everything a request's example says is understood: it may be refused for what it asks, but not
/// for its shape.
#[actix_web::test]
async fn the_examples_of_requests_are_understood() {
    let office = office().await;
    let document = office.anonymous().get("/openapi.json").await.expect(200);
    let mut seen = 0;
    for (method, path, operation) in operations(&document) {
        let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema/$ref")
        else {
            continue;
        };
        let schema = document
            .pointer(schema.as_str().unwrap().trim_start_matches('#'))
            .unwrap();
        let example = schema
            .get("example")
            .unwrap_or_else(|| panic!("{path} has no example"));
        let by = match operation["x-permit"].as_str().unwrap() {
            "grant.manage" => "secadmin",
            "user.manage" | "organization.manage" => "sysadmin",
            _ => "township.990121103",
        };
        let nobody = "0190a000-0000-7000-8000-000000000000";
        let path = path.replace("{id}", nobody);
        let reply = office
            .as_user(by)
            .await
            .request(&method, &path)
            .seen(1)
            .json(example)
            .send()
            .await;
        if reply.status.as_u16() == 204 {
            continue;
        }
        let errors = reply.json()["errors"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for error in errors {
            let code = error["code"].as_str().unwrap();
            assert!(!code.starts_with("field."), "{method} {path}: {error}");
        }
        assert!(
            reply.status.as_u16() < 500 && reply.status.as_u16() != 400,
            "{method} {path}: {}",
            reply.status
        );
        if matches!(
            operation["operationId"].as_str(),
            Some("create_resident" | "create_user")
        ) {
            reply.expect(201);
        }
        seen += 1;
    }
    assert!(seen > 10);
}

#[actix_web::test]
async fn the_reference_page_needs_no_internet() {
    let office = office().await;
    let client = office.anonymous();
    let moved = client.get("/docs").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (308, Some("/docs/"))
    );
    let page = String::from_utf8(client.get("/docs/").await.body).unwrap();
    assert!(page.contains("swagger-ui"));
    let quoted: Vec<_> = page
        .split(['"', '\''])
        .filter(|text| {
            [".js", ".css", ".png"]
                .iter()
                .any(|end| text.ends_with(end))
        })
        .collect();
    assert!(quoted.len() >= 3, "{page}");
    for asset in quoted {
        assert!(!asset.contains("//"), "{asset} comes from elsewhere");
        let asset = asset.trim_start_matches("./");
        assert_eq!(
            client.get(&format!("/docs/{asset}")).await.status.as_u16(),
            200,
            "{asset}"
        );
    }
    assert_eq!(
        client.get("/openapi.json").await.expect(200)["openapi"],
        "3.1.0"
    );
}

#[actix_web::test]
async fn health_and_readiness() {
    let office = office().await;
    office.anonymous().get("/health/live").await.expect(200);
    office.anonymous().get("/health/ready").await.expect(200);
    // A schema of another version is not ours to serve.
    office
        .sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261124000006'")
        .unwrap();
    office
        .anonymous()
        .get("/health/ready")
        .await
        .refused(503, "service.busy");
    office.anonymous().get("/health/live").await.expect(200);
}
