# One verb each. Nothing here is needed: every recipe is one command.

# List the verbs
default:
    @just --list

# Format the code
fmt:
    cargo fmt

# Clippy and the documentation, without warnings
lint:
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Run the tests, on PostgreSQL too where it is installed
test *arguments:
    cargo test {{ arguments }}

# Write openapi.yaml anew
openapi:
    cargo run -q -- openapi > openapi.yaml.new
    mv openapi.yaml.new openapi.yaml

# Everything that must hold before a change is merged
ci:
    .ci/run
