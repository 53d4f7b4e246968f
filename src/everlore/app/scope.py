"""Where a request belongs: the namespace that it names, else the project of the directory that it comes from.

There is no current project beside the request. Reading looks in a project that is known; writing makes it known, but only
where a marker or a repository says that the directory is a project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.core.errors import InvalidInput
from everlore.core.types import Namespace
from everlore.guard.redact import label
from everlore.sessions import projects
from everlore.sessions.place import locate
from everlore.store import namespaces
from everlore.store.sight import EVERYTHING, Sight

_ALWAYS = (1 << 62) - 1

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit


def where(app: App, unit: Unit, namespace: str | None, cwd: str | None, seen: Sight = EVERYTHING) -> Namespace | None:
    """Return the namespace that is read: the one named, or the project's; None where it has none. Raise `NotFound`.

    What the caller may not know of is not there.
    """
    if namespace:
        return namespaces.require(unit, namespace, seen)
    place = locate(cwd, strict=True) if cwd else None
    found = projects.known(unit, place, app.config.namespace) if place else None
    return found if found and seen.knows(found) else None


def project(app: App, unit: Unit, namespace: str | None, cwd: str | None, seen: Sight = EVERYTHING) -> Namespace | None:
    """Return `where`, but raise `InvalidInput` with the candidates when the request says nothing of where it belongs."""
    if not namespace and not cwd:
        known = namespaces.known(unit, seen)
        hint = f"there are: {', '.join(known)}" if known else "nothing is kept yet"
        raise InvalidInput("name a namespace, or the directory of a project as cwd", field="namespace", hint=hint)
    return where(app, unit, namespace, cwd, seen)


def target(app: App, unit: Unit, namespace: str | None, cwd: str | None, now: int) -> Namespace:
    """Return the namespace that is written to, made where it is missing."""
    if namespace:
        return namespaces.ensure(unit, label(namespace), now)
    place = locate(cwd, strict=True) if cwd else None
    if place and (place.named or place.repository or projects.known(unit, place, app.config.namespace)):
        return projects.ensure(unit, place, app.config.namespace, now)
    return namespaces.ensure(unit, app.config.namespace, now)


def moment_of(app: App, as_of: str | None, recorded_as_of: str | None) -> tuple[int, int] | None:
    """Return the moment asked about in the world and the one whose knowledge answers; None where it is the present.

    Who asks what was known then means what was held true at that time, unless another is named.
    """
    at, known = app.instant(as_of, "as_of"), app.instant(recorded_as_of, "recorded_as_of")
    if at is None and known is None:
        return None
    if known is None:
        known = _ALWAYS
    return known if at is None else at, known


def scope_pattern(unit: Unit, namespace: str | None, seen: Sight = EVERYTHING) -> str | None:
    """Return the pattern that a lineage below `namespace` matches; None for the whole store."""
    return f"% {namespaces.require(unit, namespace, seen).id} %" if namespace else None
