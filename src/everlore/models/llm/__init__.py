"""Language models, opt-in: one port over several providers, `LanguageModel.ask(prompt, shape, gate) -> (value, usage)`, and
`talk(said, tell, gate) -> Spoken` for plain text as it comes.

    values     what is asked, what it cost, and the gate that every single request passes before and after
    providers  who can be asked: addresses, keys, prices' names, and what is missing to ask them; imports no SDK
    port       asking, with retries, one correction, and a clock over all of it
    wire       the one module that knows pydantic-ai and the SDKs behind it; loaded by the first request
    prices     what tokens cost, from the table that genai-prices carries

Nothing here touches the store: budget, breaker and the rows of what was spent are the gate's, which `app` provides.
"""
