"""The handler of recall: visibility into the query, one snapshot, candidates from every arm, rank, withhold, cut, cite."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.uses import Injection
from everlore.core.clock import to_datetime, to_iso
from everlore.core.errors import InvalidInput
from everlore.core.types import KINDS
from everlore.recall import gather
from everlore.recall.recipes import RECIPES
from everlore.recall.slice import cut_to_budget
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App, Caller
