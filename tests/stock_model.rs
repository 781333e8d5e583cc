//! The last pieces under many hands at once, and random movements beside a small independent model: balances are
//! equal, now and on every day that is asked for.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use huican::access::{Action, Actor, Held, Role, acts};
use huican::db::Db;
use huican::devices::stock::{Issue, service};
use huican::kernel::error::Code;
use serde_json::{Value, json};

use crate::support::people::id_of;
use crate::support::stock::{APPROVER, KEEPER, STOCK_TAKER, lot_of, wheelchair};
use crate::support::{TestOffice, on_both};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    one: i64,
}

fn number(db: &mut Db, query: &str) -> i64 {
    let one: Number = diesel::sql_query(query).get_result(db.conn()).unwrap();
    one.one
}

/// Every lot's balance is the sum of its movements.
fn books_add_up(office: &TestOffice) {
    let wrong = "SELECT count(*) AS one FROM stock_balances b WHERE b.quantity <>
        (SELECT sum(m.change) FROM stock_movements m WHERE m.lot_id = b.lot_id)";
    assert_eq!(number(&mut office.db(), wrong), 0);
}

/// Fifty issues of the last ten pieces, by ten connections of their own.
async fn by_connections(office: &TestOffice, lot: &str) -> usize {
    let me = office.as_user(KEEPER).await.get("/v1/me").await.expect(200);
    let organization = me["grants"][0]["organization_id"].as_str().unwrap();
    let lot = lot.parse().unwrap();
    let actor = |db: &Db| Actor {
        user: id_of(&me).parse().unwrap(),
        username: KEEPER.to_owned(),
        display_name: String::new(),
        session: None,
        stepped_up_at: None,
        grants: vec![Held {
            role: Role::CountyCaseworker,
            organization: organization.parse().unwrap(),
            division: "990121".parse().unwrap(),
        }],
        limited_to: None::<Vec<Action>>,
        request: db.new_id(),
    };
    let hands: Vec<_> = (0..10).map(|_| office.db()).collect();
    std::thread::scope(|scope| {
        let work: Vec<_> = hands
            .into_iter()
            .map(|mut db| {
                let permit = Arc::new(actor(&db)).permit::<acts::StockAct>().unwrap();
                scope.spawn(move || {
                    let issue = |db: &mut Db| {
                        db.write(|tx| {
                            let issue = Issue {
                                lot,
                                quantity: 1,
                                is_loan: false,
                                case: None,
                                counterpart: Some("某康复站".to_owned()),
                                note: None,
                            };
                            service::issue(tx, &permit, issue)
                        })
                    };
                    let mut done = 0;
                    for _ in 0..5 {
                        match issue(&mut db) {
                            Ok(_) => done += 1,
                            Err(error) => {
                                assert_eq!(error.code(), Code::StockInsufficient, "{error}");
                            }
                        }
                    }
                    done
                })
            })
            .collect();
        work.into_iter().map(|one| one.join().unwrap()).sum()
    })
}

on_both! {
    async fn of_the_last_ten_pieces_ten_are_issued_however_many_ask(office: &TestOffice) {
        let warehouse = office.warehouse().await;
        let given = office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        let lot = lot_of(&given);
        assert_eq!(by_connections(office, &lot).await, 10);
        books_add_up(office);
        // And through the API.
        office.donates(&warehouse, 10, wheelchair()).await.expect(201);
        office.as_user(KEEPER).await;
        let asked = futures_util::future::join_all((0..50).map(|_| office.issues(&lot, 1))).await;
        let issued = asked.iter().filter(|reply| reply.status == 201).count();
        let refused = asked.iter().filter(|reply| reply.status == 409).count();
        assert_eq!((issued, refused), (10, 40));
        books_add_up(office);
        let numbers = "SELECT count(DISTINCT movement_number) AS one FROM stock_movements WHERE change < 0";
        assert_eq!(number(&mut office.db(), numbers), 20);
    }
}

