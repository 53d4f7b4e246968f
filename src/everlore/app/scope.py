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

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit


def where(app: App, unit: Unit, namespace: str | None, cwd: str | None) -> Namespace | None:
    """Return the namespace that is read: the one named, or the project's; None where it has none. Raise `NotFound`."""
    if namespace:
        return namespaces.require(unit, namespace)
    place = locate(cwd, strict=True) if cwd else None
    return projects.known(unit, place, app.config.namespace) if place else None


def project(app: App, unit: Unit, namespace: str | None, cwd: str | None) -> Namespace | None:
    """Return `where`, but raise `InvalidInput` with the candidates when the request says nothing of where it belongs."""
    if not namespace and not cwd:
        known = [row[2] for row in unit.rows("namespaces")]
        hint = f"there are: {', '.join(known[:8])}" if known else "nothing is kept yet"
        raise InvalidInput("name a namespace, or the directory of a project as cwd", field="namespace", hint=hint)
    return where(app, unit, namespace, cwd)


def target(app: App, unit: Unit, namespace: str | None, cwd: str | None, now: int) -> Namespace:
    """Return the namespace that is written to, made where it is missing."""
    if namespace:
        return namespaces.ensure(unit, label(namespace), now)
    place = locate(cwd, strict=True) if cwd else None
    if place and (place.named or place.repository or projects.known(unit, place, app.config.namespace)):
        return projects.ensure(unit, place, app.config.namespace, now)
    return namespaces.ensure(unit, app.config.namespace, now)


def scope_pattern(unit: Unit, namespace: str | None) -> str | None:
    """Return the pattern that a lineage below `namespace` matches; None for the whole store."""
    return f"% {namespaces.require(unit, namespace).id} %" if namespace else None
