"""Schemathesis against a running demonstration, on one database:
`python tests/attack/contract PROGRAM sqlite|postgres [OPTIONS]`.

No fault of ours, no answer that the document does not tell of, nobody let in who may not, and no
operation that was never done. OPTIONS go to `schemathesis run`, such as
`--include-operation-id create_case`.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from schemathesis.cli import schemathesis

import care  # noqa: F401 - their calls join those that are known
import money  # noqa: F401
import outreach  # noqa: F401
import work  # noqa: F401
import rescue  # noqa: F401
import petitions  # noqa: F401
import stock  # noqa: F401
import allocations  # noqa: F401
import homes  # noqa: F401
from attack import Attack, begin
from known import World
from office import Office, demonstration
from postgres import server

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi.yaml"
SEED = 990121


def run(url: str, options: list[str]) -> bool:
    """Whether everything holds."""
    attack = Attack(World(Office(url), SEED))
    begin(attack)
    settings = ["--config-file", str(HERE / "schemathesis.toml")]
    length = [] if is_long() else ["--seed", str(SEED)]
    arguments = [*settings, "run", str(DOCUMENT), "--url", url, *length, *options]
    try:
        schemathesis.main(arguments)
    except SystemExit as ended:
        held = ended.code == 0
    never = tell(attack)
    if not any("clude" in option for option in options):
        never += [f"never asked: {one}" for one in attack.operations if one not in attack.answers]
    result = "ok" if held and not never else "FAILED"
    print("\n".join([*never, f"\ntest result: {result}. {len(attack.answers)} operations attacked"]))
    return held and not never


# Done in a run of its own: in company the attack gives others the role, and they are asked first.
ALONE = {"POST /v1/tasks/{id}/claim"}


def tell(attack: Attack) -> list[str]:
    """Says how every operation was answered; what was never done."""
    classes = range(2, 6)
    print(f"\n{'answers':<50}" + "".join(f"{f'{digit}xx':>7}" for digit in classes))
    never = []
    for operation, statuses in sorted(attack.answers.items()):
        counts = {digit: 0 for digit in classes}
        for status, count in statuses.items():
            counts[status // 100] += count
        in_company = operation in ALONE and len(attack.answers) > 1
        if not counts[2] and not in_company:
            never.append(f"never done: {operation} {dict(statuses)}")
        print(f"{operation:<50}" + "".join(f"{count:>7}" for count in counts.values()))
    return never


def is_long() -> bool:
    return os.environ.get("HUICAN_ATTACK") == "long"


def main() -> int:
    program, database, *options = sys.argv[1:]
    with ExitStack() as stack:
        environment = {}
        examples = 1000 if is_long() else 100
        if database == "postgres":
            address = stack.enter_context(server())
            if address is None:
                print("there is no PostgreSQL here")
                return "HUICAN_REQUIRE_POSTGRES" in os.environ
            environment["HUICAN_DATABASE_URL"] = address
            # What it has in common with SQLite was attacked there.
            examples //= 4
        url = stack.enter_context(demonstration(Path(program), **environment))
        return not run(url, ["--max-examples", str(examples), *options])


if __name__ == "__main__":
    sys.exit(main())
