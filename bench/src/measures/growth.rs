//! What a city ten or a hundred times as large costs a single caller: the same reads of a small and of
//! a large city, in turn.

use super::{Bench, LOGIN, PASSWORD, Place, template};
use crate::city::{Rows, resident_id};
use crate::load::{Client, Request};
use crate::report::{Budget, Finding, median};
use crate::server::Server;
use crate::{Database, Outcome, load};

/// Reads of one kind in a round.
const TIMES: usize = 300;

/// What is read, and the address of the n-th.
type Reading = (&'static str, fn(&Place, usize) -> String);

const READS: [Reading; 3] = [
    ("read one resident", |place, n| {
        let n = n * 104_729 % place.city.residents;
        format!("/v1/residents/{}", resident_id(n))
    }),
    ("list 50 cases by county and state", |place, n| {
        let counties = &place.city.counties;
        let county = counties.get(n % counties.len()).map_or("", String::as_str);
        format!("/v1/cases?state=in_review&division_code={county}")
    }),
    ("list 50 cases of all counties", |_, _| {
        "/v1/cases?state=in_review".to_owned()
    }),
];

impl Bench {
    /// The median latency of each read beside that of the same read in `small`.
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
        let latency =
            |server: &Server, place: &Place, address: fn(&Place, usize) -> String, round| {
                let client = Client::signed_in(&server.address, "supervisor.990100", PASSWORD)?;
                let asking = |_, time| Request::get(address(place, round * TIMES + time));
                let measured = load::run(vec![client], TIMES, 200, &asking, || (0.0, 0.0))?;
                Ok::<_, crate::Problem>(measured.median_ms)
            };
        READS
            .iter()
            .map(|(name, address)| {
                let pairs = (0..self.rounds)
                    .map(|round| {
                        Ok((
                            latency(ours, large, *address, round)?,
                            latency(theirs, small, *address, round)?,
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
                    &format!("growth: {name}"),
                    &format!("the same with {} residents", small.city.residents),
                    ratios,
                    Budget::AtMost(1.3),
                    figures,
                ))
            })
            .collect()
    }
}
