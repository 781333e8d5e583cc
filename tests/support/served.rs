//! The program itself, serving on a free port until it is dropped or killed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

pub struct Served {
    child: Mutex<Child>,
    /// The log after the start.
    pub log: Arc<Mutex<String>>,
    pub address: String,
}

impl Served {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .env("HUICAN_LISTEN", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        while !log.contains("listening") {
            assert!(lines.read_line(&mut log).unwrap() > 0, "{log}");
        }
        // A full pipe would stop it.
        let told = Arc::new(Mutex::new(String::new()));
        let logged = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                logged.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let address = log.split("address=").nth(1).unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        Self {
            child: Mutex::new(child),
            log: told,
            address,
        }
    }

    pub fn process(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// What the process has needed of memory at the most, in KiB.
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// What it has now, in KiB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = format!("/proc/{}/status", self.process());
        let status = std::fs::read_to_string(status).unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix(name));
        let size = size.unwrap().trim_end_matches("kB").trim();
        size.parse().unwrap()
    }

    /// `kill -9`.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        drop(child.kill());
        drop(child.wait());
    }

    /// One request on a connection of its own; 0 where no whole answer came.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        self.try_call(method, path, token, body)
            .unwrap_or((0, Value::Null))
    }

    /// As `call`, from another of this machine's addresses (on Linux all of 127.0.0.0/8 are).
    pub fn call_from(
        &self,
        address: Ipv4Addr,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let connect = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.bind(&SocketAddrV4::new(address, 0).into())?;
            socket.connect(&self.address.parse::<SocketAddr>().unwrap().into())?;
            io::Result::Ok(socket.into())
        };
        exchange(connect().unwrap(), method, path, None, body).unwrap_or((0, Value::Null))
    }

    /// A request whose body is a file, said to have so many bytes: where fewer come, the connection ends.
    /// Status 0 where no whole answer came.
    pub fn transfer(
        &self,
        method: &str,
        path: &str,
        token: &str,
        file: &[u8],
        length: usize,
    ) -> (u16, Vec<u8>) {
        self.try_transfer(method, path, token, file, length)
            .unwrap_or((0, Vec::new()))
    }

    fn try_transfer(
        &self,
        method: &str,
        path: &str,
        token: &str,
        file: &[u8],
        length: usize,
    ) -> Option<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n"
        )
        .ok()?;
        stream.write_all(file).ok()?;
        if file.len() < length {
            stream.shutdown(Shutdown::Write).ok()?;
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n")?;
        let body = answer.split_off(end + 4);
        let status = String::from_utf8(answer).ok()?.split(' ').nth(1)?.parse();
        Some((status.ok()?, body))
    }

    fn try_call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let stream = TcpStream::connect(&self.address).ok()?;
        exchange(stream, method, path, token, body)
    }
}

fn exchange(
    mut stream: TcpStream,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Option<(u16, Value)> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    let token = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}If-Match: \"1\"\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_head, body) = answer.split_once("\r\n\r\n")?;
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).ok()?
    };
    Some((status, body))
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}
