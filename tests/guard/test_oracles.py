"""Beside other detectors: what they find in planted texts we find too, and we cry wolf no more often than they do."""

from __future__ import annotations

from functools import cache

import pytest

from everlore.bench.lookalikes import LOOKALIKES
from everlore.bench.oracles import ORACLES, installed, touches
from everlore.bench.planted import Plant, plants
from everlore.guard.redact import redact

PLANTED = list(plants())
INNOCENT = [text for texts in LOOKALIKES.values() for text in texts]
MOST_FALSE_ALARMS = 0.005

# Planted texts in which another detector finds what we leave, and why we leave it.
EXCEPTIONS = {
    'Fernet(b"{}")': "a call with any name; 44 characters of base64 in quotes are a hash or a picture as often",
    'key = b"{}"': "a bare key is the key of a row or a cache far more often than a secret",
    "recovery code: {}": "a code has the form of a ticket's number",
    "  DB_PASSWORD: !!binary {}": "a tag of YAML between the name and the value, which nobody writes by hand",
    "curl -b 'session={}' https://x.test": "only the option says that this is a cookie",
}


@cache
def found_by(name: str) -> tuple[list[list[str]], list[list[str]]]:
    return ORACLES[name]([plant.text for plant in PLANTED]), ORACLES[name](INNOCENT)


def is_excused(plant: Plant) -> bool:
    return any(plant.text == around.format(plant.secret) for around in EXCEPTIONS)


def test_both_detectors_are_installed() -> None:
    assert installed() == ORACLES


@pytest.mark.parametrize("name", ORACLES)
def test_what_another_detector_finds_is_taken_out(name: str) -> None:
    found, _ = found_by(name)
    assert sum(map(bool, found)) > 0.3 * len(PLANTED), "the detector does not work"
    theirs = [
        plant for plant, values in zip(PLANTED, found, strict=True) if any(touches(v, plant.secret) for v in values)
    ]
    missed = [plant.text for plant in theirs if plant.secret in redact(plant.text).text and not is_excused(plant)]
    assert not missed


def test_every_exception_is_still_one() -> None:
    left = [plant for plant in PLANTED if plant.secret in redact(plant.text).text]
    assert len([plant for plant in left if is_excused(plant)]) == len(EXCEPTIONS)


@pytest.mark.parametrize("name", ORACLES)
def test_we_cry_wolf_no_more_often_than_another_detector(name: str) -> None:
    _, alarms = found_by(name)
    ours = sum(bool(redact(text).findings) for text in INNOCENT)
    assert ours <= sum(map(bool, alarms))
    assert ours <= MOST_FALSE_ALARMS * len(INNOCENT)
