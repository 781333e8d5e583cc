"""Calls about money: what is due, paid, sent back and recovered in county 990121."""

import csv
import io
import time
from datetime import date, datetime, timedelta, timezone

from known import Call, World, makes
from office import STEP

COUNTY = "990121000000"
CIVIL, FINANCE, RELEASER = "civil.990121", "finance.990121", "finance2.990121"
CLERK = "county.990121"
NURSING, LIVING = "nursing_subsidy", "living_subsidy"
HEADER = "业务编号,账号,户名,金额,处理结果,失败原因\n"


def today() -> date:
    return datetime.now(timezone(timedelta(hours=8))).date()


def month() -> str:
    return f"{today():%Y-%m}"


class Money:
    """A month that was run, a batch that the bank answered, and what was paid too much."""

    def __init__(self, world: World) -> None:
        self.world = world
        for program in (NURSING, LIVING):
            self.ask(FINANCE, "POST", "/v1/budgets", budget(program))
        self.run = self.month_run()
        self.items = self.list(FINANCE, f"/v1/entitlements?run_id={self.run}&state=due&limit=200")
        someone = next(one for one in self.items if one["program_code"] == LIVING)
        self.flag(someone["resident_id"])
        self.batch = self.made(NURSING)
        for who, action in ((CIVIL, "submit"), (FINANCE, "check")):
            self.step(who, self.batch, action)
        flags = f"/v1/payment-batches/{self.batch}/flags"
        for one in self.list(FINANCE, flags):
            if one["cleared_at"] is None:
                body = {"reason": "经核实由监护人代领"}
                self.ask(FINANCE, "POST", f"{flags}/{one['id']}/clearance", body)
        self.release()
        self.payments = self.list(FINANCE, f"/v1/payments?batch_id={self.batch}&limit=200")
        lines = self.answers()
        # Two are paid for what ended meanwhile; two are paid, and end after that; the rest waits.
        late, early = self.payments[:2], self.payments[2:4]
        for payment in late:
            self.stop(payment["resident_id"])
        for payment in (*late, *early):
            self.bring(HEADER + lines[payment["payment_number"]])
        for payment in early:
            self.stop(payment["resident_id"])
        self.unclaimed = [self.benefit(one["resident_id"])["id"] for one in late]
        self.returned = self.list(FINANCE, f"/v1/payment-batches/{self.batch}/bank-returns")
        recoveries = self.list(CIVIL, f"/v1/recoveries?resident_id={early[0]['resident_id']}")
        self.recovery = recoveries[0]
        body = {"action": "notify", "method": "in_person", "recipient": "self"}
        body["served_date"] = str(today())
        moves = f"/v1/recoveries/{self.recovery['id']}/transitions"
        self.ask(CIVIL, "POST", moves, body, seen=self.recovery["version"])
        self.public = self.ask(CIVIL, "POST", "/v1/public-lists", publication())["id"]
        self.suspects = [
            one["resident_id"]
            for one in self.list(CIVIL, "/v1/enrollments?state=active&limit=200")
            if one["division_code"].startswith("990121")
        ]

    def ask(self, username: str, *arguments, **more):
        return self.world.ask(username, *arguments, **more)

    def list(self, username: str, path: str) -> list[dict]:
        return self.ask(username, "GET", path)["items"]

    def month_run(self) -> str:
        body = {"division_code": COUNTY, "month": month()}
        run = self.ask(FINANCE, "POST", "/v1/entitlement-runs", body)["id"]
        for _ in range(60):
            if self.ask(FINANCE, "GET", f"/v1/entitlement-runs/{run}")["state"] == "done":
                return run
            time.sleep(0.5)
        raise RuntimeError("the month is not run")

    def flag(self, resident: str) -> None:
        """What somebody gets goes to an account of somebody else."""
        path = f"/v1/residents/{resident}"
        seen = self.ask(CLERK, "GET", path)["version"]
        body = {"bank_account": "9901210000000001", "bank_name": "虚川农村商业银行"}
        body |= {"holder": "赵六", "holder_relation": "carer"}
        self.ask(CLERK, "POST", f"{path}/bank-accounts", body, seen=seen)

    def made(self, program: str) -> str:
        return self.ask(CIVIL, "POST", "/v1/payment-batches", batch(program))["id"]

    def step(self, username: str, batch: str, action: str) -> None:
        path = f"/v1/payment-batches/{batch}"
        seen = self.ask(username, "GET", path)["version"]
        body = {"action": action, "comment": "核对无误"}
        self.ask(username, "POST", f"{path}/transitions", body, seen=seen)

    def release(self) -> None:
        """By somebody who shows a second factor, and gives it up again."""
        left = STEP - time.time() % STEP
        if left < 10:
            time.sleep(left)
        releaser = self.world.office.person(RELEASER)
        releaser.secret = self.ask(RELEASER, "POST", "/v1/me/second-factor")["secret"]
        body = {"otp": releaser.one_time_password(-1)}
        self.ask(RELEASER, "POST", "/v1/me/second-factor/confirmation", body)
        body = {"otp": releaser.one_time_password()}
        self.ask(RELEASER, "POST", "/v1/sessions/current/step-up", body)
        self.step(RELEASER, self.batch, "release")
        self.ask(RELEASER, "DELETE", "/v1/me/second-factor")
        releaser.secret = None

    def answers(self) -> dict[str, str]:
        """What the bank says of each payment, by its number."""
        lines = {}
        for cells in csv.reader(io.StringIO(self.bank_file())):
            number = next((cell for cell in cells if cell in self.numbers()), None)
            if number:
                lines[number] = ",".join([number, cells[1], cells[2], cells[4], "成功", "\n"])
        return lines

    def numbers(self) -> set[str]:
        return {payment["payment_number"] for payment in self.payments}

    def bank_file(self) -> str:
        path = f"/v1/payment-batches/{self.batch}/bank-file"
        return self.world.office.fetch(self.world.office.person(FINANCE), path)

    def bring(self, answer: str) -> dict:
        path = f"/v1/payment-batches/{self.batch}/bank-returns"
        return self.ask(FINANCE, "POST", path, file=answer.encode())

    def benefit(self, resident: str) -> dict:
        path = f"/v1/enrollments?resident_id={resident}&program_code={NURSING}"
        return self.list(CIVIL, path)[-1]

    def stop(self, resident: str) -> None:
        one = self.benefit(resident)
        body = {"action": "stop", "effective_month": one["start_month"], "reason": "moved_away"}
        path = f"/v1/enrollments/{one['id']}/transitions"
        self.ask(CIVIL, "POST", path, body, seen=one["version"])

    def draft(self) -> dict:
        """A batch of the living subsidy that was just made; those before it are cancelled."""
        states = ("draft", "submitted", "checked")
        for state in states:
            path = f"/v1/payment-batches?state={state}&program_code={LIVING}&division_code={COUNTY}"
            for one in self.list(CIVIL, path):
                self.step(CIVIL, one["id"], "cancel")
        made = self.made(LIVING)
        return self.ask(CIVIL, "GET", f"/v1/payment-batches/{made}")


