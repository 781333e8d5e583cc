"""The same five programs in OpenFisca-Core, vectorised with numpy: the yardstick of `--rules`.

Reads nothing and knows nobody: people are drawn anew from the same distributions. Prints the person-months a
second of each round, after one to warm up.
"""

import sys
import time

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Person = build_entity(key="person", plural="persons", label="Person", is_person=True)


def fact(name, kind):
    return type(name, (Variable,), {"value_type": kind, "entity": Person, "definition_period": DateUnit.MONTH})


FACTS = {
    "age": int,
    "valid": bool,
    "severity": int,
    "care_need": int,
    "income": int,
    "employment": int,
    "orphan": bool,
    "work_injury": bool,
    "imprisoned": bool,
    "institution": bool,
    "visual": int,
    "intellectual": int,
    "mental": int,
}


def amount(name, formula):
    members = {"value_type": int, "entity": Person, "definition_period": DateUnit.MONTH, "formula": formula}
    return type(name, (Variable,), members)


def nursing(person, period):
    severe = person("severity", period) <= 2
    third = lambda part: (person(part, period) > 0) * (person(part, period) <= 3)
    eligible = (
        person("valid", period)
        * (severe + third("intellectual") + third("mental"))
        * (person("care_need", period) != 3)
        * (person("income", period) != 2)
        * np.logical_not(person("work_injury", period))
        * np.logical_not(person("imprisoned", period))
    )
    need = person("care_need", period)
    return eligible * np.select([need == 0, need == 1], [50_000, 25_000], 12_500)


def living(person, period):
    income = person("income", period)
    eligible = (
        person("valid", period)
        * ((income == 0) + (income == 1))
        * np.logical_not(person("orphan", period))
        * np.logical_not(person("work_injury", period))
        * np.logical_not(person("imprisoned", period))
    )
    return eligible * np.where(income == 0, 28_000, 14_000)


def insurance(person, period):
    work = person("employment", period)
    age = person("age", period)
    eligible = person("valid", period) * (age >= 16) * (age < 60) * ((work == 5) + (work == 2))
    return eligible * np.where(person("severity", period) <= 2, 280_000, 210_000)


def renovation(person, period):
    third = (person("visual", period) > 0) * (person("visual", period) <= 3)
    eligible = (
        person("valid", period)
        * ((person("severity", period) <= 2) + third)
        * (person("income", period) <= 2)
        * np.logical_not(person("institution", period))
    )
    return eligible * 600_000


def child(person, period):
    age = person("age", period)
    eligible = person("valid", period) * (age <= 17)
    return eligible * np.where(age <= 6, 2_400_000, 1_200_000)


PROGRAMS = {f.__name__: f for f in (nursing, living, insurance, renovation, child)}


def main(count, rounds):
    system = TaxBenefitSystem([Person])
    for name, kind in FACTS.items():
        system.add_variable(fact(name, kind))
    for name, formula in PROGRAMS.items():
        system.add_variable(amount(name, formula))
    chance = np.random.default_rng(1)
    drawn = {
        "age": chance.integers(0, 100, count),
        "valid": chance.random(count) < 0.9,
        "severity": chance.integers(1, 5, count),
        "care_need": chance.integers(0, 4, count),
        "income": chance.integers(0, 4, count),
        "employment": chance.integers(0, 8, count),
        "visual": chance.integers(0, 5, count),
        "intellectual": chance.integers(0, 5, count),
        "mental": chance.integers(0, 5, count),
    }
    for name in ("orphan", "work_injury", "imprisoned", "institution"):
        drawn[name] = chance.random(count) < 0.05
    for number in range(rounds + 1):
        simulation = SimulationBuilder().build_default_simulation(system, count)
        for name, values in drawn.items():
            simulation.set_input(name, "2022-07", values)
        begun = time.perf_counter()
        for name in PROGRAMS:
            simulation.calculate(name, "2022-07")
        if number:
            print(len(PROGRAMS) * count / (time.perf_counter() - begun))


main(int(sys.argv[1]), int(sys.argv[2]))
