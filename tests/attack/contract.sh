#!/usr/bin/env bash
# Schemathesis against a running demonstration, by people of every role: no fault of ours, no answer
# that openapi.yaml does not tell of, nobody let in who may not, no operation that was never done.
# 100 examples an operation on SQLite and 25 on PostgreSQL, ten times as many with
# HUICAN_ATTACK=long.
#
#   tests/attack/contract.sh [OPTION OF schemathesis run…]
#   tests/attack/contract.sh --include-operation-id create_case
set -euo pipefail
cd "$(dirname "$0")/../.."
attack=tests/attack/contract
python=target/contract/bin/python

if ! cmp -s "$attack/requirements.txt" target/contract/requirements.txt; then
    rm -rf target/contract
    python3 -m venv target/contract
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --requirement "$attack/requirements.txt"
    cp "$attack/requirements.txt" target/contract/
fi
cargo build --quiet --locked --bin huican
export PYTHONDONTWRITEBYTECODE=1
# Side by side: each is busy on one core.
told=$(mktemp -d)
trap 'rm -rf "$told"' EXIT
declare -A running
for database in sqlite postgres; do
    "$python" "$attack" "${CARGO_TARGET_DIR:-target}/debug/huican" "$database" "$@" \
        >"$told/$database" 2>&1 &
    running[$database]=$!
done
failed=()
for database in sqlite postgres; do
    wait "${running[$database]}" || failed+=("$database")
    printf '\n--- %s\n' "$database"
    cat "$told/$database"
done
# Again and last, without the table of answers: where only the end is kept, this is what is needed.
for run in "${failed[@]}"; do
    printf '\n--- %s failed\n' "$run"
    grep -Ev '^(GET|POST|PUT|PATCH|DELETE) /v1/.*[0-9]$' "$told/$run" | tail -n 120
done
[ ${#failed[@]} = 0 ]
