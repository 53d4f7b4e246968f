"""What the ledger answers: sums in tokens and money, entries, and why something was told.

Money is in US dollars. None stands for what nobody knows; it is never a guess and never zero.
"""

from __future__ import annotations

from msgspec import field

from everlore.app.answers.root import Answer


class LedgerSums(Answer, frozen=True):
    """Sums over entries that share a key, such as a day, a provider or a namespace; an empty key is one that is not known.

    `injected` are the tokens that were told, `repeated` those of them that were sent again; `history` is what it would have
    taken to send the sessions instead, None where no entry has any, `history_unknown` the number of entries that have none.
    `tools` are tokens of tool descriptions, `ingestion` those that models read and wrote for memory, None where that cannot be
    told for this key. `saved` is history less all of these. `priced` and `unpriced` are entries of known and unknown price,
    `saved_money` the money of those of known price less that of ingestion, None where no price is known. `input`, `cached`,
    `cache_written` and `output` are what providers counted, in `counted` entries. Of `items`, `heard` went to conversations of
    which an answer is kept, and `cited`, `echoed` and `feedback` were used.
    """

    key: str
    injections: int = 0
    withheld: int = 0
    injected: int = 0
    repeated: int = 0
    history: int | None = None
    history_unknown: int = 0
    tools: int = 0
    ingestion: int | None = None
    saved: int | None = None
    priced: int = 0
    unpriced: int = 0
    unpriced_tokens: int = 0
    history_money: float | None = None
    injected_money: float | None = None
    ingestion_money: float | None = None
    ingestion_unpriced: int = 0
    saved_money: float | None = None
    counted: int = 0
    input: int | None = None
    cached: int | None = None
    cache_written: int | None = None
    output: int | None = None
    items: int = 0
    heard: int = 0
    cited: int = 0
    echoed: int = 0
    feedback: int = 0


class Ingested(Answer, frozen=True):
    """What models were asked for one purpose; `unpriced` are requests whose price is not known."""

    purpose: str
    requests: int
    sent: int
    received: int
    cached: int
    money: float
    unpriced: int


class Spent(Answer, frozen=True):
    """What memory cost and saved, whole and by what told it, by provider and by namespace; how that is computed, and what is not known.

    `p50` and `p95` are milliseconds of an answer.
    """

    since: str
    until: str
    total: LedgerSums
    operations: list[LedgerSums]
    providers: list[LedgerSums]
    namespaces: list[LedgerSums]
    ingestion: list[Ingested]
    p50: float | None
    p95: float | None
    formula: list[str]
    unknown: list[str]
    prices: list[str]


class SpentOver(Answer, frozen=True):
    """Sums of each day or week in which something was told or ingested, oldest first; or of each provider and model."""

    since: str
    until: str
    rows: list[LedgerSums]
    formula: list[str]


class Told(Answer, frozen=True):
    """One item of an entry, why it was told, and how it turned out to be used: cited, echoed or feedback."""

    id: str
    revision: int | None
    tokens: int
    role: str | None
    why: str
    used: str | None


class LedgerEntry(Answer, frozen=True):
    """One entry; rates are US dollars for a million tokens, `prices` the version of the table that they are from."""

    id: str
    at: str
    surface: str
    operation: str
    namespace: str | None
    client: str | None
    conversation: str | None
    platform: str | None
    provider: str | None
    model: str | None
    tokens: int
    repeated: int
    history: int | None
    milliseconds: float
    withheld: bool
    input: int | None
    cached: int | None
    cache_written: int | None
    output: int | None
    outcome: str | None
    prices: str | None
    input_rate: float | None
    cached_rate: float | None
    cache_write_rate: float | None
    output_rate: float | None
    items: list[Told] = field(default_factory=list)


class LedgerPage(Answer, frozen=True):
    """Entries, newest first; `next` is to be given as `before` for the next page, None where there is none."""

    entries: list[LedgerEntry]
    next: str | None


class Occasion(Answer, frozen=True):
    """One time that an item was told."""

    entry: str
    at: str
    surface: str
    operation: str
    namespace: str | None
    client: str | None
    conversation: str | None
    revision: int | None
    tokens: int
    role: str | None
    why: str
    used: str | None


class WhyTold(Answer, frozen=True):
    """How often an item was told and used, what was said of it, and the occasions, newest first.

    `feedback` counts the verdicts on a memory.
    """

    id: str
    kind: str
    told: int
    first: str | None
    last: str | None
    used: dict[str, int]
    feedback: dict[str, int]
    occasions: list[Occasion]


class Weighed(Answer, frozen=True):
    """One candidate: the parts of its score, how much of the prompt is in it (0 to 1), and what became of it, with why."""

    id: str
    kind: str
    text: str
    score: float
    parts: dict[str, float]
    covered: float
    told: bool
    why: str


class ContextExplained(Answer, frozen=True):
    """What context would tell with a prompt: the block, the candidates in order, and how sure the search is (0 to 1)."""

    block: str | None
    tokens: int
    confidence: float
    withheld: bool
    candidates: list[Weighed]
    others: list[str]
