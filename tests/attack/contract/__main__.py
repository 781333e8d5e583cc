"""Schemathesis against a running demonstration, on one database:
`python tests/attack/contract PROGRAM sqlite|postgres [OPTIONS]`.

No fault of ours, no answer that the document does not tell of, nobody let in who may not, and no
operation that was never done. OPTIONS go to `schemathesis run`, such as
`--include-operation-id create_case`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
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
from postgres import programs, server

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi.yaml"
SEED = 990121
# For the time it lasts, what a demonstration has to be told of it.
Database = AbstractContextManager[dict[str, str]]


class Contract:
    """The attack on one demonstration after another."""

    def __init__(self, program: Path, database: Callable[[], Database], examples: int) -> None:
        self.program, self.database = program, database
        self.options = ["--config-file", str(HERE / "schemathesis.toml"), "run", str(DOCUMENT)]
        self.options += [] if is_long() else ["--seed", str(SEED)]
        self.options += ["--max-examples", str(examples)]
        self.attack = Attack()
        begin(self.attack)

    def holds(self, *options: str) -> bool:
        """Whether a fresh demonstration answers as it should."""
        with ExitStack() as stack:
            environment = stack.enter_context(self.database())
            url = stack.enter_context(demonstration(self.program, **environment))
            self.attack.go_to(World(Office(url), SEED))
            try:
                schemathesis.main([*self.options, "--url", url, *options])
            except SystemExit as ended:
                return ended.code == 0
        return False

    def never(self) -> list[str]:
        """The operations that were asked, and never done."""
        answers = self.attack.answers
        return [asked for asked in answers if not any(status < 300 for status in answers[asked])]

    def run(self, options: list[str]) -> bool:
        """Whether everything holds."""
        held = self.holds(*options)
        # What nobody could do in company, as others had changed what it needs, is tried by itself.
        alone = self.never()
        if alone:
            chosen = [f"--include-operation-id={self.attack.operations[one]}" for one in alone]
            held &= self.holds(*chosen)
        self.tell()
        problems = self.attack.problems
        spoilt = self.attack.spoilt
        never = [f"never done: {one} {dict(problems[one])}, spoilt {spoilt[one]}" for one in self.never()]
        if not any("clude" in option for option in options):
            asked = self.attack.answers
            never += [f"never asked: {one}" for one in self.attack.operations if one not in asked]
        result = "ok" if held and not never else "FAILED"
        alone = [f"done by itself: {one}" for one in alone]
        print("\n".join([*alone, *never]))
        print(f"\ntest result: {result}. {len(self.attack.answers)} operations attacked")
        return held and not never

    def tell(self) -> None:
        """Says how every operation was answered."""
        classes = range(2, 6)
        print(f"\n{'answers':<50}" + "".join(f"{f'{digit}xx':>7}" for digit in classes) + " spoilt")
        for operation, statuses in sorted(self.attack.answers.items()):
            counts = {digit: 0 for digit in classes}
            for status, count in statuses.items():
                counts[status // 100] += count
            numbers = [*counts.values(), self.attack.spoilt[operation]]
            print(f"{operation:<50}" + "".join(f"{number:>7}" for number in numbers))


def is_long() -> bool:
    return os.environ.get("HUICAN_ATTACK") == "long"


@contextmanager
def a_file() -> Iterator[dict[str, str]]:
    """SQLite, in the demonstration's own folder."""
    yield {}


@contextmanager
def a_server() -> Iterator[dict[str, str]]:
    with server() as address:
        yield {"HUICAN_DATABASE_URL": address}


def main() -> int:
    program, database, *options = sys.argv[1:]
    examples = 1000 if is_long() else 100
    if database == "sqlite":
        return not Contract(Path(program), a_file, examples).run(options)
    if programs() is None:
        print("there is no PostgreSQL here")
        return "HUICAN_REQUIRE_POSTGRES" in os.environ
    # What it has in common with SQLite was attacked there.
    return not Contract(Path(program), a_server, examples // 4).run(options)


if __name__ == "__main__":
    sys.exit(main())
