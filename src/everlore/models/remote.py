"""An embedder over any OpenAI-compatible endpoint: texts go out in batches, unit vectors come back.

Such an endpoint gives one vector a text and none for its word pieces. So that late interaction has something to match,
the whole text counts as its one piece, of number 0: matching it gives the cosine of the texts against signs, about 0.8
of the true one. The identity is made from the address and the model's name: the weights behind them are out of sight.

Invariants: retries and their growing pauses stay within a call's time, and a server that only dribbles is cut off;
after a question failed, questions fail at once for a while, so that a dead endpoint does not slow every recall; an
answer that is incomplete, out of order or not numbers raises `ModelUnavailable` rather than giving wrong vectors; the
key is read from the environment when it is needed and appears in no error.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from everlore.core.errors import Denied, InvalidInput, ModelUnavailable
from everlore.core.urls import Local, Resolve, is_literal, judged, read, resolved
from everlore.models.codes import PassageCode, quantize, sign_bits
from everlore.models.embedder import QuestionCode

if TYPE_CHECKING:
    import httpx2
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 64
_ATTEMPTS = 4
_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
_REMEMBERED = 256
_WIDTH_UNIT = 64  # what the search of sign bits takes at a time
_BODY_LIMIT = 64_000_000
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class RemoteEmbedder:
    """An endpoint that takes `POST {url}/embeddings`; safe to call from several threads."""

    def __init__(
        self,
        url: str,
        model: str,
        key_env: str = "",
        *,
        timeout: float = 30.0,
        question_timeout: float = 5.0,
        rest: float = 30.0,
        batch: int = _BATCH,
        pause: Callable[[float], object] = time.sleep,
        local: Local = "loopback",
        resolve: Resolve = resolved,
    ) -> None:
        """Take the address up to and with its version (`http://localhost:11434/v1`) and the model's name there.

        `key_env` names the environment variable that holds the key; without it none is sent. `timeout` and
        `question_timeout` are the seconds that a batch of passages and a question may take, retries and all; `rest` is how
        long no question is asked after one failed. `local` says how far from public the address may be; a name is looked
        up when it is connected to. Raises `InvalidInput` for an address that is none, `Denied` for one not to be spoken to.
        """
        scheme, host, port = read(url, field="embedder_url")
        if is_literal(host):
            judged(host, port, local=local, secure=scheme == "https", field="embedder_url")
        if not model:
            raise InvalidInput("the endpoint needs a model's name", field="embedder_model", hint="set embedder_model")
        self.name = model
        self._url = url.rstrip("/").removesuffix("/embeddings") + "/embeddings"
        self.identity = hashlib.sha256(f"{self._url}\0{model}".encode()).hexdigest()[:16]
        self._host = host
        self._local, self._resolve = local, resolve
        self._key_env = key_env
        self._timeout, self._question_timeout = timeout, question_timeout
        self._rest, self._resting_until = rest, 0.0
        self._batch = max(1, batch)
        self._pause = pause
        self._recent: OrderedDict[str, QuestionCode] = OrderedDict()
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def encode_passages(self, texts: Sequence[str]) -> list[PassageCode]:
        """Return the storage code of each text, in order; raise `ModelUnavailable`."""
        import numpy as np

        codes: list[PassageCode] = []
        for at in range(0, len(texts), self._batch):
            for vector in self._embed(texts[at : at + self._batch], self._timeout):
                pooled, scale = quantize(vector)
                codes.append(PassageCode(pooled, scale, np.zeros(1, np.uint32), sign_bits(vector[None])))
        return codes

    def encode_question(self, text: str) -> QuestionCode:
        """Return the vector of a question, which is its one piece too; raise `ModelUnavailable`."""
        import numpy as np

        with self._lock:
            known = self._recent.get(text)
            if known is not None:
                self._recent.move_to_end(text)
                return known
        if time.monotonic() < self._resting_until:
            raise ModelUnavailable(
                f"the embedding endpoint {self._host} failed a moment ago", hint="recall goes on with words meanwhile"
            )
        try:
            vector = self._embed([text], self._question_timeout)[0]
        except ModelUnavailable:
            self._resting_until = time.monotonic() + self._rest
            raise
        code = QuestionCode(vector, np.zeros(1, np.int64), vector[None])
        with self._lock:
            self._recent[text] = code
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return code

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _embed(self, texts: Sequence[str], seconds: float) -> list[NDArray[np.float32]]:
        # An empty input is an error to most servers, and every passage must get its vector.
        body = {
            "model": self.name,
            "input": [text if text.strip() else "-" for text in texts],
            "encoding_format": "float",
        }
        return self._read(self._post(body, seconds), len(texts))

    def _post(self, body: dict[str, Any], seconds: float) -> object:
        """Return the JSON of the answer, trying again while the trouble may pass and there is time."""
        import httpx2

        headers, deadline = self._headers(), time.monotonic() + seconds
        for attempt in range(1, _ATTEMPTS + 1):
            wait = min(_LONGEST_PAUSE, _PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
            left = deadline - time.monotonic()
            try:
                sent = self._open().stream("POST", self._url, json=body, headers=headers, timeout=max(0.05, left))
                with sent as answer:
                    content = self._drain(answer, deadline)
                if answer.status_code not in _PASSING:
                    return self._accept(answer.status_code, content)
                reason = f"answered {answer.status_code}"
                wait = max(wait, _retry_after(answer.headers.get("Retry-After", "")))
            except (httpx2.TimeoutException, TimeoutError):
                reason = "did not answer in time"
            except httpx2.HTTPError as error:
                reason = f"cannot be reached ({self._clean(str(error) or type(error).__name__)})"
            except Denied as error:
                raise ModelUnavailable(
                    f"the embedding endpoint {self._host} may not be asked: {error.message}", hint=error.hint
                ) from error
            except RuntimeError:  # closed by another thread in the middle
                reason = "was closed"
            if attempt == _ATTEMPTS or time.monotonic() + wait >= deadline:
                break
            self._pause(wait)
        raise ModelUnavailable(
            f"the embedding endpoint {self._host} {reason}", hint="recall goes on with words; check embedder_url"
        )

    def _headers(self) -> dict[str, str]:
        if not self._key_env:
            return {}
        key = os.environ.get(self._key_env, "").strip()
        if not key:
            raise ModelUnavailable(
                f"the key of the embedding endpoint {self._host} is not set", hint=f"set the variable {self._key_env}"
            )
        if not key.isascii() or not key.isprintable():
            raise ModelUnavailable(f"{self._key_env} holds no key: it has characters that no header may have")
        return {"Authorization": f"Bearer {key}"}

    def _open(self) -> httpx2.Client:
        from everlore.models.pinned import PinnedClient

        with self._lock:
            if self._client is None:
                # A proxy from the environment has no way to this machine's own ports.
                proxied = self._host not in _LOOPBACK
                self._client = PinnedClient(
                    local=self._local,
                    field="embedder_url",
                    resolve=self._resolve,
                    trust_env=proxied,
                    follow_redirects=False,
                )
            return self._client

    def _drain(self, answer: httpx2.Response, deadline: float) -> bytes:
        pieces, size = [], 0
        for piece in answer.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > _BODY_LIMIT:
                raise ModelUnavailable(f"the embedding endpoint {self._host} sent more than vectors can take")
            if time.monotonic() > deadline:
                raise TimeoutError
        return b"".join(pieces)

    def _accept(self, status: int, content: bytes) -> object:
        if status == 200:
            try:
                return json.loads(content)
            except (ValueError, RecursionError) as error:
                raise ModelUnavailable(
                    f"the embedding endpoint {self._host} sent no JSON", hint="check embedder_url: it must end in /v1"
                ) from error
        hints = {
            401: f"check the key in {self._key_env}"
            if self._key_env
            else "set embedder_key_env to the variable with the key",
            403: f"check the key in {self._key_env}"
            if self._key_env
            else "set embedder_key_env to the variable with the key",
            404: "check embedder_url and embedder_model",
        }
        said = self._clean(" ".join(content[:2000].decode("utf-8", "replace").split()))[:200]
        raise ModelUnavailable(
            f"the embedding endpoint {self._host} answered {status}" + (f": {said}" if said else ""),
            hint=hints.get(status, "check embedder_url and embedder_model"),
        )

    def _clean(self, text: str) -> str:
        key = os.environ.get(self._key_env, "").strip() if self._key_env else ""
        return text.replace(key, "…") if key else text

    def _read(self, answer: object, count: int) -> list[NDArray[np.float32]]:
        """Return the unit vectors of an answer in the order of the texts."""
        import numpy as np

        try:
            rows = sorted(answer["data"], key=lambda row: int(row["index"]))  # type: ignore[index]  # checked by the except
            if [int(row["index"]) for row in rows] != list(range(count)):
                raise ValueError(f"{len(rows)} vectors for {count} texts")
            matrix = np.array([row["embedding"] for row in rows], np.float32)
            if matrix.ndim != 2 or not matrix.shape[1] or matrix.shape[1] > 65_472:
                raise ValueError("the vectors are not of one width")
            matrix = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % _WIDTH_UNIT)))
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise ModelUnavailable(
                f"the embedding endpoint {self._host} sent no usable vectors: {str(error)[:100]}",
                hint="check embedder_url and embedder_model",
            ) from error
        lengths = np.linalg.norm(matrix.astype(np.float64), axis=1)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise ModelUnavailable(f"the embedding endpoint {self._host} sent vectors without a direction")
        unit: NDArray[np.float32] = (matrix / lengths[:, None]).astype(np.float32)
        return list(unit)


def _retry_after(value: str) -> float:
    """Return the seconds a server asked to wait, at most 60; 0 when it named none."""
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return min(seconds, 60.0) if math.isfinite(seconds) and seconds > 0 else 0.0
