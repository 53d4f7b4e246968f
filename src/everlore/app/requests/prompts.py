"""What is asked about a prompt that goes to a model, and about the exchange once it is answered."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from everlore.app.requests.fields import MAX_TEXT, Directory, Id, Namespace, Request, Tag

_Label = Annotated[str, Meta(min_length=1, max_length=80)]
_Prompt = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, description="What is asked of the model")]
_Session = Annotated[
    Annotated[str, Meta(min_length=1, max_length=200)] | None,
    Meta(description="Your own id of the conversation, so that nothing is told twice in it"),
]
_Client = Annotated[_Label | None, Meta(description="The program that speaks to the model; else the platform or you")]
_Platform = Annotated[_Label | None, Meta(description="Where the conversation takes place, such as chatgpt")]
_Provider = Annotated[_Label | None, Meta(description="Who runs the model, such as openai")]
_Model = Annotated[
    Annotated[str, Meta(min_length=1, max_length=200)] | None, Meta(description="The model, by its provider's name")
]
_Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Context(Request, frozen=True):
    """Say what a model should be told with a prompt."""

    prompt: _Prompt
    namespace: Namespace | None = None
    cwd: Directory | None = None
    session: _Session = None
    client: _Client = None
    platform: _Platform = None
    provider: _Provider = None
    model: _Model = None
    budget: Annotated[int, Meta(ge=20, le=20_000, description="The most tokens to tell")] = 800
    limit: Annotated[int, Meta(ge=1, le=20, description="The most items to tell")] = 5
    told: Annotated[list[Id], Meta(max_length=1_000, description="What the conversation was told already")] = field(
        default_factory=list
    )
    repeated: Annotated[_Count, Meta(description="Tokens that were told before and are sent again")] = 0


class Capture(Request, frozen=True):
    """Keep an exchange with a model as turns."""

    prompt: _Prompt
    response: Annotated[str, Meta(max_length=MAX_TEXT, description="What the model answered")]
    namespace: Namespace | None = None
    cwd: Directory | None = None
    session: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(description="Your own id of the conversation; else this is one of its own"),
    ] = None
    client: _Client = None
    platform: _Platform = None
    provider: _Provider = None
    model: _Model = None
    source_url: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2_000)] | None, Meta(description="Where it can be looked at")
    ] = None
    tags: Annotated[list[Tag], Meta(max_length=32, description="Words to find it by")] = field(default_factory=list)
    injection: Annotated[Id | None, Meta(description="The id that `context` gave for this prompt")] = None
    input_tokens: Annotated[
        _Count | None, Meta(description="Input as the provider counted it, with what came from its cache or went to it")
    ] = None
    output_tokens: Annotated[_Count | None, Meta(description="Output as the provider counted it")] = None
    cached_tokens: Annotated[_Count | None, Meta(description="That part of the input that came from its cache")] = None
    cache_written_tokens: Annotated[
        _Count | None, Meta(description="That part of the input that it wrote to its cache")
    ] = None
