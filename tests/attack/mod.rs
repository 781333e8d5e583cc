//! Attacks: bounded here, ten times as long with `HUICAN_ATTACK=long`. Each of them has planted
//! defects that it must catch (`tests/attack/defects`, run by `tests/attack/defects.sh`).

mod canaries;
mod clock;
mod connections;
mod crashes;
mod disks;
#[cfg(target_os = "linux")]
mod floods;
mod runs;
mod tampering;
mod tokens;

/// How often an attack is tried.
fn rounds(bounded: usize) -> usize {
    match std::env::var("HUICAN_ATTACK").as_deref() {
        Ok("long") => bounded * 10,
        _ => bounded,
    }
}

/// Chance that can be repeated: a failure prints the seed, `HUICAN_ATTACK_SEED` takes it.
#[expect(clippy::print_stdout, reason = "shown when the test fails")]
fn chance() -> fastrand::Rng {
    let given = std::env::var("HUICAN_ATTACK_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |text| text.parse().unwrap());
    println!("HUICAN_ATTACK_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