def budget(program: str) -> dict:
    body = {"division_code": COUNTY, "program_code": program, "year": today().year}
    return {**body, "amount_fen": 900_000_000, "reason": "县财社〔2022〕12号"}


def batch(program: str) -> dict:
    return {"division_code": COUNTY, "program_code": program, "month": month()}


def publication() -> dict:
    body = {"division_code": COUNTY, "program_code": NURSING, "first_month": month()}
    return {**body, "to_date": str(today() + timedelta(days=9)), "phone": "0991-1234567"}


def money(world: World) -> Money:
    if not hasattr(world, "money"):
        world.money = Money(world)
    return world.money


@makes("create_budget")
def lay_down(world: World) -> Call:
    return Call(body=budget(NURSING))


@makes("create_entitlement_run")
def run_month(world: World) -> Call:
    past = date(2015 + world.random.randrange(10), 1 + world.random.randrange(12), 1)
    return Call(body={"division_code": COUNTY, "month": f"{past:%Y-%m}"})




@makes("get_entitlement_run")
def follow_run(world: World) -> Call:
    return Call({"id": money(world).run})


@makes("create_entitlement_run_transition")
def cancel_run(world: World) -> Call:
    world.number += 1
    past = f"{1900 + world.number // 12 % 110}-{1 + world.number % 12:02}"
    body = {"division_code": COUNTY, "month": past}
    run = world.ask(FINANCE, "POST", "/v1/entitlement-runs", body)
    by = world.office.person(FINANCE)
    return Call({"id": run["id"]}, {"action": "cancel"}, by, seen=run["version"])


