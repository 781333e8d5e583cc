"""What Schemathesis makes of the document, sent by somebody, on what is there; and what must hold."""

from collections import Counter, defaultdict
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import FuzzingPhaseData

from known import MAKERS, Call, World
from office import ANEW, Person, Spoilt

READS = ("GET", "HEAD", "OPTIONS", "TRACE")
AUTHORIZATION = "Authorization"
PROBLEM = "application/problem+json"


def close(schemas: dict[str, Any]) -> None:
    """An answer holds no field that the document does not name."""
    parts = {part.get("$ref") for schema in schemas.values() for part in schema.get("allOf", [])}
    for name, schema in schemas.items():
        if f"#/components/schemas/{name}" in parts:
            continue
        if "allOf" in schema:
            schema["unevaluatedProperties"] = False
        elif "properties" in schema:
            schema.setdefault("additionalProperties", False)


class Attack:
    def __init__(self) -> None:
        # All there are, by method and address.
        self.operations: dict[str, str] = {}
        # Answers by operation and status, and the problems they told of.
        self.answers: dict[str, Counter[int]] = defaultdict(Counter)
        self.problems: dict[str, Counter[str]] = defaultdict(Counter)
        # Calls that were to be done, and what they rest on could not be had.
        self.spoilt: Counter[str] = Counter()
        # Those who sent a token, by that.
        self.callers: dict[str, Person] = {}

    def go_to(self, world: World) -> None:
        self.world, self.random = world, world.random

    def send(self, case) -> None:
        operation = case.operation.definition.raw["operationId"]
        call = Call()
        fitting = isinstance(case.meta.phase.data, FuzzingPhaseData)
        fitting &= not case.meta.generation.mode.is_negative
        # Of what takes nothing there are few examples.
        often = 0.5 if isinstance(case.body, dict) or case.path_parameters else 1.0
        if operation in MAKERS and fitting and self.random.random() < often:
            try:
                call = MAKERS[operation](self.world)
            except Spoilt:
                # It goes as it was made up. What nobody could ever prepare was never done.
                self.spoilt[case.operation.label] += 1
        self._say_what(case, call)
        self._say_who(case, call)

    def _say_what(self, case, call: Call) -> None:
        """Puts what is there in the place of what was made up, unless that was to be wrong."""
        wrong = case.meta.is_negative_at
        if case.path_parameters and not wrong(ParameterLocation.PATH):
            for name in case.path_parameters:
                there = call.path.get(name) or self.world.value(name, case.operation.path)
                # Schemathesis knows them from what was answered.
                rests_on = case.path_parameters[name] in self.world.people
                if there and (call.path or rests_on or self.random.random() < 0.8):
                    case.path_parameters[name] = there
        if case.query and not wrong(ParameterLocation.QUERY):
            # One that is made up is never ours.
            if self.random.random() < 0.9:
                case.query.pop("cursor", None)
            for name in case.query:
                there = self.world.value(name, case.operation.path)
                if there and self.random.random() < 0.5:
                    case.query[name] = there
        if "If-Match" in case.headers and not wrong(ParameterLocation.HEADER):
            case.headers["If-Match"] = f'"{call.seen or self.random.randint(1, 3)}"'
        if call.query is not None:
            case.query = call.query
        if call.body is not None:
            made_up = case.body
            case.body = call.body
            if isinstance(made_up, dict) and made_up and self.random.random() < 0.3:
                name = self.random.choice(sorted(made_up))
                case.body = {**call.body, name: made_up[name]}

    def _say_who(self, case, call: Call) -> None:
        """Mostly somebody who may, sometimes somebody who may not, or nobody."""
        case.headers.update(ANEW)
        case.headers.pop(AUTHORIZATION, None)
        definition = case.operation.definition.raw
        permit = definition["x-permit"]
        chance = self.random.random()
        if permit == "public" or (chance < 0.05 and not call.by):
            return
        if call.by:
            caller = call.by
        elif permit == "signed_in":
            caller = self.world.guest(definition["operationId"])
        else:
            people = list(self.world.office.people())
            may = [person for person in people if permit in person.permissions]
            others = [person for person in people if person not in may]
            caller = self.random.choice(others if others and chance < 0.2 else may)
        self.callers[caller.token] = caller
        case.headers[AUTHORIZATION] = f"Bearer {caller.token}"

    def hear(self, case, response) -> None:
        definition = case.operation.definition.raw
        if response.request.method != case.operation.method.upper():
            return
        self.answers[case.operation.label][response.status_code] += 1
        if response.headers.get("content-type") == [PROBLEM]:
            kind = response.json()["type"].removeprefix("urn:huican:problem:")
            self.problems[case.operation.label][kind] += 1
        changes = definition["x-permit"] == "signed_in" and case.operation.method.upper() not in READS
        if changes and response.status_code < 300:
            self.world.spent(definition["operationId"])

    def judge(self, case, response) -> None:
        permit = case.operation.definition.raw["x-permit"]
        own_method = response.request.method == case.operation.method.upper()
        if permit == "public" or not own_method or case.meta.is_negative_at(ParameterLocation.PATH):
            return
        token = response.request.headers.get(AUTHORIZATION, "").removeprefix("Bearer ")
        caller = self.callers.get(token)
        if not caller:
            expected = 401
        elif permit != "signed_in" and permit not in caller.permissions:
            expected = 403
        else:
            return
        # An address with U+0000 is refused before anybody asks whose it is.
        if response.status_code != expected and "%00" not in response.request.url:
            raise Failure(
                operation=case.operation.label,
                title="Somebody was let in who may not",
                message=f"{caller.username if caller else 'nobody'}: not {expected}",
            )


def begin(attack: Attack) -> None:
    """Schemathesis takes no methods."""

    @schemathesis.hook
    def before_load_schema(context, raw_schema) -> None:
        close(raw_schema["components"]["schemas"])
        attack.operations = {
            f"{method.upper()} {path}": operation["operationId"]
            for path, methods in raw_schema["paths"].items()
            for method, operation in methods.items()
        }

    @schemathesis.hook
    def before_call(context, case, kwargs) -> None:
        attack.send(case)

    @schemathesis.hook
    def after_call(context, case, response) -> None:
        attack.hear(case, response)

    @schemathesis.check
    def who_may_not_is_refused_first(ctx, response, case) -> None:
        attack.judge(case, response)
