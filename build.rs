//! A migration that is added makes the program anew: the macro that takes them in notices only those it knows.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
