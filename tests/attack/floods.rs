//! Requests that come a letter at a time or never end, and sign-ins by guessing, two hundred a
//! second: each gets its answer, memory stays bounded, and who works honestly is answered meanwhile.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::crashes::Attacked;
use super::disks::{self, register};
use super::rounds;
use crate::support::console::{PASSWORD, sign_in};
use crate::support::served::Served;

/// Honest requests that are measured at once, a hundred a second.
const HONEST: usize = 300;
const PAUSE: Duration = Duration::from_millis(10);
/// How often they are measured before they are said to suffer: other tests want the machine, too.
const TRIES: usize = 5;
/// Slow connections, half of them slow to send a head and half a body.
const SLOW: usize = 200;
/// Threads that send what is too large, and those that guess.
const SENDERS: usize = 8;
/// What a connection may cost at the most, in KiB, while it sends what is large and while it does
/// not: a body and a head, as large as is taken, and as much again while buffers grow.
const LARGE: u64 = 2 * (256 + 128 + 128);
const SMALL: u64 = 64;
/// How much slower honest requests may be.
const TWICE: f64 = 2.0;
/// What the threads that look at passwords work in, in KiB, as many as there are.
const HASHING: u64 = 2 * 20 * 1024;
/// What such a thread gives back at the least, in KiB, when it has nothing to do.
const GIVEN_BACK: u64 = 16 * 1024;
/// What each endless request sends unless it is stopped, in KiB.
const ENDLESS: usize = 64 * 1024;
/// Longer than a head and a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An office that is served, and somebody who works there.
struct AtWork {
    /// Its folder, until the end.
    _office: Attacked,
    served: Served,
    token: String,
    resident: String,
}

impl AtWork {
    fn begin() -> Self {
        let office = disks::office();
        let served = office.serve();
        let token = sign_in(&served);
        let resident = register(&served, &token);
        Self {
            _office: office,
            served,
            token,
            resident,
        }
    }

    /// How long all but the slowest of a hundred honest looks take; each is answered.
    fn honest(&self) -> Duration {
        let mut times: Vec<_> = (0..HONEST)
            .map(|_| {
                let began = Instant::now();
                let (status, seen) =
                    self.served
                        .call("GET", &self.resident, Some(&self.token), &Value::Null);
                assert_eq!(status, 200, "{seen}");
                let taken = began.elapsed();
                std::thread::park_timeout(PAUSE);
                taken
            })
            .collect();
        times.sort_unstable();
        times[HONEST * 99 / 100]
    }

    /// Honest requests are answered while the attackers are at it, within `times` the time that they
    /// take in peace, if not at the first try; memory does not grow beyond `bound`, in KiB.
    #[expect(clippy::print_stdout, reason = "the figures")]
    fn holds_out(&self, times: f64, bound: u64, attackers: usize, attack: &Attack<'_>) {
        let before = self.served.peak();
        for _ in 0..rounds(1) {
            let ratio = (0..TRIES).map(|_| {
                let quiet = self.honest();
                let attacked = under(attackers, attack, || self.honest());
                let ratio = attacked.as_secs_f64() / quiet.as_secs_f64();
                println!("p99 {quiet:?} in peace, {attacked:?} under attack: {ratio:.2}");
                ratio
            });
            assert!(ratio.into_iter().any(|ratio| ratio <= times));
        }
        let grown = self.served.peak() - before;
        println!("{before} KiB, and {grown} KiB more under attack; {bound} are allowed");
        assert!(grown <= bound, "{grown} KiB");
    }
}

/// What each attacker does until it is stopped, by its number.
type Attack<'a> = dyn Fn(&AtomicBool, usize) + Sync + 'a;

/// What happens under attack.
fn under<T>(attackers: usize, attack: &Attack<'_>, happens: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..attackers {
            let stop = &stop;
            scope.spawn(move || attack(stop, number));
        }
        // They stop also where this fails.
        let _stops = Stops(&stop);
        happens()
    })
}

struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The status of an answer that has come, 0 where the connection just ended.
fn answered(stream: &mut TcpStream) -> Option<u16> {
    let mut answer = [0; 12];
    stream.set_nonblocking(true).unwrap();
    let read = stream.peek(&mut answer);
    stream.set_nonblocking(false).unwrap();
    match read {
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Ok(12) => std::str::from_utf8(&answer[9..]).unwrap().parse().ok(),
        _ => Some(0),
    }
}

/// A connection that sends a letter at a time.
struct Slow {
    stream: TcpStream,
    left: std::vec::IntoIter<u8>,
}

impl Slow {
    fn new(served: &Served, number: usize) -> Self {
        let (head, rest) = if number.is_multiple_of(2) {
            (
                "GET /v1/me HTTP/1.1\r\nHost: x\r\n",
                "X-Slow: a\r\n".repeat(1_000),
            )
        } else {
            let head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                        Content-Length: 200000\r\n\r\n";
            (head, " ".repeat(200_000))
        };
        let mut stream = TcpStream::connect(&served.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let left = rest.into_bytes().into_iter();
        Self { stream, left }
    }

    /// Sends one more, for as long as the connection takes it.
    fn go_on(&mut self) {
        let letter = self.left.next().expect("it is stopped before the end");
        drop(self.stream.write_all(&[letter]));
    }
}

#[test]
fn requests_that_come_a_letter_at_a_time() {
    let at_work = AtWork::begin();
    let bound = u64::try_from(SLOW).unwrap() * SMALL;
    at_work.holds_out(TWICE, bound, 1, &|stop, _| {
        let mut all: Vec<_> = (0..SLOW)
            .map(|number| Slow::new(&at_work.served, number))
            .collect();
        while !stop.load(Ordering::Relaxed) {
            for slow in &mut all {
                slow.go_on();
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
    // None of them is waited for.
    let began = Instant::now();
    let mut waiting: Vec<_> = (0..SLOW)
        .map(|number| Slow::new(&at_work.served, number))
        .collect();
    let mut told = 0;
    while !waiting.is_empty() {
        assert!(
            began.elapsed() < PATIENCE,
            "{} are waited for",
            waiting.len()
        );
        waiting.retain_mut(|slow| {
            let answer = answered(&mut slow.stream);
            assert!([None, Some(408), Some(0)].contains(&answer), "{answer:?}");
            told += usize::from(answer == Some(408));
            slow.go_on();
            answer.is_none()
        });
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert!(told > SLOW / 2, "{told}");
}

const CHUNK: &str = "40\r\n                                                                \r\n";

/// What is too large, and what it is answered.
const TOO_LARGE: [(&str, &str, u16); 5] = [
    (
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n",
        " ",
        413,
    ),
    (
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        CHUNK,
        413,
    ),
    (
        "POST /v1/residents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        CHUNK,
        401,
    ),
    ("GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Large: ", "a", 431),
    ("GET /v1/residents?name=", "a", 431),
];

/// Sends until it is answered; the status, 0 where the connection just ended.
fn endless(served: &Served, head: &str, more: &str) -> u16 {
    let mut stream = TcpStream::connect(&served.address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let more = more.repeat(64 * 1024 / more.len());
    let mut sent = 0;
    let mut taken = stream.write_all(head.as_bytes());
    loop {
        if let Some(status) = answered(&mut stream) {
            return status;
        }
        if taken.is_err() {
            return 0;
        }
        sent += more.len() / 1024;
        assert!(sent < ENDLESS, "{head}: all of it is taken");
        taken = stream.write_all(more.as_bytes());
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

#[test]
fn requests_that_are_too_large() {
    let at_work = AtWork::begin();
    let told = TOO_LARGE.map(|_| AtomicUsize::new(0));
    let bound = u64::try_from(SENDERS).unwrap() * LARGE;
    at_work.holds_out(TWICE, bound, SENDERS, &|stop, number| {
        let mut kind = number;
        while !stop.load(Ordering::Relaxed) {
            kind = (kind + 1) % TOO_LARGE.len();
            let (head, more, status) = TOO_LARGE[kind];
            let heard = endless(&at_work.served, head, more);
            assert!([0, status].contains(&heard), "{heard}: {head}");
            told[kind].fetch_add(usize::from(heard == status), Ordering::Relaxed);
            std::thread::park_timeout(Duration::from_millis(100));
        }
    });
    for ((head, ..), told) in TOO_LARGE.iter().zip(told) {
        assert!(told.into_inner() > 0, "{head}");
    }
}

/// What guesses are answered.
#[derive(Default)]
struct Guesses {
    made: AtomicUsize,
    looked_at: AtomicUsize,
}

impl Guesses {
    /// One thread's part of two hundred a second, for another account each, from wherever `from` says.
    fn make(&self, served: &Served, stop: &AtomicBool, from: impl Fn(u32) -> Ipv4Addr) {
        let between = Duration::from_secs(1) * u32::try_from(SENDERS).unwrap() / 200;
        let mut next = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            next += between;
            let number = u32::try_from(self.made.fetch_add(1, Ordering::Relaxed)).unwrap();
            let guess = json!({"username": format!("somebody{number}"), "password": PASSWORD});
            let (status, said) = served.call_from(from(number), "POST", "/v1/sessions", &guess);
            assert!([401, 429, 503].contains(&status), "{status} {said}");
            self.looked_at
                .fetch_add(usize::from(status == 401), Ordering::Relaxed);
            std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
    }
}

/// Signs the honest caseworker in, from there; not busy, if not at the first try.
fn sign_in_from(served: &Served, address: Ipv4Addr) -> u16 {
    let lina = json!({"username": "lina", "password": PASSWORD});
    let tries = (0..10).map(|_| served.call_from(address, "POST", "/v1/sessions", &lina).0);
    let mut tries = tries.skip_while(|status| *status == 503);
    tries.next().unwrap_or(503)
}

const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 255, 0, 1);

/// Failures of one address that are looked at, and those after its first delays.
const LOOKED_AT: usize = 50 + 10;

#[test]
fn two_hundred_guesses_a_second_from_one_address() {
    let at_work = AtWork::begin();
    let (served, guesses) = (&at_work.served, Guesses::default());
    let attack = |stop: &AtomicBool, _| guesses.make(served, stop, |_| Ipv4Addr::LOCALHOST);
    at_work.holds_out(TWICE, HASHING, SENDERS, &attack);
    // That address is told to wait, whoever asks there; others are let in meanwhile.
    let let_in = under(SENDERS, &attack, || sign_in_from(served, ELSEWHERE));
    assert_eq!(
        (let_in, sign_in_from(served, Ipv4Addr::LOCALHOST)),
        (201, 429)
    );
    let (made, looked_at) = (guesses.made.into_inner(), guesses.looked_at.into_inner());
    assert!(
        made > 2 * LOOKED_AT && looked_at <= LOOKED_AT,
        "{looked_at} of {made}"
    );
}

#[test]
fn two_hundred_guesses_a_second_from_everywhere() {
    let at_work = AtWork::begin();
    let (served, guesses) = (&at_work.served, Guesses::default());
    let from = |number| Ipv4Addr::from(0x7f01_0000 + number);
    let attack = |stop: &AtomicBool, _| guesses.make(served, stop, from);
    at_work.holds_out(TWICE, HASHING, SENDERS, &attack);
    let let_in = under(SENDERS, &attack, || sign_in_from(served, ELSEWHERE));
    assert_eq!(let_in, 201);
    // What the threads worked in is given back when nobody signs in any more.
    let (busy, ended) = (served.memory(), Instant::now());
    while served.memory() + GIVEN_BACK > busy {
        assert!(
            ended.elapsed() < PATIENCE,
            "{busy} KiB, and {} KiB",
            served.memory()
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let (made, looked_at) = (guesses.made.into_inner(), guesses.looked_at.into_inner());
    assert!(looked_at > made / 10, "{looked_at} of {made}");
}
