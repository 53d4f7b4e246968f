"""From readers to seeds: the overview, a page for each area, and all that the other readers give, in the order of their worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from everlore.refine.bootstrap import documents, history, manifests, rules
from everlore.refine.bootstrap.headers import CODE, Header, extension, header
from everlore.refine.bootstrap.history import Commit, History
from everlore.refine.bootstrap.values import Doubts, Limits, Progress, Seed, bullets, cite, plain, sentence
from everlore.refine.repository import Repository

_AREAS, _MODULES, _BUSY = 40, 30, 5
_NAMES = {
    "py": "Python", "js": "JavaScript", "mjs": "JavaScript", "cjs": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript", "tsx": "TypeScript", "go": "Go",
    "rs": "Rust", "java": "Java", "kt": "Kotlin", "kts": "Kotlin", "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "hpp": "C++", "hh": "C++",
    "cs": "C#", "rb": "Ruby", "php": "PHP", "swift": "Swift", "scala": "Scala", "sh": "Shell", "bash": "Shell", "ex": "Elixir", "exs": "Elixir",
    "dart": "Dart", "sql": "SQL", "vue": "Vue", "pl": "Perl", "zig": "Zig", "jl": "Julia",
}  # fmt: skip
_HEAD = 16_384


@dataclass(slots=True)
class Reading:
    """What was read of a repository, and the seeds it gave; `cut` says what the limits left out."""

    seeds: list[Seed] = field(default_factory=list)
    files: int = 0
    commits: int = 0
    cut: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)


class _Reader:
    """Reads files while the bytes last."""

    def __init__(self, repository: Repository, limits: Limits) -> None:
        self._repository = repository
        self._left = limits.bytes
        self._known: dict[str, str | None] = {}
        self.files = 0

    def __call__(self, path: str) -> str | None:
        """Return a document, as it was at the first look."""
        if path not in self._known:
            self._known[path] = self.head(path, 1 << 18)
        return self._known[path]

    def head(self, path: str, most: int = _HEAD) -> str | None:
        """Return the beginning of a file."""
        if self._left <= 0:
            return None
        text = self._repository.text(path, most)
        self.files += 1
        self._left -= len(text or "")
        return text

    @property
    def spent(self) -> bool:
        """Whether the bytes were used up."""
        return self._left <= 0


def read(repository: Repository, name: str, limits: Limits, progress: Progress) -> Reading:
    """Return the seeds of a repository. The same files and commits give the same seeds."""
    files, reader, doubts = repository.files(), _Reader(repository, limits), Doubts()
    log = history.read(repository, limits, progress)
    name = manifests.named(files, reader) or plain(name)
    code = [path for path in files if extension(path) in CODE]
    told = _headers(code[: limits.files], reader, doubts, progress)
    areas = _areas(code)
    present = set(files)
    work = _work(areas, log.commits)
    overview = _overview(name, files, areas, told, log, reader, doubts)
    seeds = [overview] if overview.sources else []
    seeds += manifests.procedures(name, files, reader, doubts)
    seeds += rules.rules(name, files, reader)
    seeds += documents.decisions(files, reader, doubts)
    seeds += [
        _area(name, area, paths, told, work[area], doubts)
        for area, paths in areas.items()
        if len(work[area]) >= _BUSY or 20 * sum(path in told for path in paths) >= len(paths)
    ]
    seeds += documents.documents(name, files, reader, doubts)
    seeds += [seed] if (seed := documents.releases(name, files, reader, doubts)) else []
    seeds += history.reverts(name, log, doubts)
    seeds += history.mended(name, log, present.__contains__, doubts)
    found = Reading(seeds[: limits.seeds], reader.files, len(log.commits), held=list(dict.fromkeys(doubts.held)))
    found.cut = [
        *([f"{len(seeds) - limits.seeds} more pages and memories"] if len(seeds) > limits.seeds else []),
        *([f"the heads of {len(code) - limits.files} more files"] if len(code) > limits.files else []),
        *(["older commits"] if not log.whole else []), *(["what came after the bytes were used up"] if reader.spent else []),
    ]  # fmt: skip
    return found


def _headers(code: Sequence[str], reader: _Reader, doubts: Doubts, progress: Progress) -> dict[str, Header]:
    found = {}
    for number, path in enumerate(code, 1):
        text = reader.head(path)
        told = header(path, text) if text else None
        if told and doubts.passes(told.text, f"{path}:{told.line}"):
            found[path] = told
        if number % 200 == 0 or number == len(code):
            progress("reading files", number, len(code))
    return found


def _areas(code: Sequence[str]) -> dict[str, list[str]]:
    """Return the areas of a project with their files: its top directories, where one holds most of the code those below it.

    A directory that holds most of what is left and has others in it is looked into, at most four deep; what lies beside them is its own.
    """
    found: dict[str, list[str]] = defaultdict(list)
    total = len(code)
    for path in code:
        found[path.partition("/")[0] if "/" in path else ""].append(path)
    for _ in range(4):
        largest = max(found, key=lambda area: (len(found[area]), area), default="")
        if not largest:
            break
        depth = largest.count("/") + 1
        below = {"/".join(path.split("/")[: depth + 1]) for path in found[largest] if path.count("/") > depth}
        if not below or len(found[largest]) < max(4, 0.4 * total):
            break
        for path in found.pop(largest):
            found["/".join(path.split("/")[: depth + 1]) if path.count("/") > depth else largest].append(path)
        if largest in found and len(found[largest]) >= max(4, 0.4 * total):
            break
    ranked = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
    kept = [(area, paths) for area, paths in ranked if len(paths) >= 2 or total < 10][:_AREAS]
    return dict(sorted(kept))


def _work(areas: dict[str, list[str]], commits: Sequence[Commit]) -> dict[str, list[Commit]]:
    """Return the commits of each area: those of which most files lie in it."""
    found: dict[str, list[Commit]] = {area: [] for area in areas}
    ordered = sorted(areas, key=len, reverse=True)
    for commit in commits:
        counts = Counter(
            next((a for a in ordered if a and path.startswith(f"{a}/")), "" if "/" not in path else None)
            for path in commit.files
        )
        for area, number in counts.items():
            if area in found and 2 * number >= len(commit.files):
                found[area].append(commit)
    return found


def _overview(
    name: str,
    files: Sequence[str],
    areas: dict[str, list[str]],
    told: dict[str, Header],
    log: History,
    reader: _Reader,
    doubts: Doubts,
) -> Seed:
    sources: list[str] = []
    lines: list[str] = []
    path, lead = documents.readme(files, reader, doubts)
    for piece in lead:
        sources.append(f"{path}:{piece.line}")
        lines.append(f"> {plain(piece.text)[:600]}\n{cite(sources[-1])}")
    counts = Counter(_NAMES[kind] for each in files if (kind := extension(each)) in _NAMES)
    if counts:
        lines.append(
            "Written in "
            + ", ".join(f"{language} ({number} files)" for language, number in counts.most_common(6))
            + "."
        )
    if areas:
        entries = []
        for area, paths in areas.items():
            head = _speaks_for(area, paths, told)
            source = f"{head}:{told[head].line}" if head else ""
            sources += [source] if source else []
            what = f": {told[head].text} {cite(source)}" if head else ""
            entries.append(f"{f'{area}/' if area else 'the top directory'}, {_count(len(paths), 'file')}{what}")
        lines.append(f"Its areas:\n{bullets(entries)}")
    if log.commits:
        sources += [log.commits[0].short, log.commits[-1].short]
        lines.append(_summary(log, doubts))
        if log.tags:
            lines.append("Tags: " + ", ".join(f"{tag} of {history.day(at)}" for tag, _, at in log.tags[:6]) + ".")
    text = "\n\n".join([f"What {name} is and where what is.", *lines])
    return Seed(
        "overview", "page", f"{name}: overview", text, tuple(dict.fromkeys(sources)), ("bootstrap", "overview"), 0.8
    )


def _summary(log: History, doubts: Doubts) -> str:
    newest, oldest = log.commits[0], log.commits[-1]
    who = [(author, number) for author, number in history.people(log.commits, 5) if doubts.passes(author, newest.short)]
    kinds = Counter(kind for commit in log.commits if (kind := history.kind_of(commit)))
    several = f"{len({c.author for c in log.commits})} people, most by " if len(who) > 1 else ""
    by = f" by {several}{', '.join(f'{a} ({n})' for a, n in who)}" if who else ""
    sorts = (
        "; by sort " + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common(6))
        if kinds.total() * 3 > len(log.commits)
        else ""
    )
    return f"{_count(len(log.commits), 'commit')} from {oldest.day} to {newest.day}{by}{sorts} {cite(oldest.short, newest.short)}"


def _speaks_for(area: str, paths: Sequence[str], told: dict[str, Header]) -> str:
    """Return the file whose head speaks for the whole area, if there is one: an index of the directory itself."""
    names = (
        "__init__.py",
        "mod.rs",
        "lib.rs",
        "doc.go",
        "index.ts",
        "index.js",
        "package-info.java",
        f"{area.rpartition('/')[2]}.go",
    )
    lead = f"{area}/" if area else ""
    return next((f"{lead}{n}" for n in names if f"{lead}{n}" in told and f"{lead}{n}" in paths), "")


def _area(
    name: str,
    area: str,
    paths: Sequence[str],
    told: dict[str, Header],
    commits: Sequence[Commit],
    doubts: Doubts,
) -> Seed:
    """Return the page of an area: what its files say of themselves, what changes most, who works there, and what was done."""
    where = f"{area}/" if area else "the top directory"
    sources: list[str] = []
    lines: list[str] = []
    head = _speaks_for(area, paths, told)
    if head:
        sources.append(f"{head}:{told[head].line}")
        lines.append(f"{told[head].text} {cite(sources[0])}")
    own = frozenset(paths)
    busy = dict(history.hot(commits, own.__contains__, 1, 10_000))
    spoken = sorted(
        (p for p in paths if p in told and p != head), key=lambda p: (_is_test(p), -busy.get(p, 0), p.count("/"), p)
    )[:_MODULES]
    if spoken:
        sources += [f"{path}:{told[path].line}" for path in spoken]
        entries = [
            f"{path.removeprefix(f'{area}/') if area else path}: {told[path].text} {cite(f'{path}:{told[path].line}')}"
            for path in sorted(spoken)
        ]
        rest = len(paths) - len(spoken) - bool(head)
        lines.append(f"Files{f', and {rest} more' if rest else ''}:\n{bullets(entries)}")
    if not spoken and not head:
        named = sorted(paths, key=lambda p: (-busy.get(p, 0), p))[:8]
        sources += [f"{path}:1" for path in named]
        entries = [f"{path.removeprefix(f'{area}/') if area else path} {cite(f'{path}:1')}" for path in named]
        lines.append(f"{_count(len(paths), 'file')} that say nothing of themselves, among them:\n{bullets(entries)}")
    if hot := history.hot(commits, own.__contains__):
        lines.append("Changed most often: " + ", ".join(f"{path} ({number} commits)" for path, number in hot) + ".")
    if len({commit.author for commit in commits}) > 1 and (
        who := [each for each in history.people(commits) if doubts.passes(each[0], where)]
    ):
        lines.append(
            f"Worked on by {', '.join(f'{author} ({number})' for author, number in who)}; last on {commits[0].day}."
        )
    if worth := history.notable(commits, doubts):
        sources += [commit.short for commit in worth]
        lines.append(f"Commits worth knowing:\n{bullets(map(history.line, worth))}")
    title = f"{name}: {where}"
    text = "\n\n".join([f"What is in {where}, {_count(len(paths), 'source file')}.", *lines])
    test = _is_test(f"{area}/x")
    return Seed(
        f"area:{area}", "page", title, text, tuple(dict.fromkeys(sources)), ("bootstrap", "area"), 0.3 if test else 0.6
    )


def _is_test(path: str) -> bool:
    return bool(
        {
            "test",
            "tests",
            "spec",
            "specs",
            "__tests__",
            "examples",
            "example",
            "bench",
            "benches",
            "benchmarks",
        }.intersection(path.lower().split("/"))
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shown(seed: Seed) -> str:
    """Return what a seed says, in one line, for a list."""
    return sentence(seed.text.partition("\n\n")[2] or seed.text, 100)
