//! What a city ten or a hundred times as large costs a single caller: the same requests to a small and to
//! a large city, in turn.

use serde_json::json;

use super::writes::{Write, created};
use super::{Bench, LOGIN, PASSWORD, Place, count, open, template};
use crate::city::{Rows, resident_id};
use crate::load::{Client, Request};
use crate::report::{Budget, Finding, median};
use crate::server::Server;
use crate::{Database, Outcome, load};

/// Requests of one kind in a round.
const TIMES: usize = 100;

/// What cases are created of: not what other measures create, for these stay in the city that is kept.
const PROGRAM: &str = "social_insurance_subsidy";

/// What is asked: what for, by whom, with what answer, and the n-th request.
struct Asked {
    name: &'static str,
    user: fn(&Place) -> String,
    expected: u16,
    request: fn(&Place, usize) -> Request,
}

const ASKED: [Asked; 5] = [
    Asked {
        name: "read one resident",
        user: supervisor,
        expected: 200,
        request: |place, n| {
            let n = n * 104_729 % place.city.residents;
            Request::get(format!("/v1/residents/{}", resident_id(n)))
        },
    },
    Asked {
        name: "list 50 cases by county and state",
        user: supervisor,
        expected: 200,
        request: |place, n| {
            let counties = &place.city.counties;
            let county = counties.get(n % counties.len()).map_or("", String::as_str);
            Request::get(format!("/v1/cases?state=in_review&division_code={county}"))
        },
    },
    Asked {
        name: "list 50 cases of all counties",
        user: supervisor,
        expected: 200,
        request: |_, _| Request::get("/v1/cases?state=in_review".to_owned()),
    },
    Asked {
        name: "list what few cases are, of all counties",
        user: supervisor,
        expected: 200,
        request: |_, _| Request::get("/v1/cases?state=returned".to_owned()),
    },
    Asked {
        name: "create a case",
        user: |place| format!("{}.{}", Write::Create.role(), first_county(place)),
        expected: 201,
        request: |place, n| {
            let details = json!({
                "period_from": "2022-01", "period_to": "2022-03",
                "contribution_fen": 120_000, "voucher_number": format!("990100-{n}"),
            });
            created(PROGRAM, details, n * place.city.counties.len())
        },
    },
];

fn supervisor(_: &Place) -> String {
    "supervisor.990100".to_owned()
}

fn first_county(place: &Place) -> &str {
    place.city.counties.first().map_or("", String::as_str)
}

/// How many requests an earlier run may have made: its cases are there still.
fn before(place: &Place) -> Outcome<usize> {
    let county = first_county(place);
    let drafts = format!(
        "cases WHERE state = 'draft' AND program_code = '{PROGRAM}' AND county_code = '{county}'"
    );
    let drafts = count(&mut open(&place.url, &place.keys)?, &drafts)?;
    Ok(usize::try_from(drafts)?)
}

impl Bench {
    /// The median latency of each request beside that of the same in `small`.
    pub fn growth(&self, small: &Self, database: Database) -> Outcome<Vec<Finding>> {
        match database {
            Database::Sqlite => {
                let (large, small) = (
                    self.kept_on_sqlite(Rows::Everything)?,
                    small.kept_on_sqlite(Rows::Everything)?,
                );
                let serve = |place: &Place| Server::start(&place.url, &place.keys);
                let servers = [serve(&large)?, serve(&small)?];
                self.beside("SQLite", &large, &small, &servers)
            }
            Database::Postgres => {
                let clusters = [self.cluster()?, small.cluster()?];
                let [ours, theirs] = &clusters;
                let (large, small) = (
                    self.kept_on_postgres(ours, Rows::Everything)?,
                    small.kept_on_postgres(theirs, Rows::Everything)?,
                );
                let servers = [
                    Server::start(&ours.url(LOGIN, template(Rows::Everything)), &large.keys)?,
                    Server::start(&theirs.url(LOGIN, template(Rows::Everything)), &small.keys)?,
                ];
                self.beside("PostgreSQL", &large, &small, &servers)
            }
        }
    }

    fn beside(
        &self,
        database: &'static str,
        large: &Place,
        small: &Place,
        [ours, theirs]: &[Server; 2],
    ) -> Outcome<Vec<Finding>> {
        let begun = [before(large)?, before(small)?];
        let latency = |server: &Server, place: &Place, asked: &Asked, first| {
            let user = (asked.user)(place);
            let client = Client::signed_in(&server.address, &user, PASSWORD)?;
            let asking = |_, time| (asked.request)(place, first + time);
            let measured = load::run(vec![client], TIMES, asked.expected, &asking, || (0.0, 0.0))?;
            Ok::<_, crate::Problem>(measured.median_ms)
        };
        ASKED
            .iter()
            .map(|asked| {
                let pairs = (0..self.rounds)
                    .map(|round| {
                        let [first, other] = begun.map(|begun| begun + round * TIMES);
                        Ok((
                            latency(ours, large, asked, first)?,
                            latency(theirs, small, asked, other)?,
                        ))
                    })
                    .collect::<Outcome<Vec<_>>>()?;
                let ratios: Vec<_> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
                let of = |pick: fn(&(f64, f64)) -> f64| {
                    median(&pairs.iter().map(pick).collect::<Vec<_>>())
                };
                let figures = format!(
                    "median {:.2} ms beside {:.2} ms",
                    of(|pair| pair.0),
                    of(|pair| pair.1)
                );
                Ok(Finding::of(
                    self.at(database),
                    &format!("growth: {}", asked.name),
                    &format!("the same with {} residents", small.city.residents),
                    ratios,
                    Budget::AtMost(1.3),
                    figures,
                ))
            })
            .collect()
    }
}
