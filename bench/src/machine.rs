//! What the machine says of a process: its CPU time and memory, from /proc.

use std::fs;

/// Clock ticks a second, which Linux fixes for /proc.
const TICKS: f64 = 100.0;

fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_name, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn ticks(fields: &[String], places: [usize; 2]) -> f64 {
    let one = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
    places.into_iter().filter_map(one).sum::<f64>() / TICKS
}

/// Seconds of CPU, user and system.
pub fn cpu_of(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |fields| ticks(&fields, [11, 12]))
}

/// Of children that have ended and were waited for.
pub fn cpu_of_children() -> f64 {
    stat(std::process::id()).map_or(0.0, |fields| ticks(&fields, [13, 14]))
}

/// Of a PostgreSQL server: the postmaster, its ended children, and those that run.
pub fn cpu_of_family(postmaster: u32) -> f64 {
    let own = stat(postmaster).map_or(0.0, |fields| {
        ticks(&fields, [11, 12]) + ticks(&fields, [13, 14])
    });
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = pids.filter(|pid| {
        stat(*pid).is_some_and(|fields| fields.get(1) == Some(&postmaster.to_string()))
    });
    own + children.map(cpu_of).sum::<f64>()
}

/// Resident memory, in MiB: now and at its highest.
pub fn memory_of(pid: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (kib("VmRSS:") / 1024.0, kib("VmHWM:") / 1024.0)
}
