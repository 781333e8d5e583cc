//! A device catalog, and warehouses with what lies in them.

use serde_json::{Value, json};

use super::people::id_of;
use super::{Reply, TestOffice};

pub const CATALOG: &[u8] = include_bytes!("../../data/demo/device-catalog.csv");

/// Who does what at the warehouse of 990121.
pub const BUYER: &str = "finance.990121";
pub const KEEPER: &str = "county.990121";
pub const STOCK_TAKER: &str = "finance2.990121";
pub const APPROVER: &str = "approver.990121";

/// A wheelchair of one batch.
pub fn wheelchair() -> Value {
    json!({
        "edition": "2022", "code": "122203", "brand": "某牌", "model": "W-100", "batch_number": "20220301",
        "unit_price_fen": 118_000, "fund_source": "fiscal", "supplier": "某康复器具公司"
    })
}

/// A warehouse of a county with something in it.
pub struct Stocked {
    pub organization: String,
    pub warehouse: String,
    /// The stock-taker's.
    pub duty: String,
    /// Somebody without a duty who might have one.
    pub helper: String,
    /// A hundred wheelchairs, and how they came.
    pub lot: String,
    pub movement: String,
    /// What the buyer expects.
    pub delivery: String,
    /// What was counted, and waits.
    pub stocktake: String,
}

impl TestOffice {
    pub async fn stocked(&self, county: &str) -> Stocked {
        self.brings_catalog(CATALOG).await.expect(201);
        let warehouse = self.warehouse_in(county, &format!("{county}仓库")).await;
        let [keeper, buyer] = ["county", "finance"].map(|who| format!("{who}.{county}"));
        let path = format!("/v1/warehouses/{warehouse}");
        let shown = self.as_user(&keeper).await.get(&path).await.expect(200);
        let given = json!({"kind": "donation", "warehouse_id": warehouse, "quantity": 100, "lot": wheelchair()});
        let given = self.moves(&keeper, given).await.expect(201);
        let bought = json!({"kind": "purchase", "to_warehouse_id": warehouse, "quantity": 10, "lot": wheelchair(), "invoice_number": "0310022"});
        let bought = self.announces(&buyer, bought).await.expect(201);
        let count = json!({"warehouse_id": warehouse, "lines": [{"lot_id": lot_of(&given), "counted_quantity": 100}]});
        let taker = self.as_user(&format!("finance2.{county}")).await;
        let counted = taker.post("/v1/stocktakes", count).await.expect(201);
        let level = json!({"edition": "2022", "code": "122203", "quantity": 5});
        self.as_user(&format!("approver.{county}"))
            .await
            .post(&format!("{path}/reorder-levels"), level)
            .await
            .expect(201);
        let helper = self.as_user("supervisor2.990100").await;
        Stocked {
            organization: shown["organization_id"].as_str().unwrap().to_owned(),
            duty: id_of(&shown["duties"][0]),
            helper: id_of(&helper.get("/v1/me").await.expect(200)),
            lot: lot_of(&given),
            movement: id_of(&given),
            delivery: id_of(&bought),
            stocktake: id_of(&counted),
            warehouse,
        }
    }

    pub async fn brings_catalog(&self, file: &[u8]) -> Reply {
        self.as_user("supervisor.990100")
            .await
            .request("POST", "/v1/device-catalog/imports")
            .content("application/octet-stream", file)
            .send()
            .await
    }

    /// An organization of a kind there.
    pub async fn organization_of(&self, county: &str, kind: &str) -> String {
        let list = format!("/v1/organizations?division_code={county}");
        let code = format!("{county}000000");
        let all = self.pages("sysadmin", &list, 200).await;
        let found = all
            .iter()
            .find(|one| one["kind"] == kind && one["division_code"] == code.as_str());
        id_of(found.unwrap())
    }

    pub async fn gives_duty(
        &self,
        county: &str,
        warehouse: &str,
        username: &str,
        duty: &str,
    ) -> Reply {
        let me = self.as_user(username).await.get("/v1/me").await.expect(200);
        let body = json!({"user_id": id_of(&me), "duty": duty});
        self.as_user(&format!("approver.{county}"))
            .await
            .post(&format!("/v1/warehouses/{warehouse}/duties"), body)
            .await
    }

    /// A warehouse with its three people.
    pub async fn warehouse_in(&self, county: &str, name: &str) -> String {
        let organization = self.organization_of(county, "federation").await;
        let body = json!({"name": name, "organization_id": organization});
        let approver = self.as_user(&format!("approver.{county}")).await;
        let warehouse = id_of(&approver.post("/v1/warehouses", body).await.expect(201));
        for (username, duty) in [
            ("finance", "buyer"),
            ("county", "keeper"),
            ("finance2", "stock_taker"),
        ] {
            self.gives_duty(county, &warehouse, &format!("{username}.{county}"), duty)
                .await
                .expect(201);
        }
        warehouse
    }

    /// The catalog, and the warehouse of 990121.
    pub async fn warehouse(&self) -> String {
        self.brings_catalog(CATALOG).await.expect(201);
        self.warehouse_in("990121", "丙岭县辅助器具仓库").await
    }

    /// Something that was given; the movement.
    pub async fn donates(&self, warehouse: &str, quantity: i64, lot: Value) -> Reply {
        let body = json!({"kind": "donation", "warehouse_id": warehouse, "quantity": quantity, "lot": lot});
        self.moves(KEEPER, body).await
    }

    pub async fn moves(&self, username: &str, body: Value) -> Reply {
        let keeper = self.as_user(username).await;
        keeper.post("/v1/stock-movements", body).await
    }

    /// Issues to a station of the county.
    pub async fn issues(&self, lot: &str, quantity: i64) -> Reply {
        let body = json!({"kind": "issue", "lot_id": lot, "quantity": quantity, "counterpart": "某康复站"});
        self.moves(KEEPER, body).await
    }

    pub async fn announces(&self, username: &str, body: Value) -> Reply {
        let buyer = self.as_user(username).await;
        buyer.post("/v1/stock-deliveries", body).await
    }

    pub async fn buys(&self, warehouse: &str, quantity: i64, lot: Value) -> Value {
        let body = json!({"kind": "purchase", "to_warehouse_id": warehouse, "quantity": quantity, "lot": lot, "invoice_number": "0310022"});
        self.announces(BUYER, body).await.expect(201)
    }

    pub async fn on_delivery(&self, username: &str, delivery: &Value, body: Value) -> Reply {
        let path = format!("/v1/stock-deliveries/{}/transitions", id_of(delivery));
        let version = delivery["version"].as_i64().unwrap();
        self.as_user(username)
            .await
            .post_seen(&path, version, body)
            .await
    }
}

/// The lot of a movement.
pub fn lot_of(movement: &Value) -> String {
    id_of(&movement["lot"])
}
