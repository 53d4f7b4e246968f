"""One request to one provider, through pydantic-ai; nothing else in Everlore imports it.

The SDKs' own retries are off, their connections go to judged addresses only, and everything that can go wrong comes back
as `ModelFailed` with an outcome, `Denied` for an address that may not be spoken to. The key appears in no error.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
from pydantic_ai import exceptions as wrong
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from everlore.core.errors import Denied, EverloreError, InvalidInput, ModelFailed
from everlore.core.urls import Resolve, resolved
from everlore.models.llm.providers import LOOPBACK, Endpoint
from everlore.models.llm.values import Usage
from everlore.models.pinned import AsyncPinnedClient

_LOOK = 0.1
_TOOL = "answer"
_SAID = 200
_OAUTH = "oauth-2025-04-20"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: JSON as text, or plain text where no shape was asked for, and what it cost, None if that was not told.

    An `outcome` other than "ok" says why it is of no use.
    """

    text: str
    usage: Usage | None
    outcome: str = "ok"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the instructions, what was said by us and by the model in turns, and the shape of the answer, None for text."""

    instructions: str
    said: Sequence[str]
    schema: dict[str, Any] | None
    most: int
    seconds: float
    stop: threading.Event
    resolve: Resolve = resolved


class _Heard:
    """When something was last heard of an answer, in the time of the running loop."""

    def __init__(self) -> None:
        self.again()

    def again(self) -> None:
        self.at = asyncio.get_running_loop().time()


def load(provider: str) -> None:
    """Load what asks a provider, for who has time for that before there is something to ask."""
    if provider == "anthropic":
        import pydantic_ai.models.anthropic
    else:
        import pydantic_ai.models.ollama
        import pydantic_ai.models.openai  # noqa: F401


def request(at: Endpoint, call: Call) -> Reply:
    """Make one request and return what came back; raise `ModelFailed` or `Denied`."""
    return asyncio.run(_request(at, call, lambda model, _: _ask(model, call)))


def stream(at: Endpoint, call: Call, tell: Callable[[str], None]) -> Reply:
    """Make one request for plain text, hand each piece to `tell` as it comes, and return the whole; raise as `request` does.

    The seconds of the call are those of silence here: each piece gives the next one as long.
    """
    return asyncio.run(_request(at, call, lambda model, heard: _follow(model, call, heard, tell)))


async def _request(at: Endpoint, call: Call, ask: Callable[[Model, _Heard], Awaitable[Reply]]) -> Reply:
    key, subscription = at.key()
    async with AsyncPinnedClient(
        local=at.local, field="llm_url", resolve=call.resolve, trust_env=at.host not in LOOPBACK,
        follow_redirects=False, timeout=call.seconds,
    ) as client:  # fmt: skip
        try:
            model = _model(at, key, subscription, client)  # what that loads is no time of the provider's
            heard = _Heard()
            return await _until_stopped(ask(model, heard), call, heard)
        except TimeoutError as error:
            raise ModelFailed(
                f"{at.provider} did not answer within {call.seconds:g} seconds", outcome="timed out", passing=True,
                hint="llm_timeout says how long to wait",
            ) from error  # fmt: skip
        except EverloreError:
            raise
        except Exception as error:  # whatever the libraries raise, the request has failed, and no more
            raise _explained(at, error, key) from error


async def _until_stopped(asked: Awaitable[Reply], call: Call, heard: _Heard) -> Reply:
    """Wait for an answer as long as there is time and nobody says stop."""
    task = asyncio.ensure_future(asked)
    loop = asyncio.get_running_loop()
    try:
        while True:
            left = heard.at + call.seconds - loop.time()
            done, _ = await asyncio.wait({task}, timeout=min(_LOOK, max(0.0, left)))
            if done:
                return task.result()
            if call.stop.is_set():
                raise ModelFailed("it was stopped before the model answered", outcome="stopped", passing=True)
            if loop.time() >= heard.at + call.seconds:
                raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


def _model(at: Endpoint, key: str, subscription: bool, client: httpx2.AsyncClient) -> Model:
    """Return the model behind an endpoint, on our own client."""
    if at.provider == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        # given one credential, the SDK does not look for others in the environment
        sdk = AsyncAnthropic(
            api_key=None if subscription else key, auth_token=key if subscription else None, base_url=at.url,
            http_client=client, max_retries=0, default_headers={"anthropic-beta": _OAUTH} if subscription else None,
        )  # fmt: skip
        return AnthropicModel(at.model, provider=AnthropicProvider(anthropic_client=sdk))
    from openai import AsyncOpenAI
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.ollama import OllamaProvider
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    plain = AsyncOpenAI(api_key=key or "none", base_url=at.url, http_client=client, max_retries=0)
    if at.provider == "openai":
        return OpenAIChatModel(at.model, provider=OpenAIProvider(openai_client=plain))
    plain.organization = plain.project = None  # these are of OpenAI, and nobody else's business
    # Ollama and others take no notice of OpenAI's newer word for the limit, and then nothing bounds an answer.
    older = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    if at.provider == "ollama":
        ollama = OllamaProvider(openai_client=plain)
        profile = merge_profile(OllamaModel(at.model, provider=ollama).profile, older)
        return OllamaModel(at.model, provider=ollama, profile=profile)
    others = OpenAICompatibleProvider(at.provider, openai_client=plain)
    profile = merge_profile(OpenAIChatModel(at.model, provider=others).profile, older)
    return OpenAIChatModel(at.model, provider=others, profile=profile)


async def _ask(model: Model, call: Call) -> Reply:
    response = await model.request(list(_messages(call)), _settings(call), _parameters(model, call.schema))
    return Reply(_text(response), _usage(response), _FINISH.get(response.finish_reason or "", "ok"))


async def _follow(model: Model, call: Call, heard: _Heard, tell: Callable[[str], None]) -> Reply:
    said = []
    parameters = _parameters(model, None)
    async with model.request_stream(list(_messages(call)), _settings(call), parameters) as stream:
        async for event in stream:
            heard.again()
            if piece := _piece(event):
                said.append(piece)
                tell(piece)
        response = stream.get()
    used = response.usage
    usage = _usage(response) if used.input_tokens or used.output_tokens else None
    # A stream that ends without a word of why it ends has been cut, whatever the connection says.
    return Reply("".join(said), usage, _FINISH.get(response.finish_reason or "length", "ok"))


_FINISH = {"content_filter": "refused", "length": "truncated"}


def _piece(event: ModelResponseStreamEvent) -> str:
    """Return the text that an event of a stream brings; what a model thinks is not what it says."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _settings(call: Call) -> ModelSettings:
    return ModelSettings(max_tokens=call.most, timeout=call.seconds, max_retries=0)