const WAREHOUSES: [(&str, &str); 2] = [("990121", KEEPER), ("990122", "county.990122")];
const BATCHES: [&str; 3] = ["B0", "B1", "B2"];

fn description(batch: usize) -> Value {
    let mut lot = wheelchair();
    lot["batch_number"] = json!(BATCHES[batch]);
    lot["unit_price_fen"] = json!(100_000 + 10_000 * batch);
    lot
}

#[derive(Debug, Clone)]
struct Moved {
    id: String,
    place: (usize, usize),
    change: i64,
    kind: &'static str,
    /// Of a return: which issue.
    of: Option<usize>,
    /// Of an issue: how much came back.
    returned: i64,
    reversed: bool,
}

#[derive(Debug)]
struct Sent {
    delivery: Value,
    from: (usize, usize),
    quantity: i64,
    open: bool,
}

#[derive(Debug)]
struct Counted {
    stocktake: String,
    place: (usize, usize),
    difference: i64,
    /// The books of its lot were corrected since.
    overtaken: bool,
    open: bool,
}

/// What should be, and the office that it is compared with.
struct Model<'o> {
    office: &'o TestOffice,
    random: fastrand::Rng,
    warehouses: Vec<String>,
    /// By warehouse and batch.
    balances: [[i64; 3]; 2],
    lots: HashMap<(usize, usize), String>,
    moved: Vec<Moved>,
    sent: Vec<Sent>,
    counted: Vec<Counted>,
    days: Vec<(String, [[i64; 3]; 2])>,
}

