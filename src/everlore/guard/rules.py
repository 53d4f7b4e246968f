"""The table of secrets: how each kind looks and what else must hold for it to be one.

A rule is tried only where one of its `hints` stands in the text: it matches from the hint on, or, when it is `searched`,
anywhere in a text that has the hint or in which `probe` finds something. The hints of a `token` are spelled as in the text,
all others are looked for in the lower-cased text, and only if the word that the rule `needs` is there too. When a rule is
`assigned`, its pattern ends where a value begins, which `VALUE` then matches. The secret is the group `s` or `u`, or the
whole match; `before` must end the text in front of the match and looks back `reach` characters, `proof` names the test of `redact` that the secret must
pass. Earlier rules give their name to what several match.
"""

from __future__ import annotations

import re

from everlore.guard.lazily import pattern as lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Proof = Literal["form", "password", "key", "url", "basic", "cookie", "block"]


class Rule:
    """One way a secret looks. It is never changed; a data class would cost every hook its import."""

    __slots__ = (
        "assigned",
        "before",
        "hints",
        "kind",
        "needs",
        "pattern",
        "probe",
        "proof",
        "reach",
        "searched",
        "token",
    )

    def __init__(
        self,
        kind: str,
        hints: tuple[str, ...],
        pattern: re.Pattern[str],
        proof: Proof = "form",
        before: re.Pattern[str] | None = None,
        *,
        searched: bool = False,
        token: bool = False,
        assigned: bool = False,
        needs: str = "",
        probe: re.Pattern[str] | None = None,
        reach: int = 32,
    ) -> None:
        self.kind = kind
        self.hints = hints
        self.pattern = pattern
        self.proof = proof
        self.before = before
        self.searched = searched
        self.token = token
        self.assigned = assigned
        self.needs = needs
        self.probe = probe
        self.reach = reach


# A token begins where no letter or digit stands before it; escapes in JSON and in URLs end in such, and a path of one API.
_EDGE = lazy(r"(?:^|[^A-Za-z0-9]|\\[nrt]|%[0-9A-Fa-f]{2}|/bot)$")
_STOP = r"(?![A-Za-z0-9])"


def _token(kind: str, hints: str, pattern: str, *, searched: bool = False, probe: str = "") -> Rule:
    """Return a rule for a token with a fixed prefix; its letters' case counts."""
    return Rule(
        kind, tuple(hints.split()), lazy(f"(?:{pattern}){_STOP}"), before=_EDGE, reach=4, searched=searched, token=True,
        probe=lazy(probe) if probe else None,
    )  # fmt: skip


def _near(
    kind: str, hints: str, pattern: str, proof: Proof, before: str = "", reach: int = 32, *,
    needs: str = "", assigned: bool = False,
) -> Rule:  # fmt: skip
    """Return a rule for a value that only its neighbourhood gives away; case does not count."""
    context = lazy(f"(?:{before})$", re.IGNORECASE) if before else None
    return Rule(
        kind, tuple(hints.split("|")), lazy(pattern, re.IGNORECASE), proof, context,
        needs=needs, assigned=assigned, reach=reach,
    )  # fmt: skip


def _assigned(kind: str, hints: str, name: str, proof: Proof, before: str = "", reach: int = 32) -> Rule:
    """Return a rule for the value that is assigned to a name."""
    return _near(kind, hints, f"{name}{_SEP}", proof, before, reach, assigned=True)


# A separator between a name and its value, and the value: in quotes, or up to white space, quotes or the next name.
_SEP = r"""(?:\\?["'`])?\]?\s{0,8}(?::=|=>|={1,2}|:)\s{0,8}"""
_QUOTED = r"""[rbfu]{0,2}(?P<q>\\?["'`])(?P<s>(?:(?!(?P=q))[^\r\n]){4,1024})(?P=q)"""
_BARE_END = r"""[,;&|)\]}]+(?:[\s,;)\]}]|$|[\w.\- ]{1,40}[=:])|[.!?]+(?:\s|$)|\\[nrt"']"""
_PLAIN, _BREAK = r"""[^\s"'`<>,;&|)\]}.!?\\]""", r"[,;&|)\]}.!?\\]"
_BARE = rf"(?P<u>(?:{_PLAIN}{{1,1024}}+|(?!{_BARE_END}){_BREAK})(?:(?!{_BARE_END}){_BREAK}{_PLAIN}{{0,256}}+){{0,16}})"
VALUE = lazy(f"{_QUOTED}|{_BARE}", re.IGNORECASE)  # one for all, for it takes long to compile
_STAGE = r"(?:[_-]?(?:prod|production|dev|staging|stage|test|live|main|primary|secondary|new|old|base|v?\d{1,3}))?"
_KEY_OWNER = (
    r"(?:api|access|secret|private|encryption|encrypt|signing|sign|auth|master|account|shared|service|license|app|client"
    r"|subscription|webhook|admin|bot|jwt|hmac|aes|cipher|storage|data|deploy|integration|session|server|write|functions?)"
    r"[_\-. ]?"
)
_URLISH = r"[^\s:/@'\"`<>\\]"

