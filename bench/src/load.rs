//! Clients of the API: connections that are kept, each with a thread that asks and waits.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;

/// What a run showed.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Measured {
    /// Requests or transactions a second.
    pub rate: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
    /// CPU of one request: of huican, or of pgbench.
    pub server_cpu_ms: f64,
    pub database_cpu_ms: f64,
}

pub struct Client {
    stream: BufReader<TcpStream>,
    token: Option<String>,
}

pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub version: Option<i64>,
    pub body: Value,
}

impl Request {
    pub fn get(path: String) -> Self {
        Self {
            method: "GET",
            path,
            version: None,
            body: Value::Null,
        }
    }
}

impl Client {
    pub fn connect(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            token: None,
        })
    }

    pub fn signed_in(address: &str, username: &str, password: &str) -> Outcome<Self> {
        let mut client = Self::connect(address)?;
        let body = json!({"username": username, "password": password});
        let (status, answer) = client.send(&Request {
            method: "POST",
            path: "/v1/sessions".to_owned(),
            version: None,
            body,
        })?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let token = answer.get("access_token").and_then(Value::as_str);
        client.token = Some(
            token
                .ok_or(format!("{username} cannot sign in: {status}"))?
                .to_owned(),
        );
        Ok(client)
    }

    pub fn send(&mut self, request: &Request) -> Outcome<(u16, Vec<u8>)> {
        let body = if request.body.is_null() {
            String::new()
        } else {
            request.body.to_string()
        };
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: bench\r\n",
            request.method, request.path
        );
        if let Some(token) = &self.token {
            head += &["Authorization: Bearer ", token, "\r\n"].concat();
        }
        if let Some(version) = request.version {
            head += &format!("If-Match: \"{version}\"\r\n");
        }
        head += &format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no answer")?.parse()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok((status, answer))
    }

    /// The JSON of an answer with this status.
    pub fn expect(&mut self, status: u16, request: &Request) -> Outcome<Value> {
        let (got, answer) = self.send(request)?;
        if got != status {
            let said = String::from_utf8_lossy(&answer).into_owned();
            return Err(format!("{} {}: {got} {said}", request.method, request.path).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// What each of some clients asks, the first, the second, the third time …
pub type Asking<'a> = dyn Fn(usize, usize) -> Request + Sync + 'a;

/// Each client asks `times` times; all begin together. `cpu` is asked before and after.
pub fn run(
    clients: Vec<Client>,
    times: usize,
    expected: u16,
    asking: &Asking<'_>,
    cpu: impl Fn() -> (f64, f64),
) -> Outcome<Measured> {
    let barrier = Barrier::new(clients.len() + 1);
    let count = clients.len() * times;
    let (elapsed, before, latencies) = std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .enumerate()
            .map(|(number, mut client)| {
                let barrier = &barrier;
                scope.spawn(move || -> Result<Vec<Duration>, String> {
                    barrier.wait();
                    let mut latencies = Vec::with_capacity(times);
                    for time in 0..times {
                        let request = asking(number, time);
                        let start = Instant::now();
                        let (status, answer) =
                            client.send(&request).map_err(|error| error.to_string())?;
                        latencies.push(start.elapsed());
                        if status != expected {
                            let said = String::from_utf8_lossy(&answer).into_owned();
                            return Err(format!(
                                "{} {}: {status} {said}",
                                request.method, request.path
                            ));
                        }
                    }
                    Ok(latencies)
                })
            })
            .collect();
        let before = cpu();
        barrier.wait();
        let start = Instant::now();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(
                thread
                    .join()
                    .map_err(|_panic| "a client panicked".to_owned())??,
            );
        }
        Ok::<_, String>((start.elapsed(), before, all))
    })?;
    let after = cpu();
    let each = 1000.0 / f64::from(u32::try_from(count)?);
    let mut latencies = latencies;
    latencies.sort_unstable();
    let at = |share: usize| {
        let place = (latencies.len() * share / 100).min(latencies.len().saturating_sub(1));
        latencies
            .get(place)
            .map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    };
    Ok(Measured {
        rate: f64::from(u32::try_from(count)?) / elapsed.as_secs_f64(),
        median_ms: at(50),
        p99_ms: at(99),
        server_cpu_ms: (after.0 - before.0) * each,
        database_cpu_ms: (after.1 - before.1) * each,
    })
}
