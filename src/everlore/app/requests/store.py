"""What is asked of the store as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from everlore.app.requests.fields import Format, Namespace, PathText, Request


class Import(Request, frozen=True):
    """Read conversations, pages or another tool's memories from files."""

    path: PathText
    format: Annotated[
        Format,
        Meta(description="What the file holds"),
    ] = "auto"
    namespace: Namespace | None = None
    on_error: Annotated[
        Literal["fail", "skip"],
        Meta(description="What to do with a line that cannot be read: import nothing, or leave it out and say so"),
    ] = "fail"
    dry_run: Annotated[bool, Meta(description="Show what would come in, with a few samples, and keep nothing")] = False


class Export(Request, frozen=True):
    """Write all that is remembered to one file, losslessly; not agents, policy, proposals and journal."""

    path: PathText
    namespace: Namespace | None = None


class Status(Request, frozen=True):
    """Say what is in the store and how it is doing."""


class Verify(Request, frozen=True):
    """Walk the journal's chain and compare every derived index with its truth."""


class Rebuild(Request, frozen=True):
    """Make all derived data again from the truth."""

    from_vault: Annotated[
        bool, Meta(description="First bring back the memories that the vault's files hold and the store does not")
    ] = False


class Embed(Request, frozen=True):
    """Give every passage its vectors now instead of in the background."""

    all: Annotated[bool, Meta(description="Make those anew that are there, too")] = False


class Backup(Request, frozen=True):
    """Copy the running store to a file."""

    path: PathText


class RestoreBackup(Request, frozen=True):
    """Put a backup in the place of the store."""

    path: PathText


class Bench(Request, frozen=True):
    """Measure recall quality or operation speed."""

    what: Annotated[
        Literal[
            "recall",
            "ops",
            "gate",
            "hooks",
            "mining",
            "handoff",
            "redaction",
            "injection",
            "admission",
            "graph",
            "curate",
            "vault",
            "bootstrap",
            "lessons",
            "proxy",
            "web",
            "harm",
            "speak",
        ],
        Meta(description="What to measure"),
    ]
    dataset: Annotated[
        Literal["locomo", "beam", "longmemeval", "coding", "conversation"], Meta(description="The shape of the data")
    ] = "conversation"
    data: Annotated[
        Annotated[str, Meta(max_length=4096)] | None,
        Meta(
            description="Where the data lies, what ships with the bench if none is given; for ops and graph the directory to work in, for gate the baseline"
        ),
    ] = None
    model: Annotated[bool, Meta(description="Use the embedding model")] = False
    recipe: Annotated[Annotated[str, Meta(max_length=40)] | None, Meta(description="The named ranking recipe")] = None
    arms: Annotated[bool, Meta(description="Measure single arms and the other recipes beside it")] = False
    questions: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Ask only so many, a fixed sample")] = None
    size: Annotated[
        int,
        Meta(
            ge=100,
            le=1_000_000,
            description="Memories and turns in the store measured by ops, hooks and proxy; megabytes for mining, links for graph, commits for bootstrap",
        ),
    ] = 10_000
    repo: Annotated[
        Annotated[str, Meta(min_length=1, max_length=4096)] | None,
        Meta(description="The repository that bootstrap reads, a made one if none is given"),
    ] = None
    out: Annotated[
        Annotated[str, Meta(max_length=4096)] | None,
        Meta(description="Write the full result to this file: question by question, or the gate's new baseline"),
    ] = None