def _usage(response: ModelResponse) -> Usage:
    used = response.usage
    return Usage(
        used.input_tokens,
        used.output_tokens,
        used.cache_read_tokens,
        response.model_name or "",
        used.cache_write_tokens,
    )


def _parameters(model: Model, schema: dict[str, Any] | None) -> ModelRequestParameters:
    """Return how the answer's shape is asked for: as the provider's own structured output, else as the call of one tool."""
    if schema is None:
        return ModelRequestParameters(output_mode="text", allow_text_output=True)
    native = model.system != "anthropic" and model.profile.get("supports_json_schema_output", False)
    if native:
        shape = OutputObjectDefinition(json_schema=schema, name=_TOOL)
        return ModelRequestParameters(output_mode="native", output_object=shape, allow_text_output=True)
    tool = ToolDefinition(name=_TOOL, parameters_json_schema=schema, description="Give the answer.", kind="output")
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def _messages(call: Call) -> Iterator[ModelMessage]:
    for number, said in enumerate(call.said):
        if number % 2:
            yield ModelResponse(parts=[TextPart(said)])
        else:
            yield ModelRequest(parts=[UserPromptPart(said)], instructions=call.instructions or None)


def _text(response: ModelResponse) -> str:
    """Return the JSON of an answer: the arguments of the tool, else the text without a fence around it."""
    for part in response.parts:
        if isinstance(part, ToolCallPart):
            return part.args if isinstance(part.args, str) else json.dumps(part.args or {})
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.removesuffix("```").partition("\n")[2]
    return text.strip()


_SORTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool, str], ...] = (
    (wrong.ModelQuotaExceededError, "quota", False, "the account has no credit or quota left"),
    (wrong.ModelRateLimitError, "rate limited", True, "try again in a while; work that waits is done then"),
    (wrong.ModelContextWindowExceededError, "too long", False, "a model with a larger context would take it"),
    (wrong.ModelAuthenticationError, "key refused", False, "check the key, and that it may use this model"),
    (wrong.ModelNotFoundError, "not found", False, "check llm_model and llm_url"),
    (wrong.ModelRequestRejectedError, "rejected", False, "check llm_model: it has to give structured answers"),
    (wrong.ModelTimeoutError, "timed out", True, "llm_timeout says how long to wait"),
    (wrong.ModelConnectionError, "unreachable", True, "check the network and llm_url"),
    (wrong.ModelServerError, "server error", True, "try again in a while; work that waits is done then"),
    (wrong.ModelUnavailableError, "server error", True, "try again in a while; work that waits is done then"),
    (wrong.ContentFilterError, "refused", False, ""),
    (
        (wrong.UnexpectedModelBehavior, wrong.ModelAPIError),
        "malformed",
        False,
        "check llm_url: what answers there is no such endpoint",
    ),
    (httpx2.TimeoutException, "timed out", True, "llm_timeout says how long to wait"),
    (httpx2.HTTPError, "unreachable", True, "check the network and llm_url"),
)
"""What goes wrong: our word for it, whether it may pass, and what to do. The first that fits counts."""


def _explained(at: Endpoint, error: Exception, key: str) -> EverloreError:
    """Return our error for one of the library's."""
    for cause in _causes(error):
        if isinstance(cause, (Denied, InvalidInput)):
            return cause
    outcome, passing, hint = next(
        ((word, may, do) for kind, word, may, do in _SORTS if isinstance(error, kind)),
        ("malformed", False, "check llm_model and llm_url"),
    )
    if any(300 <= getattr(cause, "status_code", 0) < 400 for cause in _causes(error)):
        outcome, passing, hint = "rejected", False, "check llm_url: it leads elsewhere, and no redirect is followed"
    said = " ".join(str(error).split())
    said = (said.replace(key, "…") if key else said)[:_SAID]
    wait = getattr(error, "retry_after", None) or 0.0
    return ModelFailed(
        f"{at.provider} failed ({outcome}): {said}",
        outcome=outcome,
        passing=passing,
        retry_after=float(wait),
        hint=hint,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 10:  # a chain that closes on itself must not hang us
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1