impl Model<'_> {
    fn balance(&mut self, (warehouse, batch): (usize, usize)) -> &mut i64 {
        &mut self.balances[warehouse][batch]
    }

    /// Counts of that place that wait are of books that are no more.
    fn corrected(&mut self, place: (usize, usize)) {
        for counted in &mut self.counted {
            counted.overtaken |= counted.place == place;
        }
    }

    fn place(&mut self) -> (usize, usize) {
        (self.random.usize(..2), self.random.usize(..3))
    }

    /// Where something lies or lay.
    fn known(&mut self) -> Option<((usize, usize), String)> {
        let place = self.place();
        Some((place, self.lots.get(&place)?.clone()))
    }

    async fn moves(
        &mut self,
        body: Value,
        place: (usize, usize),
        change: i64,
        fits: bool,
        of: Option<usize>,
    ) {
        let reply = self.office.moves(WAREHOUSES[place.0].1, body.clone()).await;
        if !fits {
            assert_eq!(reply.status, 409, "{body}");
            return;
        }
        let movement = reply.expect(201);
        *self.balance(place) += change;
        assert_eq!(movement["balance"], json!(*self.balance(place)), "{body}");
        self.lots.insert(place, lot_of(&movement));
        if let Some(of) = of {
            self.moved[of].returned += change;
        }
        let kind = match body["kind"].as_str().unwrap() {
            "donation" => "donation",
            "issue" => "issue",
            "return" => "return",
            _ => "scrap",
        };
        self.moved.push(Moved {
            id: id_of(&movement),
            place,
            change,
            kind,
            of,
            returned: 0,
            reversed: false,
        });
    }

    async fn step(&mut self) {
        let quantity = self.random.i64(1..6);
        match self.random.u8(..20) {
            0..4 => {
                let place = self.place();
                let body = json!({"kind": "donation", "warehouse_id": self.warehouses[place.0], "quantity": quantity, "lot": description(place.1)});
                self.moves(body, place, quantity, true, None).await;
            }
            kind @ 4..8 => {
                let Some((place, lot)) = self.known() else {
                    return;
                };
                let fits = *self.balance(place) >= quantity;
                let kind = if kind == 7 { "scrap" } else { "issue" };
                let body = json!({"kind": kind, "lot_id": lot, "quantity": quantity, "counterpart": "某康复站", "note": "记录"});
                self.moves(body, place, -quantity, fits, None).await;
            }
            8..10 => self.bring_back(quantity).await,
            10..12 => self.reverse().await,
            12..14 => self.send(quantity).await,
            14..16 => self.close(quantity).await,
            16 => self.count().await,
            17 => self.decide().await,
            _ => self.next_day().await,
        }
    }

    async fn bring_back(&mut self, quantity: i64) {
        let issues: Vec<_> = (0..self.moved.len())
            .filter(|at| self.moved[*at].kind == "issue")
            .collect();
        let Some(at) = self.random.choice(issues) else {
            return;
        };
        let issue = self.moved[at].clone();
        let fits = !issue.reversed && issue.returned + quantity <= -issue.change;
        let body = json!({"kind": "return", "origin_id": issue.id, "quantity": quantity});
        self.moves(body, issue.place, quantity, fits, Some(at))
            .await;
    }

    async fn reverse(&mut self) {
        if self.moved.is_empty() {
            return;
        }
        let at = self.random.usize(..self.moved.len());
        let one = self.moved[at].clone();
        let there = *self.balance(one.place);
        let fits = !one.reversed && one.returned == 0 && there >= one.change;
        let keeper = self.office.as_user(WAREHOUSES[one.place.0].1).await;
        let reply = keeper
            .post(
                &format!("/v1/stock-movements/{}/reversal", one.id),
                json!({"reason": "误登数量"}),
            )
            .await;
        if !fits {
            assert_eq!(reply.status, 409, "{one:?}");
            return;
        }
        *self.balance(one.place) -= one.change;
        assert_eq!(reply.expect(201)["balance"], json!(there - one.change));
        self.moved[at].reversed = true;
        self.corrected(one.place);
        if let Some(of) = one.of {
            self.moved[of].returned -= one.change;
        }
    }

    async fn send(&mut self, quantity: i64) {
        let Some((place, lot)) = self.known() else {
            return;
        };
        let body = json!({"kind": "transfer", "lot_id": lot, "to_warehouse_id": self.warehouses[1 - place.0], "quantity": quantity});
        let reply = self.office.announces(WAREHOUSES[place.0].1, body).await;
        if *self.balance(place) < quantity {
            reply.refused(409, "stock.insufficient");
            return;
        }
        *self.balance(place) -= quantity;
        self.sent.push(Sent {
            delivery: reply.expect(201),
            from: place,
            quantity,
            open: true,
        });
    }

    /// Received, all or less of it, or called off.
    async fn close(&mut self, came: i64) {
        let Some(at) = self.sent.iter().position(|sent| sent.open) else {
            return;
        };
        self.sent[at].open = false;
        let Sent {
            ref delivery,
            from: (from, batch),
            quantity,
            ..
        } = self.sent[at];
        if self.random.u8(..4) == 0 {
            let body = json!({"action": "cancel", "reason": "车辆未到"});
            self.office
                .on_delivery(WAREHOUSES[from].1, delivery, body)
                .await
                .expect(201);
            self.balances[from][batch] += quantity;
            self.corrected((from, batch));
            return;
        }
        let came = came.min(quantity);
        let body = json!({"action": "receive", "received_quantity": came, "reason": "途中遗失"});
        let (to, keeper) = (1 - from, WAREHOUSES[1 - from].1);
        let delivery = delivery.clone();
        self.office
            .on_delivery(keeper, &delivery, body)
            .await
            .expect(201);
        let path = format!(
            "/v1/stock-movements?kind=transfer_in&delivery_id={}",
            id_of(&delivery)
        );
        let booked = self
            .office
            .as_user(keeper)
            .await
            .get(&path)
            .await
            .expect(200);
        self.balances[to][batch] += came;
        assert_eq!(
            booked["items"][0]["balance"],
            json!(self.balances[to][batch])
        );
        self.lots.insert((to, batch), lot_of(&booked["items"][0]));
    }

    async fn count(&mut self) {
        let Some((place, lot)) = self.known() else {
            return;
        };
        let counted = self.random.i64(0..10);
        let difference = counted - *self.balance(place);
        let body = json!({"warehouse_id": self.warehouses[place.0], "lines": [{"lot_id": lot, "counted_quantity": counted, "explanation": "待查"}]});
        let taker = STOCK_TAKER.replace("990121", WAREHOUSES[place.0].0);
        let stocktake = self
            .office
            .as_user(&taker)
            .await
            .post("/v1/stocktakes", body)
            .await
            .expect(201);
        self.counted.push(Counted {
            stocktake: id_of(&stocktake),
            place,
            difference,
            overtaken: false,
            open: true,
        });
    }

    async fn decide(&mut self) {
        let Some(at) = self.counted.iter().position(|counted| counted.open) else {
            return;
        };
        let Counted {
            ref stocktake,
            place,
            difference,
            overtaken,
            ..
        } = self.counted[at];
        let path = format!("/v1/stocktakes/{stocktake}/transitions");
        let approver = self
            .office
            .as_user(&APPROVER.replace("990121", WAREHOUSES[place.0].0))
            .await;
        let reply = approver
            .post_seen(&path, 1, json!({"action": "approve"}))
            .await;
        if difference != 0 && (overtaken || *self.balance(place) + difference < 0) {
            reply.refused(409, "stocktake.overtaken");
            let returned = json!({"action": "return", "comment": "重新盘点"});
            approver.post_seen(&path, 1, returned).await.expect(201);
        } else {
            reply.expect(201);
            *self.balance(place) += difference;
            if difference != 0 {
                self.corrected(place);
            }
        }
        self.counted[at].open = false;
    }

    async fn next_day(&mut self) {
        self.days
            .push((self.office.today().to_string(), self.balances));
        self.office.pass_days(1).await;
    }

    /// On every day there was, in a random order.
    async fn compare(&mut self) {
        self.next_day().await;
        let mut days = self.days.clone();
        self.random.shuffle(&mut days);
        for (day, balances) in days {
            for (place, warehouse) in self.warehouses.iter().enumerate() {
                let keeper = self.office.as_user(WAREHOUSES[place].1).await;
                let stock = keeper
                    .get(&format!("/v1/warehouses/{warehouse}/stock?at={day}"))
                    .await
                    .expect(200);
                let mut told = [0; 3];
                for item in stock["items"].as_array().unwrap() {
                    let batch = item["lot"]["batch_number"].as_str().unwrap();
                    let batch = BATCHES.iter().position(|one| *one == batch).unwrap();
                    told[batch] += item["quantity"].as_i64().unwrap();
                }
                assert_eq!(told, balances[place], "{day}");
                let value: i64 = (0..3)
                    .zip(told)
                    .map(|(batch, quantity)| (100_000 + 10_000 * batch) * quantity)
                    .sum();
                assert_eq!(
                    stock["total"],
                    json!({"quantity": told.iter().sum::<i64>(), "value_fen": value}),
                    "{day}"
                );
                let path = format!(
                    "/v1/warehouses/{warehouse}/turnover?from_date=2022-07-01&to_date={day}"
                );
                let turnover = keeper.get(&path).await.expect(200);
                assert_eq!(turnover["total"]["closing"], stock["total"], "{day}");
            }
        }
        books_add_up(self.office);
    }
}

fn rounds() -> u64 {
    if std::env::var("HUICAN_ATTACK").is_ok_and(|long| long == "long") {
        10
    } else {
        1
    }
}

on_both! {
    async fn random_movements_and_a_model_of_them_agree_on_every_day(office: &TestOffice) {
        office.brings_catalog(crate::support::stock::CATALOG).await.expect(201);
        for seed in 0..rounds() {
            let mut warehouses = Vec::new();
            for (county, _) in WAREHOUSES {
                warehouses.push(office.warehouse_in(county, &format!("仓库{seed}")).await);
            }
            let mut model = Model {
                office,
                random: fastrand::Rng::with_seed(seed),
                warehouses,
                balances: [[0; 3]; 2],
                lots: HashMap::new(),
                moved: Vec::new(),
                sent: Vec::new(),
                counted: Vec::new(),
                days: Vec::new(),
            };
            for _ in 0..200 {
                model.step().await;
            }
            model.compare().await;
        }
    }
}
