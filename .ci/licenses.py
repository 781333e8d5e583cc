"""Checks every dependency's licence against the allow list of deny.toml, without cargo-deny."""

import json
import re
import subprocess
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent


def allowed(expression: str, allow: set[str]) -> bool:
    """Whether an SPDX expression can be satisfied. The older `A/B` means `A OR B`."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek() -> str | None:
        return tokens[position] if position < len(tokens) else None

    def take() -> str:
        nonlocal position
        token = peek()
        if token is None:
            raise ValueError("ends too early")
        position += 1
        return token

    def either() -> bool:
        result = both()
        while (peek() or "").upper() == "OR":
            take()
            result = both() or result
        return result

    def both() -> bool:
        result = one()
        while (peek() or "").upper() == "AND":
            take()
            result = one() and result
        return result

    def one() -> bool:
        name = take()
        if name == "(":
            result = either()
            if take() != ")":
                raise ValueError("a parenthesis is not closed")
            return result
        if name == ")" or name.upper() in ("OR", "AND", "WITH"):
            raise ValueError(f"`{name}` stands where a licence should")
        if (peek() or "").upper() == "WITH":
            take()
            return f"{name} WITH {take()}" in allow
        return name in allow

    result = either()
    if peek() is not None:
        raise ValueError(f"`{peek()}` is one too many")
    return result


def main() -> int:
    with open(ROOT / "deny.toml", "rb") as file:
        rules = tomllib.load(file)["licenses"]
    allow = set(rules["allow"])
    exceptions = {
        entry.get("crate") or entry["name"]: set(entry["allow"])
        for entry in rules.get("exceptions", [])
    }
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--locked"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )
    offenders = []
    for package in metadata["packages"]:
        name, licence = package["name"], package["license"]
        try:
            fine = licence is not None and allowed(licence, allow | exceptions.get(name, set()))
            reason = "" if fine else licence or "no licence is declared"
        except ValueError as error:
            fine, reason = False, f"{licence}: {error}"
        if not fine:
            offenders.append(f"{name} {package['version']}: {reason}")
    for offender in sorted(offenders):
        print(offender)
    if offenders:
        print(f"{len(offenders)} of {len(metadata['packages'])} packages are not allowed by deny.toml")
        return 1
    print(f"{len(metadata['packages'])} packages, all under allowed licences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