@makes("get_entitlement", "explain_entitlement")
def look_at_due(world: World) -> Call:
    return Call({"id": world.one_of(money(world).items)["id"]}, by=world.office.person(CIVIL))


@makes("list_financial_disclosures")
def disclose_money(world: World) -> Call:
    query = {"from_month": f"{today().year}-01", "to_month": month(), "division_code": COUNTY}
    return Call(query=query, by=world.office.person(FINANCE))


@makes("create_enrollment_transition")
def hold_back(world: World) -> Call:
    people = money(world).list(CIVIL, f"/v1/enrollments?program_code={LIVING}&division_code={COUNTY}")
    one = world.random.choice([one for one in people if one["state"] != "stopped"])
    body = {"action": "suspend", "reason": "missing"}
    if one["state"] == "suspended":
        body = {"action": "resume", "reason": "review_passed"}
    return Call({"id": one["id"]}, body, world.office.person(CIVIL), one["version"])


@makes("create_enrollment_review")
def look_again(world: World) -> Call:
    people = money(world).list(CIVIL, f"/v1/enrollments?program_code={LIVING}&division_code={COUNTY}")
    one = world.random.choice([one for one in people if one["state"] == "active"])
    return Call({"id": one["id"]}, {"outcome": "passed"}, world.office.person(CLERK), one["version"])


@makes("create_payment_batch")
def make_batch(world: World) -> Call:
    money(world).step(CIVIL, money(world).draft()["id"], "cancel")
    return Call(body=batch(LIVING), by=world.office.person(CIVIL))


@makes("create_payment_batch_transition")
def submit_batch(world: World) -> Call:
    made = money(world).draft()
    by = world.office.person(CIVIL)
    return Call({"id": made["id"]}, {"action": "submit"}, by, made["version"])


@makes("get_payment_batch", "list_payment_flags", "list_payment_batch_transitions", "list_bank_returns")
def look_at_batch(world: World) -> Call:
    return Call({"id": money(world).batch})


@makes("get_payment_list", "get_bank_file")
def take_file(world: World) -> Call:
    return Call({"id": money(world).batch}, by=world.office.person(FINANCE))


@makes("clear_payment_flag")
def clear_flag(world: World) -> Call:
    known = money(world)
    made = known.draft()["id"]
    flags = known.list(CIVIL, f"/v1/payment-batches/{made}/flags")
    if not flags:
        # Whoever was flagged has another account by now, or nothing more to get.
        paid = known.list(FINANCE, f"/v1/payments?batch_id={made}&limit=200")
        known.flag(world.one_of(paid)["resident_id"])
        made = known.draft()["id"]
        flags = known.list(CIVIL, f"/v1/payment-batches/{made}/flags")
    path = {"id": made, "flag_id": flags[0]["id"]}
    return Call(path, {"reason": "经核实由照料人代领"}, world.office.person(FINANCE))


@makes("create_bank_return")
def bring_answer(world: World) -> Call:
    world.number += 1
    unknown = f"990121-202001-0001-{world.number:06},6200000000000012344,张晓宝,500.00,成功,\n"
    return Call({"id": money(world).batch}, (HEADER + unknown).encode(), world.office.person(FINANCE))


@makes("list_bank_return_rows")
def look_at_answer(world: World) -> Call:
    path = {"id": money(world).batch, "return_id": money(world).returned[0]["id"]}
    return Call(path, by=world.office.person(FINANCE))


@makes("get_payment")
def look_at_payment(world: World) -> Call:
    return Call({"id": money(world).payments[0]["id"]}, by=world.office.person(FINANCE))


@makes("create_public_list")
def publish(world: World) -> Call:
    money(world)
    return Call(body=publication(), by=world.office.person(CIVIL))


@makes("get_public_list", "list_public_list_entries", "get_public_list_file")
def look_at_list(world: World) -> Call:
    return Call({"id": money(world).public}, by=world.office.person(CIVIL))


@makes("create_recovery")
def recover(world: World) -> Call:
    body = {"enrollment_id": world.one_of(money(world).unclaimed)}
    return Call(body=body, by=world.office.person(CIVIL))


