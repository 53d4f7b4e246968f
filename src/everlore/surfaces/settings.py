"""Settings into `config.toml`, one key at a time, with every other byte left as it is: comments, order, line ends.

A key that is there gets its new value in its place, with the comment behind it; a new one goes after the last key that stands
before any table. No result is used before it has been read again and says what it should.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from everlore.core.config import load
from everlore.core.errors import InvalidInput, refused
from everlore.surfaces.agents.toml import parse, sections
from everlore.surfaces.agents.wiring import read
from everlore.surfaces.agents.writing import make_directories, write_whole

MEANINGS: dict[str, str] = {
    "namespace": "Where memories and imports go when none is named",
    "recipe": "The [recipe](recipes.md) that recall ranks by when none is named",
    "model": "`auto` takes the model in use if there is one, `none` takes none, a name takes that one or fails",
    "embedder_url": "The address of an OpenAI-compatible endpoint for embeddings; texts are sent to it",
    "embedder_model": "The model to ask that endpoint for",
    "embedder_key_env": "The environment variable that holds the key of that endpoint",
    "outbound_local": "How far from public the address of an endpoint may be: `none`, `loopback` for this machine too, `private` for private networks too",
    "host": "The address that `lore serve` listens on; one beyond this machine needs a token",
    "port": "The port that `lore serve` listens on; 0 takes any free one",
    "token": "The token that the server asks of every client; `lore token create` makes others beside it",
    "require_token": "Whether a token is asked of clients on this machine too",
    "cors_allow_origin": "Sites whose scripts may use the API from a browser, such as `http://localhost:3000`, with spaces between",
    "web_ui_dir": "A directory with a front end of your own, served at `/` with the API beside it",
    "base_path": "The path below which everything is served, such as `/memory`, for a reverse proxy that keeps it",
    "start_daemon": "Whether `lore mcp` may start a server in the background; else it works in its own process",
    "hooks_start_server": "Whether a hook may start a server in the background; else it leaves no process behind",
    "durability": "`normal` survives the death of a process, `full` the loss of power too, at a disk sync per write",
    "retention_days": "For how many days an archived memory is kept before `lore sweep` proposes to purge it; 0 for good",
    "ledger_days": "For how many days the ledger keeps which items were told and why; its sums stay; 0 for good",
    "vault": "Whether memories are kept as Markdown files too: `auto` unless the store is encrypted, `on` always, `off` never",
    "vault_directory": "Where those files are; the directory `vault` of the home by default",
    "lessons": "What becomes of lessons found in sessions: `propose` puts them into the inbox, `keep` keeps the sure ones at once, `off` looks for none",
    "curate_hours": "How often a running server curates, in hours; 0 never",
    "withhold_drifted": "Whether recall and hooks keep back memories of which the code has changed",
    "tell_at_prompts": "Whether hooks tell at [prompts](../guides/when-it-speaks.md) what is known",
    "tell_at_reads": "Whether hooks tell what is known about a file when an agent reads it",
    "tell_bar": "The least chance, 0 to 1, that an item belongs to a prompt for it to be told",
    "tell_shift": "The share of a prompt that has to be new, 0 to 1, for its topic to have shifted",
    "llm_provider": "The provider of a [language model](../guides/language-model.md): `anthropic`, `openai`, `gemini`, `ollama`, `compatible`; or none",
    "llm_model": "The model to ask that provider for",
    "llm_url": "The address to ask instead of the provider's own, up to and with its version; a compatible endpoint needs one",
    "llm_key_env": "The environment variable that holds the key, instead of the provider's usual one",
    "llm_subscription": "Whether a subscription's token may be sent to Anthropic, whose terms are against it",
    "llm_timeout": "How many seconds one request to a language model may take",
    "llm_output_tokens": "The most tokens of one answer of a language model",
    "llm_tokens_per_day": "The most tokens, sent and received, of a day in UTC; 0 for no limit",
    "llm_tokens_per_run": "The most tokens of one run of `lore refine` or one answer; 0 for no limit",
    "llm_money_per_day": "The most US dollars of a day in UTC; 0 for no limit",
    "llm_money_per_run": "The most US dollars of one run; 0 for no limit",
    "query_expansion": "Whether a language model is asked for other words where recall finds nothing",
    "proxy_port": "The port on 127.0.0.1 that [`lore proxy`](../guides/proxy.md) listens on; 0 takes any free one",
    "proxy_namespace": "Where requests through the proxy belong that do not say it; your workspace if empty",
    "proxy_wait_ms": "How long a request waits for memory, in milliseconds, before it goes on without",
    "proxy_upstream": "The address that every request through the proxy goes to, instead of to its provider's",
    "proxy_openai": "Where requests in OpenAI's shapes go",
    "proxy_anthropic": "Where requests in Anthropic's shape go",
    "proxy_gemini": "Where requests in Gemini's shape go",
    "proxy_ollama": "Where requests in Ollama's shapes go",
    "busy_timeout_ms": "How long a write waits for another process, in milliseconds",
}
"""What each setting is, in Markdown whose links lead from the reference pages."""

Value = str | int | float | bool
_VALUE = r"""("(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^#\s"']+)"""


def typed(home: Path, name: str, text: str) -> Value:
    """Return a value of a setting that was given as text; raise `InvalidInput` where it is none."""
    if not hasattr(load(home, environ={}), name) or name == "home":
        raise InvalidInput(f"there is no setting {name!r}", field=name, hint="docs/reference/settings.md lists them")
    value: Value = getattr(load(home, environ={f"EVERLORE_{name.upper()}": text}), name)
    return value


def put(text: str, values: Mapping[str, Value]) -> str:
    """Return the text of a settings file with other values; raise `InvalidInput` where it cannot be written so."""
    expected = parse(text) | dict(values)
    for name, value in values.items():
        text = _put(text, name, _literal(value))
    if parse(text) != expected:
        raise InvalidInput(
            "the file is written in a way that this cannot change", field="config", hint="mend it by hand"
        )
    return text


def save(home: Path, values: Mapping[str, Value]) -> bool:
    """Write settings into the home's file, which only its user may read; return whether anything changed."""
    path = home / "config.toml"
    try:
        there, old = read(path)
        new = put(old, values)
        if there and new == old:
            return False
        real = Path(os.path.realpath(path))
        for made in make_directories(real.parent):
            Path(made).chmod(0o700)
        write_whole(real, new)
        if not there:
            with suppress(OSError):
                real.chmod(0o600)
    except OSError as error:
        raise refused(error, f"{path} cannot be written") from error
    return True


def _put(text: str, name: str, literal: str) -> str:
    found = sections(text)
    head = text[: found[0].start] if found else text
    tail = text[len(head) :]
    line = re.compile(rf"(?m)^(\ufeff?[ \t]*{name}[ \t]*=[ \t]*){_VALUE}(?=[ \t]*(?:#[^\r\n]*)?\r?$)")
    if line.search(head):
        return line.sub(lambda match: match[1] + literal, head, count=1) + tail
    end = "\r\n" if "\r\n" in text else "\n"
    at = 0
    for said in re.finditer(r"(?m)^\ufeff?[ \t]*[^\s#\ufeff][^\n]*(?:\n|\Z)", head):
        at = said.end()
    if not at:  # nothing but comments, which are about the file
        at = len(head)
    lead = "" if not at or head[:at].endswith(("\n", "\ufeff")) else end
    return f"{head[:at]}{lead}{name} = {literal}{end}{head[at:]}{tail}"


def _literal(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
