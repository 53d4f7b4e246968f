"""Where the pages of a filled home are: each of the site's, with something to show on it."""

from __future__ import annotations

import json
import urllib.request
from functools import cache
from typing import Any
from urllib.parse import quote


def call(site: str, operation: str, **fields: Any) -> Any:
    """Ask an operation of the server behind a site."""
    request = urllib.request.Request(
        f"{site.removesuffix('/web')}/api/v1/{operation}",
        json.dumps(fields).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def memory(site: str, title: str) -> str:
    """The id of a memory by its title."""
    found = [page["id"] for page in call(site, "pages", limit=1000)["pages"] if page["name"] == title]
    assert len(found) == 1, title
    return str(found[0])


@cache
def shown(site: str) -> list[str]:
    """The addresses of all pages, below /web."""
    session = call(site, "sessions", namespace="pierlight", limit=1)["sessions"][0]["id"]
    proposal = call(site, "review", limit=1)["proposals"][0]["id"]
    deploys, outage = memory(site, "When deploys run"), memory(site, "runbooks/Broker outage")
    return [
        "/", "/projects", "/p/pierlight", f"/m/{deploys}", f"/m/{outage}", f"/m/{deploys}/edit", "/new", "/search", "/search?q=broker&explain=1",
        "/sessions", f"/s/{session}", "/handoffs", "/timeline", "/timeline?entity=departd&what=all", "/graph?namespace=pierlight", "/review", f"/review/{proposal}",
        "/costs", "/costs/log", "/doctor", "/doctor/findings", "/settings", f"/journal?operation={quote('revise')}", "/journal",
    ]  # fmt: skip
