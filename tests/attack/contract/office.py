"""A demonstration that runs, and who works there."""

import base64
import hmac
import re
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

PASSWORD = "huican-demo-2022"
# One account a role.
PEOPLE = (
    "liaison.990121103201",
    "township.990121103",
    "township2.990121103",
    "county.990121",
    "approver.990121",
    "civil.990121",
    "finance.990121",
    "finance2.990121",
    "institution.990121",
    "supervisor.990100",
    "supervisor2.990100",
    "auditor.990121",
    "auditor.990100",
    "sysadmin",
    "secadmin",
    "auditadmin",
)
# Access tokens live ten minutes.
RENEWED_AFTER = 8 * 60
# Seconds that a one-time password is shown.
STEP = 30
# A connection that is kept may be closed by the server just when the next request is sent on it.
ANEW = {"Connection": "close"}


class Spoilt(RuntimeError):
    """What a call rests on cannot be had: somebody else has changed what there was."""


class Elsewhere(HTTPAdapter):
    """Comes from an address of its own: that of the attack has to wait after its wrong passwords."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=("127.0.0.2", 0), **kwargs)


@dataclass
class Person:
    username: str
    id: str = ""
    token: str = ""
    refresh_token: str = ""
    signed_in: float = 0.0
    permissions: frozenset[str] = field(default_factory=frozenset)
    # The second factor's, in base 32.
    secret: str = ""

    def is_tired(self) -> bool:
        return time.monotonic() - self.signed_in > RENEWED_AFTER

    def one_time_password(self, steps: int = 0) -> str:
        """RFC 6238, so many steps from now."""
        step = struct.pack(">Q", int(time.time()) // STEP + steps)
        digest = hmac.digest(base64.b32decode(self.secret), step, "sha1")
        (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


class Office:
    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.mount("http://", Elsewhere())
        self._http.headers.update(ANEW)
        self._people = {name: self.sign_in(Person(name)) for name in PEOPLE}
        self._guests = 0

    def sign_in(self, person: Person, **more: str) -> Person:
        body = {"username": person.username, "password": PASSWORD, **more}
        pair = self.ask(None, "POST", "/v1/sessions", body)
        person.token, person.refresh_token = pair["access_token"], pair["refresh_token"]
        person.signed_in = time.monotonic()
        me = self.ask(person, "GET", "/v1/me")
        person.id, person.permissions = me["id"], frozenset(me["permissions"])
        return person

    def person(self, username: str) -> Person:
        person = self._people[username]
        if person.is_tired():
            self.sign_in(person)
        return person

    def people(self) -> Iterator[Person]:
        return map(self.person, PEOPLE)

    def guest(self) -> Person:
        """Somebody new without any right, whose sessions, password and factors may go."""
        self._guests += 1
        person = Person(f"guest.{self._guests}.{time.time_ns()}")
        body = {"username": person.username, "display_name": "来访", "password": PASSWORD}
        person.id = self.ask(self.person("sysadmin"), "POST", "/v1/users", body)["id"]
        return self.sign_in(person)

    def ask(
        self,
        who: Person | None,
        method: str,
        path: str,
        body=None,
        seen: int | None = None,
        file: bytes | None = None,
    ):
        """What the office answers; it must do it."""
        headers = {"Authorization": f"Bearer {who.token}"} if who else {}
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        answer = self._http.request(
            method, self.url + path, json=body, data=file, headers=headers, timeout=30
        )
        if 400 <= answer.status_code < 500:
            raise Spoilt(f"{method} {path}: {answer.status_code} {answer.text}")
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def fetch(self, who: Person, path: str) -> str:
        """A file, as text."""
        headers = {"Authorization": f"Bearer {who.token}"}
        answer = self._http.get(self.url + path, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.content.decode("utf-8-sig")


@contextmanager
def demonstration(program: Path, **environment: str) -> Iterator[str]:
    """The address of a fresh `huican demo`."""
    with tempfile.TemporaryDirectory(prefix="huican-contract-") as folder:
        served = subprocess.Popen(
            [program, "demo", "--listen", "127.0.0.1:0", "--data", folder],
            env={"PATH": "/usr/bin:/bin", "TMPDIR": folder, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for line in served.stdout:
                if found := re.search(r"http://[\d.]+:\d+", line):
                    break
            else:
                raise RuntimeError("the demonstration did not begin")
            yield found[0]
            if served.poll() is not None:
                raise RuntimeError(f"the demonstration ended: {served.returncode}")
        finally:
            served.terminate()
            served.wait()
