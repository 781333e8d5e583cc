"""Calls that ought to be done: what no schema tells, such as whose resident a certificate is."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from office import PASSWORD, PEOPLE, STEP, Office, Person, Spoilt

VILLAGE = "990121103201"
PROGRAMS = ("nursing_subsidy", "living_subsidy")


@dataclass
class Call:
    """By whom, unless anybody with the permit will do; on what; and what is sent."""

    path: dict[str, str] = field(default_factory=dict)
    body: Any = None
    by: Person | None = None
    # The version of what is changed.
    seen: int | None = None
    query: dict[str, str] | None = None


Maker = Callable[["World"], Call]
MAKERS: dict[str, Maker] = {}


def makes(*operations: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(operations, maker))
        return maker

    return register


class World:
    """What there is in the demonstration's township 990121103, and what is added to it."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = random.Random(seed)
        self.clerk = "township.990121103"
        self.number = 0
        listed = {
            name: self._items(f"/v1/{name}?limit=200")
            for name in ("residents", "cases", "enrollments", "organizations")
        }
        users = office.ask(office.person("sysadmin"), "GET", "/v1/users?limit=200")["items"]
        # Those whose rights the attack depends on are not changed.
        self.people = {person.id for person in office.people()}
        users = [user for user in users if user["username"] not in PEOPLE]
        self.ids = {name: [item["id"] for item in items] for name, items in listed.items()}
        self.ids["users"] = [user["id"] for user in users]
        self.numbers = [item["case_number"] for item in listed["cases"]]
        self._guests: dict[str, Person] = {}

    def _items(self, path: str) -> list[dict]:
        return self.office.ask(self.office.person(self.clerk), "GET", path)["items"]

    def ask(self, username: str, *arguments, **more):
        return self.office.ask(self.office.person(username), *arguments, **more)

    def one_of(self, those: list[Any]) -> Any:
        if not those:
            raise Spoilt("nothing of that kind is left")
        return self.random.choice(those)

    def value(self, name: str, path: str) -> str | None:
        """Something that a parameter of this name may hold on this path, and that is there."""
        match name:
            case "id":
                kind = path.split("/")[2]
                return self.random.choice(self.ids[kind]) if kind in self.ids else None
            case "code" if "programs" in path:
                return self.random.choice(PROGRAMS)
            case "code" | "division_code" | "parent_code":
                return self.random.choice(["990121000000", "990121103000", VILLAGE])
            case "program_code":
                return self.random.choice(PROGRAMS)
            case "resident_id":
                return self.random.choice(self.ids["residents"])
            case "case_id" | "entity_id":
                return self.random.choice(self.ids["cases"])
            case "actor_id":
                return self.random.choice(self.ids["users"])
            case "q" if path == "/v1/cases":
                return self.random.choice(self.numbers)[:11]
            case "action":
                return "case.approved"
            case "month":
                return f"{date.today():%Y-%m}"
            case _:
                return None

    def guest(self, operation: str) -> Person:
        """Who calls an operation that concerns the caller alone."""
        known = self._guests.get(operation)
        if not known or known.is_tired():
            self._guests[operation] = self.office.guest()
        return self._guests[operation]

    def spent(self, operation: str) -> None:
        """That guest is not what they were."""
        self._guests.pop(operation, None)

    def citizen_id(self) -> str:
        self.number += 1
        born = date(1940, 1, 1) + timedelta(days=self.number // 900)
        body = f"990121{born:%Y%m%d}{100 + self.number % 900:03}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
        return body + "10X98765432"[total % 11]

    def person(self, **more) -> dict:
        circumstances = {"income_status": "minimum_living", "care_need": "full"}
        return {
            "name": "张晓宝",
            "id_number": self.citizen_id(),
            # Nobody else's: whoever of the staff has the same is related.
            "phone": f"120{50_000_000 + self.number}",
            "division_code": VILLAGE,
            "circumstances": circumstances,
            **more,
        }

    def resident(self, certified: bool = True) -> tuple[str, str]:
        """Id and citizen ID of somebody new."""
        person = self.person()
        if certified:
            number = f"{person['id_number']}41"
            person["certificate"] = {"number": number, "issued_date": "2019-05-06"}
        made = self.ask(self.clerk, "POST", "/v1/residents", person)
        return made["id"], person["id_number"]


@makes("create_resident")
def register(world: World) -> Call:
    return Call(body=world.person(), by=world.office.person(world.clerk))


@makes("search_residents")
def search(world: World) -> Call:
    _, number = world.resident()
    chosen = world.random.choice([{"id_number": number}, {"certificate_number": f"{number}41"}])
    return Call(body=chosen)


@makes("update_resident")
def correct(world: World) -> Call:
    resident, _ = world.resident()
    patch = {"name": "张小宝", "phone": None}
    return Call({"id": resident}, patch, world.office.person(world.clerk), seen=1)


@makes("record_certificate")
def certify(world: World) -> Call:
    resident, number = world.resident(certified=False)
    body = {"number": f"{number}41", "issued_date": "2019-05-06"}
    return Call({"id": resident}, body, world.office.person(world.clerk), seen=1)


@makes("record_circumstance")
def write_down(world: World) -> Call:
    resident, _ = world.resident()
    kind, value = world.random.choice(
        [
            ("income_status", "none"),
            ("care_need", "partial"),
            ("imprisonment", False),
            ("guardian_name", "李四"),
        ]
    )
    body = {"kind": kind, "value": value}
    return Call({"id": resident}, body, world.office.person(world.clerk), seen=1)


@makes("record_address")
def address(world: World) -> Call:
    body = {"kind": "residence", "text": f"丙岭三号镇{world.number}号"}
    return Call({"id": world.resident()[0]}, body, world.office.person(world.clerk), seen=1)


@makes("record_bank_account")
def bank_account(world: World) -> Call:
    body = {"bank_account": f"{world.number:016}", "bank_name": "虚川农村商业银行"}
    return Call({"id": world.resident()[0]}, body, world.office.person(world.clerk), seen=1)


def household(world: World) -> tuple[str, str]:
    """Of somebody new, and of whom they live with."""
    resident, _ = world.resident()
    members = [{"name": "王五", "relation": "spouse"}]
    path = f"/v1/residents/{resident}/household"
    home = world.ask(world.clerk, "POST", path, {"relation": "head", "members": members})
    spouse = next(one for one in home["members"] if one["relation"] == "spouse")
    return resident, spouse["person_id"]


@makes("open_household")
def move_in(world: World) -> Call:
    return Call({"id": world.resident()[0]}, {"relation": "head"}, world.office.person(world.clerk))


@makes("get_household")
def home(world: World) -> Call:
    return Call({"id": household(world)[0]})


@makes("add_household_member")
def name_member(world: World) -> Call:
    body = {"name": "李四", "phone": "12000005678", "relation": "other"}
    by = world.office.person(world.clerk)
    return Call({"id": household(world)[0]}, body, by, seen=1)


@makes("change_household_member")
def change_member(world: World) -> Call:
    resident, person = household(world)
    body = {"cares_for": [resident]}
    by = world.office.person(world.clerk)
    return Call({"id": resident, "person_id": person}, body, by, seen=1)


@makes("end_household_membership")
def end_membership(world: World) -> Call:
    resident, person = household(world)
    by = world.office.person(world.clerk)
    return Call({"id": resident, "person_id": person}, {"reason": "已分户"}, by, seen=1)


@makes("propose_merge")
def propose_merge(world: World) -> Call:
    body = {"duplicate_id": world.resident()[0], "reason": "身份证号登记有误"}
    return Call({"id": world.resident()[0]}, body, world.office.person("county.990121"))


def merge(world: World) -> str:
    call = propose_merge(world)
    path = f"/v1/residents/{call.path['id']}/merges"
    return world.office.ask(call.by, "POST", path, call.body)["id"]


@makes("get_resident_merge")
def look_at_merge(world: World) -> Call:
    return Call({"id": merge(world)})


@makes("create_merge_transition")
def decide_merge(world: World) -> Call:
    body = {"action": "approve", "comment": "确为同一人"}
    return Call({"id": merge(world)}, body, world.office.person("approver.990121"))


@makes("disclose_resident")
def disclose(world: World) -> Call:
    resident, _ = world.resident()
    fields = world.random.sample(["id_number", "certificate_number", "phone"], 2)
    return Call({"id": resident}, {"fields": fields, "reason": "核对联系方式"})


@makes("create_case")
def file_case(world: World) -> Call:
    resident, _ = world.resident()
    body = {
        "resident_id": resident,
        "program_code": world.random.choice(PROGRAMS),
        "details": {"note": "家访"},
    }
    return Call(body=body, by=world.office.person(world.clerk))


# A file, as far as its beginning tells.
PDF = b"%PDF-1.7\n"


def application(world: World) -> dict:
    """One with a draft for somebody new."""
    resident, _ = world.resident()
    body = {"resident_id": resident, "programs": [{"program_code": "nursing_subsidy"}]}
    return world.ask(world.clerk, "POST", "/v1/applications", body)


def document(world: World) -> str:
    case = application(world)["cases"][0]["id"]
    path = f"/v1/cases/{case}/documents?kind=other&name=file.pdf"
    return world.ask(world.clerk, "POST", path, file=PDF)["id"]


@makes("create_application")
def file_form(world: World) -> Call:
    resident, _ = world.resident()
    body = {"resident_id": resident, "programs": [{"program_code": "nursing_subsidy"}]}
    return Call(body=body, by=world.office.person(world.clerk))


@makes("get_application")
def look_at_form(world: World) -> Call:
    return Call({"id": application(world)["id"]})


@makes("submit_application")
def submit_form(world: World) -> Call:
    return Call({"id": application(world)["id"]}, {"comment": "材料齐全"}, world.office.person(world.clerk))


@makes("add_document")
def bring(world: World) -> Call:
    case = application(world)["cases"][0]["id"]
    query = {"kind": "other", "name": "file.pdf"}
    return Call({"id": case}, PDF, world.office.person(world.clerk), query=query)


@makes("get_document", "get_document_content")
def look_at_document(world: World) -> Call:
    return Call({"id": document(world)}, by=world.office.person(world.clerk))


@makes("withdraw_document")
def take_back(world: World) -> Call:
    return Call({"id": document(world)}, {"reason": "误传材料"}, world.office.person(world.clerk))


@makes("create_case_transition")
def move(world: World) -> Call:
    """Whatever somebody may do to a case that waits for them; to a new draft, where none does."""
    reviewers = ("township2.990121103", "county.990121", "civil.990121", "approver.990121")
    name = world.random.choice((world.clerk, *reviewers))
    cases = world.ask(name, "GET", "/v1/cases?state=in_review&sort=-created_at")["items"]
    waiting = [case for case in cases if case["allowed_actions"]]
    if not waiting:
        name = world.clerk
        waiting = [world.ask(name, "POST", "/v1/cases", file_case(world).body)]
    case = world.random.choice(waiting)
    action = world.random.choice(case["allowed_actions"])
    body = {"action": action, "comment": "材料齐全"}
    return Call({"id": case["id"]}, body, world.office.person(name), case["version"])


def submitted(world: World) -> str:
    """A case of the liaison's that waits for its initial review."""
    liaison = f"liaison.{VILLAGE}"
    resident, _ = world.resident()
    body = {"resident_id": resident, "program_code": PROGRAMS[0]}
    case = world.ask(liaison, "POST", "/v1/cases", body)
    moves = f"/v1/cases/{case['id']}/transitions"
    world.ask(liaison, "POST", moves, {"action": "submit"}, seen=case["version"])
    return case["id"]


def rejected(world: World) -> str:
    """A case that was not approved, by a decision that is in writing."""
    case = submitted(world)
    moves = f"/v1/cases/{case}/transitions"
    body = {"action": "reject", "comment": "经核查不符合条件"}
    world.ask("township2.990121103", "POST", moves, body, seen=2)
    return case


@makes("get_decision_notice")
def read_letter(world: World) -> Call:
    case = rejected(world)
    notices = world.ask("county.990121", "GET", f"/v1/cases/{case}/notices")["items"]
    return Call({"id": case, "notice_id": notices[0]["id"]})


@makes("serve_decision_notice")
def serve_letter(world: World) -> Call:
    today = datetime.now(timezone(timedelta(hours=8))).date()
    body = {"method": "in_person", "recipient": "self", "served_date": f"{today}"}
    return Call(read_letter(world).path, body, world.office.person(world.clerk))


@makes("create_transition_batch")
def move_many(world: World) -> Call:
    items = [
        {"case_id": submitted(world), "version": world.random.choice([1, 2]), "action": "endorse"}
        for _ in range(2)
    ]
    return Call(body={"items": items}, by=world.office.person("township2.990121103"))


RELATIONS = ("spouse", "parent", "child", "sibling", "other_relative", "friend_or_interest")


@makes("declare_recusal")
def declare(world: World) -> Call:
    body = {"relation": world.random.choice(RELATIONS), "reason": "本人申报"}
    by = world.office.person("township2.990121103")
    return Call({"id": submitted(world)}, body, by)


@makes("end_recusal")
def end_relation(world: World) -> Call:
    call = declare(world)
    path = f"/v1/cases/{call.path['id']}/recusals"
    made = world.office.ask(call.by, "POST", path, call.body)
    body = {"reason": "经核实并非亲属"}
    return Call({**call.path, "recusal_id": made["id"]}, body)


@makes("assign_task")
def assign(world: World) -> Call:
    body = {"user_id": world.office.person("township2.990121103").id}
    return Call({"id": submitted(world)}, body, seen=1)


@makes("claim_task")
def claim(world: World) -> Call:
    """Of those that are nobody's one more than there were, which only the caller may take."""
    clerk, reviewer = world.clerk, "township2.990121103"
    case = submitted(world)
    for name in (clerk, reviewer):
        world.ask(name, "POST", f"/v1/cases/{case}/recusals", {"relation": "sibling"})
    known = world.ask("approver.990121", "GET", f"/v1/cases/{case}/recusals")["items"]
    declared = next(item["id"] for item in known if item["user"]["username"] == clerk)
    ending = f"/v1/cases/{case}/recusals/{declared}/ending"
    world.ask("approver.990121", "POST", ending, {"reason": "经核实并非亲属"})
    free = world.ask(clerk, "GET", "/v1/tasks?view=unassigned&kind=review&limit=200")["items"]
    by = world.office.person(clerk)
    if not free:
        return Call({"id": case}, by=by, seen=1)
    task = world.random.choice(free)
    return Call({"id": task["case_id"]}, by=by, seen=task["version"])


@makes("request_supplement")
def ask_for(world: World) -> Call:
    body = {"what": "请补充护理证明"}
    by = world.office.person("township2.990121103")
    return Call({"id": submitted(world)}, body, by, seen=2)


@makes("answer_supplement_request")
def answer(world: World) -> Call:
    call = ask_for(world)
    path = f"/v1/cases/{call.path['id']}/supplement-requests"
    made = world.office.ask(call.by, "POST", path, call.body, seen=call.seen)
    liaison = world.office.person(f"liaison.{VILLAGE}")
    return Call({"id": made["id"]}, {"comment": "已补充"}, liaison)


def referral(world: World) -> dict:
    """What a new case is referred to the county's institution for."""
    call = refer(world)
    return world.office.ask(call.by, "POST", f"/v1/cases/{call.path['id']}/referrals", call.body)


@makes("create_referral")
def refer(world: World) -> Call:
    me = world.ask("institution.990121", "GET", "/v1/me")
    institution = me["grants"][0]["organization_id"]
    body = {"to_organization_id": institution, "purpose": "请安排步态训练"}
    return Call({"id": submitted(world)}, body, world.office.person(world.clerk))


@makes("get_referral")
def look_at_referral(world: World) -> Call:
    by = world.random.choice([world.clerk, "institution.990121"])
    return Call({"id": referral(world)["id"]}, by=world.office.person(by))


@makes("create_referral_transition")
def answer_referral(world: World) -> Call:
    body = {"action": world.random.choice(["accept", "decline"]), "comment": "名额已满"}
    worker = world.office.person("institution.990121")
    return Call({"id": referral(world)["id"]}, body, worker, seen=1)


@makes("create_transfer")
def transfer(world: World) -> Call:
    body = {
        "to_division_code": "990122103201",
        "reason": "随子女迁居",
        "moved_date": str(date.today()),
    }
    resident, _ = world.resident()
    return Call({"id": resident}, body, world.office.person("county.990121"))


def transferred(world: World) -> dict:
    call = transfer(world)
    path = f"/v1/residents/{call.path['id']}/transfers"
    return world.office.ask(call.by, "POST", path, call.body)


@makes("get_transfer")
def look_at_transfer(world: World) -> Call:
    by = world.office.person("county.990121")
    return Call({"id": transferred(world)["id"]}, by=by)


@makes("create_transfer_transition")
def take_transfer_back(world: World) -> Call:
    body = {"action": "cancel", "comment": "本人不再迁居"}
    by = world.office.person("county.990121")
    return Call({"id": transferred(world)["id"]}, body, by, seen=1)


@makes("hand_over_desk")
def hand_over(world: World) -> Call:
    person = world.office.person("township2.990121103")
    return Call({"id": person.id}, {"to_user_id": world.office.person(world.clerk).id})


@makes("update_me")
def tell_phone(world: World) -> Call:
    return Call(body={"phone": "12000005678"}, by=world.office.guest(), seen=1)


@makes("create_organization")
def open_organization(world: World) -> Call:
    name = f"某康复中心{world.citizen_id()}"
    return Call(body={"name": name, "kind": "institution", "division_code": "990121"})


@makes("create_user")
def open_account(world: World) -> Call:
    name = f"spare.{world.citizen_id().lower()}"
    return Call(body={"username": name, "display_name": "某人", "password": PASSWORD})


@makes("update_user")
def rename_user(world: World) -> Call:
    state = world.random.choice(["active", "disabled"])
    body = {"display_name": "某某", "state": state}
    return Call({"id": spare_user(world)}, body, seen=1)


@makes("get_user", "list_user_grants", "list_api_keys")
def look_at_user(world: World) -> Call:
    return Call({"id": world.random.choice(world.ids["users"])})


def spare_user(world: World) -> str:
    return world.ask("sysadmin", "POST", "/v1/users", open_account(world).body)["id"]


@makes("create_grant")
def give_role(world: World) -> Call:
    body = {
        "role": "finance_officer",
        "organization_id": world.random.choice(world.ids["organizations"]),
        "valid_from": "2040-01-01",
    }
    return Call({"id": spare_user(world)}, body)


@makes("revoke_grant")
def take_role(world: World) -> Call:
    call = give_role(world)
    grant = world.ask("secadmin", "POST", f"/v1/users/{call.path['id']}/grants", call.body)
    return Call({**call.path, "grant_id": grant["id"]})


@makes("create_api_key")
def give_key(world: World) -> Call:
    until = date.today() + timedelta(days=100)
    body = {"name": "统计直报", "permits": ["resident.read"], "valid_to": until.isoformat()}
    return Call({"id": spare_user(world)}, body)


@makes("revoke_api_key")
def take_key(world: World) -> Call:
    call = give_key(world)
    key = world.ask("secadmin", "POST", f"/v1/users/{call.path['id']}/api-keys", call.body)
    return Call({**call.path, "key_id": key["id"]})


def begun(world: World) -> Person:
    """A guest with a second factor that is not confirmed, at a time when its password lasts."""
    left = STEP - time.time() % STEP
    if left < 5:
        time.sleep(left)
    guest = world.office.guest()
    made = world.office.ask(guest, "POST", "/v1/me/second-factor")
    guest.secret = made["secret"]
    return guest


def confirmed(world: World) -> Person:
    guest = begun(world)
    body = {"otp": guest.one_time_password(-1)}
    world.office.ask(guest, "POST", "/v1/me/second-factor/confirmation", body)
    return guest


@makes("confirm_second_factor")
def confirm_factor(world: World) -> Call:
    guest = begun(world)
    return Call(body={"otp": guest.one_time_password()}, by=guest)


@makes("step_up")
def show_factor(world: World) -> Call:
    guest = confirmed(world)
    return Call(body={"otp": guest.one_time_password()}, by=guest)


@makes("remove_second_factor")
def remove_factor(world: World) -> Call:
    guest = confirmed(world)
    return Call(by=world.office.sign_in(guest, otp=guest.one_time_password()))


@makes("remove_second_factor_of_user")
def remove_factor_of(world: World) -> Call:
    return Call({"id": begun(world).id})


@makes("change_password")
def change_password(world: World) -> Call:
    body = {"current_password": PASSWORD, "new_password": "three green umbrellas at noon"}
    return Call(body=body, by=world.office.guest())


@makes("create_session")
def sign_in(world: World) -> Call:
    return Call(body={"username": world.clerk, "password": PASSWORD})


@makes("refresh_session")
def refresh(world: World) -> Call:
    return Call(body={"refresh_token": world.office.guest().refresh_token})


@makes("end_session")
def end_session(world: World) -> Call:
    guest = world.office.guest()
    first = world.office.ask(guest, "GET", "/v1/sessions")["items"][0]["id"]
    return Call({"id": first}, by=world.office.sign_in(guest))


CITY = "supervisor.990100"
DRAFTS = "/v1/programs/nursing_subsidy/drafts"


def terms(world: World) -> dict:
    """What a version lays down for two far days."""
    world.number += 1
    first = date(2100, 1, 1) + timedelta(days=2 * (world.number % 18_000))
    return {
        "division_code": "990100000000",
        "effective_from": str(first),
        "effective_to": str(first + timedelta(days=1)),
        "legal_basis": "民发〔2021〕70号",
        "steps": [
            {"step": "initial_review", "role": "township_caseworker", "working_days": 5},
            {"step": "approval", "role": "county_approver", "working_days": 5},
        ],
        "rules": {
            "clauses": [
                {
                    "code": "certificate_valid",
                    "when": "certificate.valid",
                    "zh": "残疾人证有效",
                    "en": "the certificate is valid",
                }
            ],
            "benefit": {"amount_fen": "13000", "zh": "每月130元", "en": "130 yuan a month"},
        },
    }


def draft(world: World) -> dict[str, str]:
    made = world.ask(CITY, "POST", DRAFTS, terms(world))
    return {"code": "nursing_subsidy", "draft_id": made["id"]}


@makes("create_program")
def add_program(world: World) -> Call:
    code = f"p{world.citizen_id().lower()}"
    body = {"code": code, "service": "subsidy", "name_zh": "某项补贴", "name_en": "A subsidy"}
    return Call(body=body, by=world.office.person(CITY))


@makes("create_program_draft")
def write_draft(world: World) -> Call:
    return Call({"code": "nursing_subsidy"}, terms(world), world.office.person(CITY))


@makes("get_program_draft")
def read_draft(world: World) -> Call:
    return Call(draft(world))


@makes("replace_program_draft")
def rewrite_draft(world: World) -> Call:
    return Call(draft(world), terms(world), world.office.person(CITY), seen=1)


@makes("discard_program_draft")
def discard_draft(world: World) -> Call:
    return Call(draft(world), by=world.office.person(CITY), seen=1)


@makes("approve_program_draft")
def approve_draft(world: World) -> Call:
    return Call(draft(world), by=world.office.person("supervisor2.990100"), seen=1)


def simulation(world: World) -> dict:
    return {"draft_id": draft(world)["draft_id"], "from_month": f"{date.today():%Y-%m}"}


@makes("create_simulation")
def simulate(world: World) -> Call:
    return Call({"code": "nursing_subsidy"}, simulation(world), world.office.person(CITY))


def simulated(world: World) -> dict[str, str]:
    path = "/v1/programs/nursing_subsidy/simulations"
    made = world.ask(CITY, "POST", path, simulation(world))
    return {"code": "nursing_subsidy", "simulation_id": made["id"]}


@makes("get_simulation", "list_simulation_residents")
def follow_simulation(world: World) -> Call:
    return Call(simulated(world), by=world.office.person(CITY))