TOKENS: tuple[Rule, ...] = (
    # clouds
    _token("aws-access-key", "AKIA ASIA ABIA ACCA", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    _token("gcp-api-key", "AIza", r"AIza[\w-]{35,}"),
    _token("gcp-oauth-token", "ya29.", r"ya29\.[\w-]{20,}"),
    _token("gcp-client-secret", "GOCSPX-", r"GOCSPX-[\w-]{28,}"),
    _token("azure-client-secret", "8Q~", r"[\w~.-]{3}8Q~[\w~.-]{31,34}", searched=True),
    _token("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", r"do[por]_v1_[a-f0-9]{64}"),
    _token("heroku-key", "HRKU-", r"HRKU-[\w-]{30,}"),
    _token("cloudflare-token", "cfk_ cfut_ cfat_", r"cf(?:k|ut|at)_[A-Za-z0-9_-]{40,}"),
    _token("cloudflare-origin-key", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,}"),
    _token("alibaba-access-key", "LTAI", r"LTAI[A-Za-z0-9]{16,24}"),
    _token("flyio-token", "fo1_ fm1_ fm2_", r"(?:fo1_[\w-]{43,}|fm[12]_[A-Za-z0-9+/=]{100,})"),
    # code hosts and package registries
    _token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_]{36,255}"),
    _token("github-token", "github_pat_", r"github_pat_\w{22,255}"),
    _token("gitlab-token", "glpat- glptt- gldt- glrt- glcbt- glsoat- glft- glimt- glagent- gloas- glffct-",
           r"gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas|ffct)-[\w-]{20,}(?:\.[\w-]+)*"),
    _token("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "pypi-AgE", r"pypi-AgE[\w-]{50,}"),
    _token("rubygems-key", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _token("docker-token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{27,}"),
    _token("atlassian-token", "ATATT3 ATCTT3 ATBB", r"(?:AT[AC]TT3[\w=-]{50,}|ATBB[\w=-]{24,})"),
    # models
    _token("anthropic-key", "sk-ant-", r"sk-ant-(?:[a-z]{3,8}\d\d-)?[\w-]{24,}"),
    _token("openrouter-key", "sk-or-", r"sk-or-(?:v\d-)?[a-f0-9]{40,}"),
    _token("openai-key", "sk-", r"sk-(?:(?:proj|svcacct|admin|None|live)-[\w-]{20,}|[A-Za-z0-9]{32,})"),
    _token("huggingface-token", "hf_ api_org_", r"(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
    _token("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{40,}"),
    _token("xai-key", "xai-", r"xai-[A-Za-z0-9]{60,}"),
    _token("replicate-token", "r8_", r"r8_[A-Za-z0-9]{37,40}"),
    _token("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{40,}"),
    # messaging
    _token("slack-token", "xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xoxc- xoxd-",
           r"xox[abeoprscd][.-][A-Za-z0-9.%-]{20,}"),
    _token("slack-token", "xapp-", r"xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}"),
    _token("slack-webhook", "hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[\w/]{24,})"),
    _token("discord-webhook", "discord.com/api/ discordapp.com/api/",
           r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/(?P<s>\d{15,}/[\w-]{50,})"),
    _token("discord-token", "", r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38}", searched=True,
           probe=r"\.[\w-]{6}\.[\w-]{27}"),
    _token("telegram-token", ":AA", r"\d{8,10}:AA[\w-]{33}", searched=True),
    _token("teams-webhook", "webhook.office.com/", r"webhook\.office\.com/webhookb2/(?P<s>[\w@/-]{60,})"),
    _token("twilio-key", "SK", r"SK[a-f0-9]{32}"),
    _token("sendgrid-key", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    _token("mailgun-key", "key-", r"key-[a-f0-9]{32}"),
    _token("mailchimp-key", "-us", r"[a-f0-9]{32}-us\d{1,2}", searched=True),
    # money and shops
    _token("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    _token("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,}"),
    _token("shopify-token", "shpat_ shpca_ shppa_ shpss_ shpua_", r"shp(?:at|ca|pa|ss|ua)_[a-fA-F0-9]{32}"),
    _token("square-token", "sq0atp- sq0csp- sq0idp- EAAA", r"(?:sq0(?:atp|csp|idp)-[\w-]{22,}|EAAA[\w-]{60})"),
    _token("plaid-token", "access-sandbox- access-development- access-production-",
           r"access-(?:sandbox|development|production)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    # data and operations
    _token("databricks-token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _token("grafana-token", "glsa_ glc_ eyJrIjoi",
           r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,2}|eyJrIjoi[A-Za-z0-9+/]{40,}={0,2})"),
    _token("newrelic-key", "NRAK- NRII- NRJS-", r"(?:NRAK-[A-Z0-9]{27}|NRII-[\w-]{32}|NRJS-[a-f0-9]{19})"),
    _token("newrelic-key", "NRAL", r"[a-f0-9]{36}NRAL", searched=True),
    _token("sentry-token", "sntrys_ sntryu_", r"sntry(?:s_[\w+/=-]{40,}|u_[a-f0-9]{64})"),
    _token("linear-key", "lin_api_ lin_oauth_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    _token("notion-token", "ntn_ secret_", r"(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})"),
    _token("airtable-token", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _token("figma-token", "figd_", r"figd_[\w-]{40,}"),
    _token("postman-key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _token("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,}"),
    _token("doppler-token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _token("terraform-token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}", searched=True),
    _token("pulumi-token", "pul-", r"pul-[a-f0-9]{40}"),
    _token("tailscale-key", "tskey-", r"tskey-[a-z]+-[A-Za-z0-9]+(?:-[A-Za-z0-9]{16,})?"),
    _token("supabase-key", "sbp_ sb_secret_", r"(?:sbp_[a-f0-9]{40}|sb_secret_[\w-]{24,})"),
    _token("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}"),
    _token("1password-token", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/=_-]{80,}"),
    # keys and formats
    _token("age-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    _token("jwt", "eyJ", r"eyJ[\w-]{8,2048}\.[\w-]{8,}\.[\w-]*(?:\.[\w-]+){0,2}"),
    _token("password-hash", "$2a$ $2b$ $2y$ $6$ $5$ $y$ $apr1$ $argon2",
           r"\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|(?:6|5|y|apr1|argon2(?:id|i|d))\$[^\s:'\"`\\()<>\[\]{}]{20,})"),
)  # fmt: skip

_PEM = r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
_PEM_END = _PEM.replace("BEGIN", "END")
_PEM_LINES = r"(?:(?:\s|\\[rn]|[\"'+,>|])*[A-Za-z0-9+/=]{20,})+"

BLOCKS: tuple[Rule, ...] = (
    Rule("private-key", ("-----begin",), lazy(f"{_PEM}(?:(?!-----).){{0,30000}}?{_PEM_END}", re.DOTALL), "block"),
    Rule("private-key", ("-----begin",), lazy(_PEM + _PEM_LINES), "block"),
    _near("private-key", "private-lines:", r"private-lines: \d+\s+(?P<s>(?:[A-Za-z0-9+/=]{8,}\s*)+)", "block"),
)

_WORDS = r"(?:\s{1,8}(?:for|of|to)(?:\s{1,8}[\w.@'-]{1,40}){1,3}?|\s{1,8}(?:I|we|you|they)\s{1,8}\w{1,12})?"
_VENDOR = (
    r"(?:twilio|cloudflare|datadog|dd|algolia|mailgun|okta|airtable|vault|pagerduty|rollbar|segment|aws)[\w.\- ]{0,24}?"
)
_HARMLESS = r"(?<!public_)(?<!cache_)(?<!sort_)(?<!primary_)(?<!partition_)(?<!foreign_)"
_PAGING = r"(?<!page)(?<!page[_-])(?<!next)(?<!next[_-])(?<!continuation)(?<!continuation[_-])(?<!cursor)(?<!sync[_-])"
_IS = r"(?:\s{1,8}(?:(?:is|was|to|are|=|->|→|:)\s{0,8})?|(?:->|→|:)\s{0,8})[\"'`]?"

CONTEXTS: tuple[Rule, ...] = (
    # in addresses and headers
    _near("url-password", "://",
          rf"://(?P<user>{_URLISH}{{0,128}}):(?P<s>[^\s/?#,'\"`<>\\]{{1,256}})@(?=[\w.\-\[])", "url"),
    _near("url-token", "://", r"://(?P<s>[A-Za-z0-9_.~-]{20,256})@(?=[\w.-])", "key",
          r"(?:https?|wss?|rediss?|amqps?|nats|smtp)"),
    _near("signed-url", "sig=|signature=", r"[\w-]+=(?P<s>[A-Za-z0-9%+/_=-]{32,512})", "key", r"[?&](?:[\w-]*-)?"),
    _near("authorization", "auth",
          r"""authorization["'\]]{0,3}\s{0,4}[:=,]\s{0,4}["'`]?"""
          r"""(?:(?:bearer|basic|token|apikey|api-key|digest|bot|negotiate)\s{1,8})?(?P<s>[^\s"'`,;<>\\]{8,4096})""",
          "key", "(?:^|[^a-z])", needs="authorization"),
    _near("authorization", "bearer ", r"bearer\s{1,4}(?P<s>[A-Za-z0-9._~+/=-]{16,4096})", "key"),
    _near("authorization", "basic ", r"basic\s{1,4}(?P<s>[A-Za-z0-9+/]{8,512}={0,2})(?![A-Za-z0-9+/=])", "basic"),
    _near("cookie", "session|sid|auth|jwt|token", r"\w{1,40}[\w.-]{0,24}=(?P<s>[^\s;,\"'`]{16,4096})", "cookie",
          needs="cookie"),
    # in the files of one program
    _near("docker-auth", "auth", r'auth"\s{0,8}:\s{0,8}"(?P<s>[A-Za-z0-9+/]{12,512}={0,2})"', "basic", '"', needs='auth"'),
    _near("npm-token", "auth", r"(?<=_)auth(?:token)?\s{0,4}=\s{0,4}[\"']?(?P<s>[A-Za-z0-9+/=_.-]{16,512})", "key", needs="_auth"),
    _near("azure-key", "key", r"key=(?P<s>[A-Za-z0-9+/]{40,90}={0,2})", "key", "(?:account|sharedaccess)", needs="key="),
    _near("aws-secret-key", "key",
          r"""key["'\]]{0,3}\s{0,4}[:=]\s{0,4}["']?(?P<s>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])""",
          "key", "secret[_-]?(?:access)?[_-]?", needs="secret"),
    _near("heroku-key", "key|token",
          rf"(?:key|token){_SEP}[\"'`]?(?P<s>[a-f0-9]{{8}}(?:-[a-f0-9]{{4}}){{3}}-[a-f0-9]{{12}})",
          "form", r"(?:heroku|api|secret)[\w.\- ]{0,16}"),
    _near("vendor-key", "key|token|secret",
          rf"(?:key|token|secret){_STAGE}(?:{_SEP}|\s{{1,16}}is\s{{1,16}})[\"'`]?(?P<s>[A-Za-z0-9_-]{{16,128}})(?![\w-])",
          "key", _VENDOR),
    _near("password", ":5432:|:3306:|:1433:",
          r":\d{4}:[^\s:]{1,64}:[^\s:]{1,64}:(?P<s>[^\s:]{4,128})(?=\s|$)", "password"),
    _near("password", "login", r"login\s{1,16}\S{1,128}\s{1,16}password\s{1,16}(?P<s>\S{4,128})", "password", needs="password"),
    _near("token", "key", r"""key["']\s{1,16}value=["'](?P<s>[^"']{8,512})["']""", "key", needs="value="),
    _near("password", "pass", r"pass(?:word|phrase|wd)(?P<q>>)\s{0,80}(?P<s>[^<\s]{6,256})\s{0,80}</", "password", needs="</"),
    _near("token", "key|token|secret", _HARMLESS + r"(?:key|token|secret)(?P<q>>)\s{0,80}(?P<s>[^<\s]{12,512})\s{0,80}</", "key", needs="</"),
    _near("private-key", "key", r"key-data[\"']?:\s{0,4}[\"']?(?P<s>[A-Za-z0-9+/]{64,16384}={0,2})", "key", needs="key-data"),
    _near("password", "psk", r"psk\s{0,4}=\s{0,4}(?P<q>\"?)(?P<s>[^\s\"]{8,64})", "password", r"(?:^|\s)"),
    _near("password", "pass|secret",
          r"\w{1,40}\"\s\{\s{1,80}(?:\w{1,40}\s{0,40}=[^\n]{0,200}\n\s{0,80}){0,4}?default\s{0,40}=\s{0,4}(?P<q>\")(?P<s>[^\"\n]{4,512})", "password",
          needs="default"),
    # in commands and statements
    _near("password", "login", r"login\s[^\n]{0,200}?-p\s{1,4}[\"']?(?P<s>[^\s\"'`]{4,256})", "password", r"(?:docker|podman)\s", needs=" -p"),
    _near("password", "redis-cli |mongo", r"(?:redis-cli|mongo\w{0,12})\s[^\n]{0,200}?\s-[ap]\s{1,4}[\"']?(?P<s>[^\s\"'`]{4,256})",
          "password"),
    _near("password", "http -a ", r"http\s-a\s[\"']?[^\s:\"']{1,64}:(?P<s>[^\s\"'`]{4,256})", "password"),
    _near("password", "pass", r"password\s[^\n]{0,200}?\s-w\s{1,4}[\"']?(?P<s>[^\s\"'`]{4,256})", "password",
          "-(?:generic|internet)-", needs=" -w"),
    _near("token", "secret", r"secret\sset\s{1,16}\w{1,40}[^\n]{0,80}?\s(?:--body|-b)[ =][\"']?(?P<s>[^\s\"'`]{8,512})", "key", needs="secret set"),
    _near("password", "define(", r"define\(\s{0,4}[\"']\w{0,40}passw(?:or)?d[\"']\s{0,4},\s{0,20}(?P<q>[\"'])(?P<s>[^\s\"']{4,256})", "password"),
    _near("env-secret", "define(",
          r"define\(\s{0,4}[\"']\w{0,40}(?:key|salt|secret|token)[\"']\s{0,4},\s{0,20}(?P<q>[\"'])(?P<s>[^\r\n\"']{12,256})", "key"),
    _near("password", "pass", r"pass\w{0,40}[ =]\s{0,2}(?P<q>[\"']?)(?P<s>[^\s\"'`]{4,256})", "password", r"--[\w-]*", needs="--"),
    _near("token", "token|secret|key", r"(?:token|secret|key)[ =]\s{0,2}[\"']?(?P<s>[^\s\"'`]{12,512})",
          "key", r"--(?:[\w-]*-)?(?<!public-)(?<!change-)", needs="--"),
    _near("password", "pass", r"pass\w{0,40}\s{1,16}(?P<q>[\"'])(?P<s>[^\s\"'`]{4,256})", "password",
          r"\b(?:env|set|setx)\s{1,16}[\w.]{0,24}"),
    _near("password", "pass", r"pass\s{1,16}-p\s{0,2}(?P<q>[\"']?)(?P<s>[^\s\"'`]{4,128})", "password", "ssh", needs="sshpass"),
    _near("password", "curl ",
          r"curl\b[^\n]{0,300}?\s(?:-u|--user)\s{0,2}[\"']?[^\s:\"']{1,64}:(?P<s>[^\s\"'`]{4,256})", "password"),
    _near("password", "mysql", r"mysql(?:dump|admin)?\s[^\n]{0,200}?\s-p(?P<s>[^\s\"'`]{6,128})", "password"),
    _near("password", "identified by|pass",
          r"(?:identified\s{1,16}by|password)\s{1,16}(?P<q>')(?P<s>[^'\s]{6,128})'", "password", needs="'"),
    _near("password", "echo ", r"echo\s{1,4}[\"']?(?P<s>[^\s\"'`|$]{4,256})[\"']?\s{0,4}\|\s{0,4}(?:sudo\s[^|\n]{0,40}-S|(?:docker|podman|helm)\s)",
          "password", needs="|"),
    _near("password", "service-principal", r"service-principal\s[^\n]{0,200}?\s(?:-p|--password)[ =][\"']?(?P<s>[^\s\"'`]{8,256})", "password"),
    # given to a function, as a pair, or beside a name in a list
    _near("password", "auth|credential", r"(?:auth\s?=\s?|credentials?)\(\s{0,4}[\"'][^\"'\n]{1,64}[\"'],\s{0,4}(?P<q>[\"'])(?P<s>[^\s\"']{4,256})",
          "password", needs="("),
    _near("token", "token|secret|key", r"(?:token|secret|key)[\"'],\s{0,4}(?P<q>[\"'])(?P<s>[^\s\"']{12,512})", "key",
          r"(?:set\w{0,16}|put|append|header)\([\"'][\w.-]{0,24}", needs="("),
    _near("password", "pass", r"pass(?:word)?\s(?P<q>\")(?P<s>[^\s\"]{4,256})\"", "password", r"(?:(?:^|[\s({]):|\(setq\s)[\w-]{0,24}", needs='"'),
    _near("password", "pass", r"pass(?:word)?\s{0,4}[:=]\s{0,4}(?:string::from|secret\w{0,8}|bytes|str)\((?P<q>[\"'])(?P<s>[^\s\"']{4,256})", "password",
          needs="("),
    _near("password", "pass", r"pass(?:word|wd)?[\"']?\s{0,4}\n\s{1,40}value:\s{1,4}(?P<q>[\"']?)(?P<s>[^\s\"']{4,256})", "password", needs="value:"),
    _near("token", "token|secret|key", r"(?:token|secret|key)[\"']?\s{0,4}\n\s{1,40}value:\s{1,4}(?P<q>[\"']?)(?P<s>[^\s\"']{12,512})", "key", needs="value:"),
    # assigned to a name
    _assigned("password", "pwd|pass", rf"(?:pwd|passwords?|passwd(?!:x?:\d)|passphrase|passcode){_STAGE}", "password"),
    _assigned("password", "pass", rf"pass{_STAGE}", "password", r"(?:^|[^a-z]|db|user|root|admin|smtp|mail|ftp|redis|ldap)"),
    _assigned("token", "secret|token|credential|auth|_pat=|_dsn",
              # what stands behind `1:` is part of the name of a secret, not one
              rf"{_PAGING}(?<!publickey)(?<!\d:)(?:secret|token|credentials?|(?<=_)auth|_pat|_dsn){_STAGE}", "key"),
    _assigned("api-key", "key", rf"key{_STAGE}", "key", _KEY_OWNER, 14),
    _assigned("env-secret", "key|_salt=|_seed=", rf"(?:{_HARMLESS}(?<=_)key|_salt|_seed){_STAGE}\s?(?==(?![=>]))", "key"),
    # told in a sentence
    _near("password", "pw", r"pw(?:\s{0,4}[:=]\s{0,4}|\s(?:is\s)?)[\"'`]?(?P<s>[^\s\"'`,;]{8,128})", "password", r"(?:^|[^a-z.\-/$])"),
    _near("password", "creds|credentials|login",
          r"(?:creds|credentials|logins?)\b[^\n:=]{0,24}:\s{1,4}[\w.@+-]{1,64}\s?[:/]\s?(?P<s>[^\s/\"'`,;]{8,128})", "password"),
    *(_near("password", hint, rf"{name}(?:\s?[:=]\s?|\s(?:ist|lautet|est|es|é|is)\s)[\"'`]?(?P<s>[^\s\"'`,;]{{8,128}})", "password", needs=needed)
      for hint, name, needed in (("pass", "passwort", "passwort"), ("pass", "(?<=mot de )passe", "mot de passe"), ("contrase", "contrase.a", ""),
                                 ("senha", "senha", ""), ("wachtwoord", "wachtwoord", ""))),
    Rule("password", ("арол", "密", "パスワード", "비밀번호"),
         lazy("(?:парол[ьяью]|密[码碼]|パスワード|비밀번호)\\s?(?:[:=：]|是|は|는)\\s?[\"'`]?(?P<s>[^\\s\"'`,;。，]{8,128})", re.IGNORECASE),
         "password", searched=True),
    _near("password", "pass",
          rf"pass(?:word|phrase|code)s?{_WORDS}\s{{1,8}}(?:is|was|to|are|->|→)\s{{0,8}}(?::\s{{0,8}})?[\"'`]?(?P<s>[^\s\"'`]{{6,128}})",
          "password"),
    _near("token", "token|secret|key|credential",
          rf"(?:tokens?|secrets?(?: key)?|keys?|credentials?){_WORDS}{_IS}"
          r"(?![\w-]{0,80}?[A-Za-z]-[0-9a-f]{32,128}(?![\w-]))"  # a name with its digest, as caches have
          r"(?P<s>[A-Za-z0-9+/_.=~-]{20,512})(?![\w(-])",
          "key", r"(?<!public)(?<!public.)(?:^|[\s\"'(`*_]|api[ _-]?|access[ _-]?)"),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*BLOCKS, *TOKENS, *CONTEXTS)
