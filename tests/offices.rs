//! Divisions and organizations: the places everything belongs to.

use huican::access::divisions::{self, service};
use huican::audit::Origin;
use serde_json::{Value, json};

use crate::support::people::person;
use crate::support::{TestOffice, on_both};

impl TestOffice {
    fn import(&self, list: &[u8]) -> huican::kernel::error::Result<divisions::Imported> {
        let mut db = self.db();
        let origin = Origin::system(db.new_id());
        db.write(|tx| service::import(tx, &origin, list))
    }
}

const HEADER: &str = "code,name,level,valid_from,valid_to,successor_code\n";

on_both! {
    async fn divisions_are_walked_from_the_top(office: &TestOffice) {
        let client = office.as_user("liaison.990121103201").await;
        let top = client.get("/v1/divisions").await.expect(200);
        assert_eq!(top["items"].as_array().unwrap().len(), 1);
        assert_eq!(top["items"][0]["code"], "990000000000");
        let counties = client.get("/v1/divisions?parent_code=9901&limit=5").await.expect(200);
        let next = counties["next"].as_str().unwrap();
        let rest = client.get(&format!("/v1/divisions?parent_code=9901&limit=5&cursor={next}")).await.expect(200);
        assert_eq!((counties["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (5, 3));
        assert_eq!(client.get("/v1/divisions/990121103").await.expect(200)["name"], "丙岭三号镇");
        client.get("/v1/divisions/990199").await.refused(404, "division.not_found");
        client.get("/v1/divisions/99x").await.refused(404, "route.not_found");
        client.get("/v1/divisions?parent_code=99x").await.refused_parameter("parent_code", "field.invalid");
    }

    async fn a_province_is_imported_and_imported_again(office: &TestOffice) {
        let list = include_bytes!("../data/divisions-33.csv");
        let done = |added, changed, unchanged| divisions::Imported { added, changed, unchanged };
        assert_eq!(office.import(list).unwrap(), done(27_036, 0, 0));
        assert_eq!(office.import(list).unwrap(), done(0, 0, 27_036));
        let renamed = format!("{HEADER}330100000000,杭州,city,,,\n");
        assert_eq!(office.import(renamed.as_bytes()).unwrap(), done(0, 1, 0));
        let client = office.as_user("liaison.990121103201").await;
        assert_eq!(client.get("/v1/divisions/3301").await.expect(200)["name"], "杭州");
    }

    async fn a_code_that_was_replaced_names_its_successor(office: &TestOffice) {
        // Two villages were merged, in two steps; one was given up.
        let list = format!(
            "{HEADER}990121103301,旧一村,village,,2020-01-01,990121103302\n\
             990121103302,旧二村,village,2020-01-01,2022-07-04,990121103201\n\
             990121103303,旧三村,village,,2022-07-04,\n\
             990121103304,将撤村,village,,2022-07-05,990121103201\n"
        );
        assert_eq!(office.import(list.as_bytes()).unwrap().added, 4);
        let township = office.as_user("township.990121103").await;
        let shown = township.get("/v1/divisions/990121103301").await.expect(200);
        assert_eq!((&shown["valid_to"], &shown["successor_code"]), (&json!("2020-01-01"), &json!("990121103302")));
        let register = async |code: &str| {
            let mut somebody = person();
            somebody["division_code"] = json!(code);
            township.post("/v1/residents", somebody).await
        };
        let refusal = register("990121103302").await.refused_field("/division_code", "division.replaced");
        assert!(refusal.to_string().contains("990121103201"));
        register("990121103303").await.refused_field("/division_code", "division.ended");
        register("990121103304").await.expect(201);
    }

    async fn a_list_with_a_fault_is_refused_whole(office: &TestOffice) {
        for (lines, said) in [
            ("990121103401,新村,village,,,\n990177000000,某县,county,,,\n990178001001,某村,village,,,\n", "990178001001"),
            ("990121103401,新村,village,,,\n990121103402,新二村,village,,2020-01-01,990121103999\n", "990121103999"),
            ("990121103401,新村,village,,,\n990121103402,新二村,town,,,\n", "line 3"),
            ("990121103401,新村,village,,,\n990121103402,新二村,county,,,\n", "990121103402"),
        ] {
            let error = office.import(format!("{HEADER}{lines}").as_bytes()).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
        let client = office.as_user("liaison.990121103201").await;
        client.get("/v1/divisions/990121103401").await.refused(404, "division.not_found");
    }

    async fn organizations_are_made_once_and_seen_by_their_county(office: &TestOffice) {
        let system = office.as_user("sysadmin").await;
        let new = json!({"name": "丙岭康复中心", "kind": "institution", "division_code": "990121"});
        let reply = system.post("/v1/organizations", new.clone()).await;
        let created = reply.expect(201);
        let path = reply.header("location").unwrap();
        assert_eq!(created["division_code"], "990121000000");
        system.post("/v1/organizations", new).await.refused_field("/name", "organization.duplicate");
        let bad = |name: &str, value: &str| {
            let mut body = json!({"name": "某中心", "kind": "institution", "division_code": "990121"});
            body[name] = json!(value);
            body
        };
        system.post("/v1/organizations", bad("name", " ")).await.refused_field("/name", "name.length");
        system.post("/v1/organizations", bad("kind", "castle")).await.refused_field("/kind", "field.invalid");
        system.post("/v1/organizations", bad("division_code", "990199")).await.refused_field("/division_code", "division.unknown");

        assert_eq!(office.as_user("county.990121").await.get(path).await.expect(200), created);
        office.as_user("county.990122").await.get(path).await.refused(404, "organization.not_found");
        office.as_user("county.990121").await.post("/v1/organizations", json!({})).await.refused(403, "permission.denied");
        let of_township = office.as_user("township.990121103").await.get("/v1/organizations?limit=200").await.expect(200);
        let all = of_township["items"].as_array().unwrap();
        assert_eq!(all.len(), 13);
        assert!(all.iter().all(|one: &Value| one["division_code"].as_str().unwrap().starts_with("990121103")));
    }
}
