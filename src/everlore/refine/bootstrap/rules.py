"""The rules that a project gives its agents: one convention for each line of a rule file that is a rule.

What a rule file says of the layout, of commands or of where to read on is no rule, and is told better by what it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from everlore.refine.bootstrap.markdown import Piece, pieces
from everlore.refine.bootstrap.values import Seed, cite

_FILES = re.compile(
    r"(?:^|/)(?:CLAUDE(?:\.local)?|AGENTS?|GEMINI|CONVENTIONS)\.md$|(?:^|/)\.(?:cursorrules|windsurfrules|clinerules|goosehints)$|"
    r"(?:^|/)\.cursor/rules/.+\.mdc?$|(?:^|/)\.(?:windsurf|clinerules|claude)/rules/.+\.md$|(?:^|/)\.github/(?:copilot-instructions|instructions/.+)\.md$"
)
_DESCRIBES = re.compile(
    r"overview|structure|layout|architecture|directory|directories|project map|file tree|glossary|about|introduction|links|resources|"
    r"references|see also|tech stack",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"\b(?:always|never|must(?:n't)?|do(?:es)? not|don't|should(?:n't)?|shall|avoid|prefer|only|required?|forbidden|not allowed|no need|instead of|rather than|"
    r"make sure|ensure|be sure|needs? to|has to|have to|may not|cannot|can't|without|before|after every|at most|at least|unless)\b",
    re.IGNORECASE,
)
_RULING = re.compile(
    r"\b(?:rules?|style|conventions?|guidelines?|standards?|practices?|principles?|naming|dos?|don'?ts?|gotchas?|pitfalls?|caveats?|constraints?|"
    r"requirements?|workflow|testing|tests|git|commits?|pull requests?|prs?|security|errors?|never|always|important|preferences?|formatting|imports?)\b",
    re.IGNORECASE,
)
"""Headings under which an entry is a rule however it is worded."""
_IMPERATIVE = re.compile(
    r"(?:add|annotate|ask|assert|avoid|break|bump|catch|check|choose|cite|cover|commit|consider|create|declare|define|delete|document|ensure|export|fix|follow|format|"
    r"group|handle|import|include|inject|inline|keep|leave|limit|lint|log|make|mark|match|mirror|mock|move|name|note|order|pass|pin|place|prefer|prefix|put|raise|"
    r"re-?run|read|regenerate|remember|remove|rename|replace|respect|return|reuse|review|run|sort|split|squash|start|stick|store|test|throw|treat|try|type|update|"
    r"use|validate|verify|wrap|write)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"^[`'\"]?[\w./*-]+[`'\"]?\s*(?:[:—–-]\s|$)|^`[^`]+`\s*$|^\[[^\]]+\]\([^)]*\)\W*$")
_SAMPLES = re.compile(r"(?:^|/)(?:tests?|fixtures?|examples?|samples?|templates?|data|testing|specs?)/", re.IGNORECASE)
_COMMENT = re.compile(r"\s*<!--.*?(?:-->|$)", re.DOTALL)
_CODE_ONLY = re.compile(r"^`[^`]+`\s*(?:[:—–-].*)?$")
_SHORTEST, _LONGEST = 12, 1200
_MOST = 120


def is_rule_file(path: str) -> bool:
    """Tell whether a file holds rules for agents."""
    return _FILES.search(path) is not None and not _SAMPLES.search(path)


def rules(name: str, files: Sequence[str], read: Callable[[str], str | None]) -> Iterator[Seed]:
    """Yield the rules of a project's rule files, each rule once."""
    known: set[str] = set()
    for path in sorted((p for p in files if is_rule_file(p)), key=lambda p: (p.count("/"), p)):
        for piece in pieces(_COMMENT.sub(lambda m: "\n" * m[0].count("\n"), read(path) or "")):
            words = " ".join(piece.text.lower().split())
            if words in known or not is_rule(piece):
                continue
            known.add(words)
            source = f"{path}:{piece.line}"
            yield Seed(
                f"rule:{blake2b(words.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}:{path}", "convention", _title(name, path, piece),
                f"{piece.text}\n{cite(source)}", (source,), ("bootstrap", "rule"), 0.6, 2,
            )  # fmt: skip
            if len(known) == _MOST:
                return


def is_rule(piece: Piece) -> bool:
    """Tell whether an entry or a paragraph says what to do or not to do."""
    said = piece.text.replace("**", "").strip()
    if not _SHORTEST <= len(said) <= _LONGEST or _CODE_ONLY.match(said) or len(said.split()) < 3 or said.endswith(":"):
        return False
    if said.startswith("|"):
        return False
    if any(_DESCRIBES.search(words) for words in piece.above[1:] or piece.above):
        return False
    told = said.partition(": ")[2] if _NOTHING.match(said) else said
    if piece.bullet:
        ruling = bool(piece.above) and _RULING.search(piece.above[-1]) and not _NOTHING.match(said)
        return bool(ruling or _IMPERATIVE.match(told) or _MODAL.search(said))
    first = re.split(r"(?<=[.!])\s", said, maxsplit=1)[0]
    return (
        bool(_IMPERATIVE.match(first) or re.search(r"\b(?:always|never|must|do not|don't)\b", said, re.IGNORECASE))
        and len(said) <= 500
    )


def _title(name: str, path: str, piece: Piece) -> str:
    under = next((words for words in reversed(piece.above[1:])), "")
    where = path.rpartition("/")[0] if path.count("/") and not path.startswith(".") else ""
    return f"Rule of {name}{f', {where}' if where else ''}{f': {under}' if under else ''}"
