#!/usr/bin/env bash
# Plants each defect in a copy of the committed tree, and runs the attacks that must catch it:
# `Red:` names tests that must fail, `Green:` such as must hold all the same: tests of the binary,
# `contract` (tests/attack/contract.sh) or `fuzz/TARGET` (fuzz/run).
#
#   tests/attack/defects.sh [NAME…]
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
copy=$root/target/defects
export CARGO_TARGET_DIR=$root/target/defects-build

attack() {
    case $1 in
        contract) tests/attack/contract.sh ;;
        fuzz/*) fuzz/run "${1#fuzz/}" ;;
        *) cargo test -q --test huican -- "$1" ;;
    esac
}

missed=0
for patch in "$root"/tests/attack/defects/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    rm -rf "$copy"
    mkdir -p "$copy"
    git archive HEAD | tar -x -C "$copy"
    patch -s -d "$copy" -p1 <"$patch"
    (cd "$copy" && cargo test -q --no-run --test huican)
    while read -r colour test; do
        case $colour in Red: | Green:) ;; *) continue ;; esac
        if (cd "$copy" && attack "$test" >"$copy/log" 2>&1) &&
            grep -q "^test result: ok. [1-9]" "$copy/log"; then
            found=Green:
        elif grep -q "^test result: FAILED" "$copy/log"; then
            found=Red:
        else
            found="not run"
        fi
        printf '%-45s %s %s\n' "$name" "$found" "$test"
        if [ "$found" != "$colour" ]; then
            missed=1
        fi
    done <"$patch"
done
exit "$missed"