@makes("get_recovery", "get_recovery_notice", "list_recovery_movements", "list_recovery_transitions")
def look_at_recovery(world: World) -> Call:
    return Call({"id": money(world).recovery["id"]}, by=world.office.person(CIVIL))


@makes("create_recovery_transition")
def serve_notice(world: World) -> Call:
    """Of one that was not served yet, where there is one."""
    made = money(world).list(CIVIL, "/v1/recoveries?limit=200")
    unserved = [one for one in made if one["state"] == "open"]
    one = (unserved or [money(world).recovery])[0]
    body = {"action": "notify", "method": "in_person", "recipient": "self"}
    body["served_date"] = str(today())
    return Call({"id": one["id"]}, body, world.office.person(CIVIL), one["version"])


@makes("create_recovery_instalments")
def agree(world: World) -> Call:
    body = {"from_month": month(), "amount_fen": 100}
    return Call({"id": money(world).recovery["id"]}, body, world.office.person(CIVIL))


def refund(world: World) -> dict:
    world.number += 1
    body = {"kind": "refund", "amount_fen": 1, "receipt_number": f"R{world.number}"}
    return {**body, "received_date": str(today())}


@makes("create_recovery_movement")
def pay_back(world: World) -> Call:
    return Call({"id": money(world).recovery["id"]}, refund(world), world.office.person(CIVIL))


@makes("decide_recovery_movement")
def decide_refund(world: World) -> Call:
    path = {"id": money(world).recovery["id"]}
    made = world.ask(CIVIL, "POST", f"/v1/recoveries/{path['id']}/movements", refund(world))
    path["movement_id"] = made["id"]
    return Call(path, {"outcome": "approve"}, world.office.person(FINANCE))


def deaths(world: World) -> bytes:
    """A list that names somebody who has a benefit, by a day that no list named before."""
    world.number += 1
    resident = world.one_of(money(world).suspects)
    path = f"/v1/residents/{resident}"
    name = world.ask(CLERK, "GET", path)["name"]
    body = {"fields": ["id_number"], "reason": "名单比对"}
    number = world.ask(CLERK, "POST", f"{path}/disclosures", body)["id_number"]
    died = today() - timedelta(days=world.number % 300)
    return f"姓名,身份证号,死亡日期,备注\n{name},{number},{died},{world.number}\n".encode()


BROUGHT = f"/v1/match-lists?kind=deaths&division_code={COUNTY}"


@makes("create_match_list")
def bring_list(world: World) -> Call:
    query = {"kind": "deaths", "division_code": COUNTY}
    return Call(body=deaths(world), by=world.office.person(CLERK), query=query)


def suspected(world: World) -> dict:
    world.ask(CLERK, "POST", BROUGHT, file=deaths(world))
    return world.one_of(money(world).list(CIVIL, "/v1/matches?state=suspected&limit=200"))


@makes("get_match")
def look_at_match(world: World) -> Call:
    return Call({"id": suspected(world)["id"]}, by=world.office.person(CIVIL))


@makes("decide_match")
def decide_suspicion(world: World) -> Call:
    one = suspected(world)
    body = {"outcome": "dismiss", "comment": "经核实本人健在"}
    return Call({"id": one["id"]}, body, world.office.person(CIVIL), one["version"])


def institution(world: World) -> str:
    """An institution that was just registered: no account of it is proposed yet."""
    world.number += 1
    body = {"name": f"康复中心{world.number}", "kind": "institution", "division_code": "990121"}
    return world.ask("sysadmin", "POST", "/v1/organizations", body)["id"]


ACCOUNT = {"bank_account": "9901210000000001", "bank_name": "虚川农村商业银行"}


@makes("propose_organization_account")
def propose_account(world: World) -> Call:
    return Call({"id": institution(world)}, ACCOUNT, world.office.person(CLERK))


@makes("decide_organization_account")
def decide_account(world: World) -> Call:
    made = institution(world)
    account = world.ask(CLERK, "POST", f"/v1/organizations/{made}/bank-accounts", ACCOUNT)["id"]
    path = {"id": made, "account_id": account}
    return Call(path, {"decision": "confirm"}, world.office.person(FINANCE))


@makes("list_organization_accounts")
def look_at_accounts(world: World) -> Call:
    return Call({"id": institution(world)}, by=world.office.person(FINANCE))
