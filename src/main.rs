//! The `huican` program: everything is in the library.

fn main() -> std::process::ExitCode {
    huican::cli::main()
}
