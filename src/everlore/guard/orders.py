"""The table of orders that a text may give to the agent that reads it.

A rule matches from one of its `hints` on, a word of the lower-cased text. Its `place` says where that word must stand:
"order", where an imperative can (so "do not ignore the rules", "the parser should ignore prior messages" and "it tried
to ignore them" are none), "sentence", in one that tells of nobody else,
"claim", in one that reports nothing and denies nothing, "line", first on its line, or "any". Matches quoted in a sentence about them pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from everlore.guard.lazily import pattern as lazy

Place = Literal["order", "sentence", "claim", "line", "any"]


@dataclass(frozen=True, slots=True)
class Order:
    """One way of giving an order. `hints` are lower case."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    place: Place


def any_of(words: str) -> str:
    """Return an alternation of the comma-separated words; a space stands for white space or hyphens."""
    return "(?:" + "|".join(re.sub(r"\s+", r"[\\s-]+", word.strip()) for word in words.split(",")) + ")"


def order(kind: str, place: Place, hints: str, pattern: str) -> Order:
    """Return an order whose hints are separated by commas and whose pattern takes either case."""
    return Order(
        kind,
        tuple(h.strip() for h in hints.split(",") if h.strip()),
        lazy(pattern, re.IGNORECASE | re.MULTILINE),
        place,
    )


LEAD = any_of(
    "please,kindly,now,then,and,but,first,just,simply,immediately,also,always,instead,must,you should,you will"
    ",you shall,you can,you may,you need to,you have to,you are to,want you to,need you to,order you to,command you to"
    ",ask you to,instruct you to,instructed to,required to,important,urgent,attention,note,system,admin"
    ",assistant,agents?,ai,llm,model,claude,gpt,chatgpt,copilot,cursor,codex,gemini,so,hey,secretly,silently"
)
_WHEN = r"(?:when|whenever|if|once|before|after|while|every\s+time|as\s+soon\s+as)\s+(?:you\s|\w+ing\b)[^,.\n]{0,60}"
PLACES: dict[Place, re.Pattern[str]] = {
    "order": lazy(
        rf"(?:^|[.!?:;,—–>\]*#|\"'`“‘(\n]|\s-|\b{LEAD}[,:!]?|\b{_WHEN},)[\s*_\"'`“‘>#-]*"
        rf"(?:from\s+now\s+on,?\s+)?$",
        re.IGNORECASE,
    ),
    "sentence": lazy(
        r"(?:^|[.!?\n]\s*)(?!(?:the|a|an|it|this|that|these|those|we|i|he|she|they|our|its|my|his|her|there|users?"
        r"|some)\b)[^.!?\n]*$",
        re.IGNORECASE,
    ),
    "claim": lazy(
        r"(?:^|[.!?;\n\"“`{([])(?:(?!\b(?:sa(?:ys?|id|ying)|claims?|claimed|tells?|told|asks?|asked|wrote|writes?|attack\w*"
        r"|inject\w*|poison\w*|payload\w*|phrases?|fixture|tests?|paper|holds?|held|means?|never|not|don't|cannot|can't"
        r"|how|why|explain\w*|show(?:s|ed)|demand\w*|tried|tries|refus\w*)\b)[^.!?;\n])*$",
        re.IGNORECASE,
    ),
    "line": lazy(r"(?:^|\n)[ \t>*]*$"),
    "any": lazy(r"(?:^|\W)$"),
}

_PAST = any_of(
    "previous,prior,above,earlier,preceding,former,existing,original,foregoing,initial,current,past,last,other,old"
)
_FIRM = any_of(
    "instructions?,prompts?,rules?,guidelines?,guidance,directives?,restrictions?,safeguards?,guardrails?,policies"
)
LAW = any_of(
    "instructions?,prompts?,rules?,guidelines?,guidance,directives?,directions,commands?,context,constraints?,policy"
    ",policies,training,restrictions?,safeguards?,guardrails?,programming,orders,system message,ethics"
)
_ELSEWHERE = (  # instructions that stand in a named document are nobody's system prompt
    r"(?!\s+(?:(?:in|from|on|about|for|of|at)\s+)?(?:(?:the|our|that|this|old)\s+){0,2}"
    r"(?:readme|docs?|wiki|issues?|files?|sections?|guides?|pages?|comments?|migrations?|tickets?|install|setup"
    r"|build|blog|tutorial|manual|runbook|review|\w+\.md|#\d)"
    r"|\s+(?:(?:that|which)\s+(?:come|came|stand|are)|found|given)\s+(?:in|from|by)\s+(?!(?:this|the\s+system|your)\b)"
    r"|\s+(?:about|for|on)\s+(?!(?:this|you|me|safety|security|the\s+(?:conversation|session|chat|user))\b)\w)"
)
READER = r"(?:(?:ai|llm|coding)\s+)?" + any_of(
    "ai,a\\.i\\.,llm,language model,assistant,agent,model,bot,claude,gpt,chatgpt,copilot,cursor,codex,gemini"
)
USER = (
    r"(?:(?:the|your|any)\s+(?:user|human|operator|developer|owner|maintainer)s?"
    r"|(?:user|human|operator|developer|owner|maintainer)\b(?!s))"
)
_RUN = any_of("run,execute,eval,invoke,curl,wget,download,install,fetch,open,visit,call,paste")
_HARM = any_of(
    "delete,wipe,erase,remove,overwrite,push,commit,drop,disable,transfer,approve,merge,buy,pay,send,post,forward,email"
    ",upload"
)
_GIVE = any_of(
    "send,post,upload,forward,e?mail,exfiltrate,leak,transmit,submit,share,paste,append,copy,report,deliver,encode"
    ",write,publish,dump,include"
)
_TAKE = any_of("read,collect,gather,find,take,extract,list,cat,print,grab,steal,harvest")
_KEYS = any_of(
    "secrets?,api keys?,passwords?,tokens?,credentials?,env vars,environment variables?,memories,conversations?"
)
_VALUABLE = any_of(
    "secrets?,api keys?,passwords?,tokens?,credentials?,keys?,env vars,environment variables?,system prompt"
    ",instructions,memory,memories,context,conversation,chat,history,inbox,emails,files,source code,environment"
)
VAULT = (
    r"\S*(?:\.env(?!\.(?:example|sample|template|dist))\b|\.ssh\b(?!/(?:\S*\.pub|config|known_hosts))|\.aws\b"
    r"|id_(?:rsa|ed25519)(?!\.pub)|\.netrc|\.npmrc|/etc/passwd|/etc/shadow)"
)
_ADJECTIVES = r"(?:(?!public\b)\w+\s+){0,2}?"
_LOOT = (
    rf"(?:(?:all|any|every|each)\s+(?:of\s+)?(?:(?:the|your|its|their)\s+)?{_ADJECTIVES}{_KEYS}"
    rf"|(?:all\s+|the\s+)?files\s+(?:in|from|under)\s+{VAULT}"
    rf"|(?:your|his|her|this|the\s+full|the\s+whole|the\s+entire|their|(?:the\s+)?users?'?s?)\s+"
    rf"{_ADJECTIVES}{_VALUABLE}"
    r"|(?:the\s+)?(?:chat|conversation|message)\s+history|(?:the\s+)?environment\s+variables|the\s+system\s+prompt"
    rf"|(?:the\s+)?(?:contents?|text|body|value)s?\s+of\s+\S*(?:\s\S+){{0,2}}?{VAULT}|(?:(?:the|your)\s+)?{VAULT})"
)
URL = r"(?:(?:https?|s3|gs|ftp)://\S)"
_AWAY = (
    rf"(?:{URL}|[\w.+-]+@[\w-]+\.\w|(?:this|that|the|our|my|an?)\s+(?:\w+\s+){{0,2}}?"
    r"(?:url|address|endpoint|webhook|server|host|gist|channel|bucket|image|link)\b|pastebin|requestbin|webhook\.site"
    r"|(?:\d{1,3}\.){3}\d|[\w-]+\.(?:com|net|io|xyz|ru|site|dev|test)\b)"
)
_SHELL = rf"(?:{URL}|\bcurl\b|\bwget\b|\|\s*(?:ba|z)?sh\b|\brm\s+-|payload|base64)"
_FETCHES = r"(?:curl|wget)\b[^\n]{0,160}?\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"
_OF_OTHERS = "|".join(
    rf"https?://(?![^/\s]*{host})[^\s\"'`]*\$\{{?{name}"
    for name, host in {"OPENAI": "openai", "ANTHROPIC": "anthropic", "AWS": "aws", "GITHUB": "github", "GH_": "github",
                       "HF_": "hugging", "STRIPE": "stripe", "SLACK": "slack", "NPM": "npm"}.items()
)  # fmt: skip
_BLOB = (
    r"(?:[A-Za-z0-9+/_-]{48,}={0,2}|(?:[0-9A-Fa-f]{2}[\s:]?){40,}|(?:\\x[0-9A-Fa-f]{2}){16,}"
    r"|(?:\\u[0-9A-Fa-f]{4}){12,})"
)
_DECODES = r"(?:decod\w+|base[\s-]?64|atob|unhex\w*|from\s*hex|rot13|decipher|unescape)"
_OBEYS = r"(?:run|execut\w+|eval\w*|exec|follow|obey|carry\s+out|do\s+what|perform|comply|act\s+on|pipe)"

ORDERS: tuple[Order, ...] = (
    # --- tags that only a host may write
    order("role tag", "line", "<|", r"<\|(?:im_start|im_end|system|assistant|user|start_header_id|endoftext"
           r"|eot_id)\|>(?!\s+(?:tags?|tokens?|and|is|are|marks?|ends?|begins?|starts?|means?|in|stands?)\b)"),
    order("role tag", "line", "<s,</s,<assistant,</assistant,<developer,</developer,<inst,</inst",
           r"</?(?:system|assistant|developer|sys|instructions?)(?:[-_](?:prompt|message|reminder|override"
           r"|instructions?))?>(?!\s+(?:tags?|elements?|blocks?|is|are)\b)"),
    order("role tag", "line", "<<sys", "<<SYS>>"),
    order("role tag", "any", "[inst", r"\[INST\].{0,400}?\[/INST\]"),
    order("role tag", "line", "[system,[admin,[developer",
           r"\[(?:system|admin|developer)(?:\s+(?:message|prompt|override|note|instruction)s?)?\s*\]\s*:?\s*(?-i:[A-Z])"),
    order("role tag", "line", "##",
           r"#{1,3}\s*(?:(?:(?:new\s+)?system(?:\s+(?:prompt|override))?|new\s+instructions?)\s*:?\s*$"
           r"|instructions?\s*:\s*(?:you|ignore|from\s+now|do\s+not|reveal|always)\b)"),
    order("role tag", "order", "system,developer,admin",
           r"(?:system|developer|admin)(?:\s+(?:prompt|message|override))?\s*:\s*(?:you|your|ignore|disregard"
           r"|from\s+now|new\s|forget"
           r"|override|all\s+(?:safety|previous)|(?:the\s+)?user\s+(?:is|has)|obey)\b"),
    # --- setting aside what the reader was told
    order("instruction override", "order",
           "ignore,disregard,forget,discard,override,bypass,dismiss,abandon,stop following,do not follow"
           ",don't follow,do not obey"
           ",don't obey,no longer follow,pay no attention,set aside",
           rf"(?:stop\s+following|(?:do\s+not|don't)\s+(?:follow|obey)|no\s+longer\s+follow"
           rf"|pay\s+no\s+attention\s+to|set\s+aside|\w+)\s+(?:\w+\s+){{0,3}}?"
           rf"(?:(?:all|any|every|each|your|my|these|those|system|safety|content|developer's|operator's|user's)\s+"
           rf"(?:of\s+)?(?:\w+\s+){{0,3}}?{_FIRM}"
           rf"|{_PAST}\s+(?:(?:and|or)\s+\w+\s+)?(?:\w+\s+)?{LAW}|your\s+(?:\w+\s+){{0,2}}?{LAW}"
           rf"|{_FIRM}\s+(?:above|before|given|so\s+far|you|that\s+came))\b{_ELSEWHERE}"),
    order("instruction override", "order", "ignore,disregard,forget,discard",
           r"\w+\s+(?:everything|anything|all|what|whatever)(?:\s+(?:that|which|i|you|we|they|(?:the\s+)?(?:user"
           r"|system|developer|operator)|was|were|is|has|have|had|been|else))*"
           r"\s+(?:above|before|earlier|so\s+far|said|told|learned|know|read|configured|(?:prior|previous\w*)(?=\s*"
           r"(?:[.,;!]|and\b|$)))\b"),
    order("instruction override", "order", "ignore,disregard,bypass,override",
           rf"\w+\s+all\s+(?:previous|prior|earlier|above)\s+{any_of('commands?,messages?,input,text')}\b"),
    order("instruction override", "order", "you are,you're,act as,pretend,become,roleplay,behave",
           r"(?:you\s+are|you're|act\s+as|pretend\s+(?:to\s+be|you\s+are|that\s+you\s+are)|become|roleplay\s+as"
           r"|behave\s+as)\s+(?:now\s+)?(?:[\w,]+\s+){0,6}?"
           r"(?:(?-i:DAN)\b|jailbroken|unrestricted|unfiltered|uncensored|developer\s+mode|god\s+mode|root\s+mode|free\s+"
           r"(?:of|from)\s+(?:all\s+)?"
           r"(?:rules|restrictions|limits)|(?:without|with\s+no|no|not\s+bound\s+by)\s+(?:any\s+)?(?:\w+\s+)?"
           r"(?:restrictions|rules|limits|limitations|guidelines|filters))"),
    order("instruction override", "order", "pretend,act ,behave,answer,respond,imagine",
           rf"\w+\s+(?:as\s+(?:if|though)\s+|that\s+)?you\s+(?:have|had|know|are\s+under)\s+no\s+{LAW}"),
    order("instruction override", "order", "enter,enable,activate,switch",
           r"\w+(?:\s+(?:in)?to)?\s+(?:developer|jailbreak|dan|god|unrestricted)\s+mode\b.{0,80}?(?:answer|safety"
           r"|comply|without)"),
    order("instruction override", "order", "your ", r"your\s+(?:new|real|actual|updated|true|only|sole)\s+"
           r"(?:system\s+)?(?:instructions?|task|objective|goal|prompt|role|job|purpose)"
           r"\s*(?:(?:is|are)\s*(?::|to\b|now\b)|:)\s*\w"),
    order("instruction override", "order", "new instructions,new system",
           r"new\s+(?:system\s+)?(?:instructions|prompt)\s*:\s*(?!n/a|see\b)\w"),
    order("instruction override", "any", "instructions,rules,guidelines",
           r"\w+\s+(?:(?:supersedes?|overrides?|replaces?|takes?\s+precedence\s+over)\s+(?:all\s|any\s|every\s"
           r"|your\s|the\s+system)"
           r"|(?:above\s+)?(?:are|is)\s+(?:now\s+)?(?:void|cancell?ed|revoked|null|no\s+longer\s+(?:valid"
           r"|in\s+force)).{0,40}?\b(?:follow|obey|instead|new)\b)"),
    order("instruction override", "any", "以前,これまで,上記,前の", r".{2,14}(?:指示|命令|ルール).{0,8}(?:無視|忘れ)"),
    # --- hiding things from the person
    order("secrecy", "order", "do not,don't,never,avoid",
           rf"(?:do\s+not|don't|never|avoid)\s+(?:ever\s+)?(?:(?:tell|telling|inform|informing|alert|alerting"
           rf"|notify|notifying|warn|let)\s+{USER}"
           r"(?:\s+(?:know|about|of|why|how|that\s+you|what\s+you|anything|or|and)\b|\s*(?:[.,;!]|$))"
           r"|(?:mention|mentioning|reveal|revealing|disclose|disclosing)\s+"
           rf"(?:it|this|that|these|them|any\s+of\s+(?:it|this)|anything)(?:\s+\w+)?\s+to\s+{USER}\b)"),
    order("secrecy", "sentence", "without",
           rf"without\s+(?:(?:the\s+)?(?:user|human|operator)(?:'s)?\s+(?:knowing|knowledge|noticing|consent)|"
           rf"(?:telling|informing|alerting|notifying)\s+{USER})\b"),
    order("secrecy", "order", "reveal,print,output,show,repeat,display,leak,dump",
           r"\w+\s+(?:me\s+)?(?:your\s+(?:\w+\s+)?(?:system\s+prompt|initial\s+prompt|system\s+message|hidden\s+"
           r"(?:prompt|instructions))"
           r"|(?:the|your)\s+(?:hidden|secret|initial|original|full|system)\s+(?:system\s+)?(?:prompt|instructions)"
           r"(?:\s+(?:above|verbatim|word|in\s+full)|\s*(?:[.,;!]|and\b|$)))"),
    order("secrecy", "order", "secretly,covertly", rf"\w+\s+(?:{_RUN}|{_GIVE}|{_HARM}|add|insert|change|replace)\b"),
    order("secrecy", "order", "silently,quietly", r"\w+\s+(?:send|upload|post|forward|add|insert|install|run"
           r"|execute|approve|push|commit|transfer)\b"),
    # --- carrying things away
    order("exfiltration", "order", "send,post,upload,forward,mail,email,exfiltrate,leak,transmit,submit,share"
           ",paste,append,copy,report,deliver,encode"
           ",write,publish,dump,include,read,collect,gather,find,take,extract,list,cat,print,grab,steal,harvest",
           rf"(?:{_GIVE}\s+(?:me\s+|us\s+|back\s+)?|{_TAKE}\s+)(?:\w+\s+)?{_LOOT}[^\n]{{0,120}}?\b(?:to|at|via|in"
           rf"|into|as|with|through|and)\s+[^\n]{{0,60}}?{_AWAY}"),
    order("exfiltration", "any", "curl,wget,nc ,ncat",
           rf"(?:curl|wget|nc|ncat)\s[^\n]{{0,200}}?(?:\$\((?:cat|env|printenv|base64|whoami|hostname|id)\b|`(?:cat"
           rf"|env|printenv)|(?:@|<\s?|-file[= ]){VAULT}|{_OF_OTHERS})"),
    order("exfiltration", "any", "cat ,tar ,base64 ,zip ,env ,printenv",
           rf"(?:(?:cat|tar|base64|zip)\s[^\n|]{{0,80}}?{VAULT}|(?:env|printenv))[^\n]{{0,80}}?\|\s*(?:curl|nc"
           rf"|ncat|wget|ssh)\b"),
    order("exfiltration", "any", "id_rsa,id_ed25519,.ssh/,.aws/,.netrc,/etc/passwd,.env",
           rf"[^\n]{{0,80}}?\b(?:post|send|upload|e?mail|forward|exfiltrate)\s[^\n]{{0,60}}?\b(?:to|at)\s+{URL}"),
    order("exfiltration", "any", "![", r"!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}[?&/=](?:\{|\$|<|%7B|\[)"
           r"(?:\w*[\s_-]?){0,4}(?:data|secret|conversation|history|context|prompt|key|token|memory|user)"),
    order("exfiltration", "order", "append,add,include,embed,put,render,insert",
           rf"\w+\s+(?:\w+\s+){{0,4}}?(?:image|link|pixel|markdown|query\s+string|url)[^\n]{{0,120}}?https?://"
           rf"(?:[^\s]{{0,120}}[<{{\[$]|[^\n]{{0,160}}?{_VALUABLE})"),
    order("exfiltration", "any", "every ,each ,all ", r"\w+\s+(?:\w+\s+)?(?:responses?|repl(?:y|ies)|answers?"
           r"|outputs?)\s+(?:must|should|has\s+to|have\s+to)\s+(?:contain|include|end|start|begin)\b"
           rf"[^\n]{{0,60}}?(?:user|conversation|{URL}|secret|\bkey)"),
    # --- making the reader act
    order("command to the reader", "any", "when,if ,once,as soon,after,before,while",
           r"(?:when|if|once|whenever|as\s+soon\s+as|after|before|while)\s+(?:you(?:'re|\s+are)?\s+)?(?:\w+\s+){0,2}?"
           r"(?:read|see|load|recall|process|retriev|summari|answer|respond|repl[yi]|continu|proceed|anything|open"
           r"(?:ing)?\s+this)\w*"
           rf"[^.\n]{{0,80}}?[\s,:](?:(?:run|execute|eval|invoke|curl|wget|pipe)\b[^\n]{{0,80}}?{_SHELL}|(?:fetch"
           rf"|open|visit|read|download|load)\s[^\n]{{0,80}}?{URL}[^\n]{{0,80}}?\band\s+(?:follow|obey|execute|run"
           rf"|do)\b)"),
    order("command to the reader", "any", "if ",
           rf"if\s+you(?:'re|\s+are)\s+(?:an?\s+|the\s+)?{READER}\b(?!\s+(?:owner|author|user|developer|maintainer"
           rf"|researcher|admin|engineer)s?\b)[^.\n]{{0,60}}?[\s,:](?:{_RUN}|{_HARM})\b"),
    order("command to the reader", "any", "any ,every ,all ,ai,llm,assistant,agent,model,bot,claude,gpt,chatgpt"
           ",copilot,codex,gemini",
           rf"(?:(?:any|every|all)\s+)?{READER}s?\s+(?:(?:that|who|which)\s+(?:read|see|process|load|open|visit"
           rf"|parse|ingest|index|find|retrieve)(?:e?s)?|(?:reading|processing|seeing|opening|parsing))\s+"
           rf"(?:this|these|the\s+(?:above|following|file|page|document|ticket|issue|repo\w*|note|memory"
           rf"|text))\b[^.\n]{{0,60}}?[\s,:](?:{_RUN}|{_HARM})\s"),
    order("command to the reader", "any", "dear,attention,hey,hello,note",
           rf"(?:dear|attention|hey|hello|note\s+(?:to|for))[:,]?\s+(?:(?:the|any"
           rf"|all)\s+)?{READER}s?\b[^\n]{{0,40}}?[\s,:](?:{_RUN}|{_HARM})\b"),
    order("command to the reader", "any", "ai,llm,assistant,agent,model,bot,claude,gpt,chatgpt,copilot,codex,gemini",
           rf"{READER}s?\s+(?:must|should|shall|has\s+to|have\s+to|(?:are|is)\s+required\s+to)\s+"
           rf"(?:\w+\s+)?{_RUN}\b[^\n]{{0,60}}?{_SHELL}"),
    order("command to the reader", "order", "you must,you are required,you have to,you need to",
           rf"you\s+(?:must|are\s+required\s+to|have\s+to|need\s+to)\s+(?:first\s+|now\s+"
           rf"|immediately\s+)?{_RUN}\s[^\n]{{0,80}}?(?:{URL}|\|\s*(?:ba)?sh\b|rm\s+-|payload)"),
    order("command to the reader", "order", "run,execute", rf"\w+\s[^\n]{{0,20}}?{_FETCHES}[^\n]{{0,40}}?\b(?:when"
           rf"(?:ever)?|every\s+time|each\s+time|before|after)\s+you\b"),
    order("command to the reader", "order", "from now on,henceforth,in every,in all,for every,every time,whenever",
           rf"[^.\n]{{6,100}}?(?<!will )(?:\b(?:run|execute|pipe|fetch|curl|wget|call)\b[^\n]{{0,60}}?(?:{URL}|\|\s*"
           rf"(?:ba)?sh)|(?<!will )\b(?:send|post|forward|upload)\b[^\n]{{0,60}}?(?:{URL}|@)"
           r"|\bapprove\b[^\n]{0,40}?(?:without|all|every|permission))"),
    order("command to the reader", "order", "append,prepend,add,insert,include",
           r"\w+\b[^\n]{0,120}?\b(?:to|in)\s+(?:every|each|all)\s+(?:\w+\s+){0,2}?(?:commands?|responses?|answers?"
           r"|scripts?)\s+(?:that\s+)?you\b"),
    order("command to the reader", "order", "always,automatically,auto",
           r"(?:always\s+|automatically\s+|auto[- ])(?:approve|accept|confirm|allow|grant)\s+(?:all|any|every"
           r"|each)\s+(?:\w+\s+)?(?:tool|permission|request|prompt|command|action|call)"),
    order("command to the reader", "order", "skip,disable,turn off,suppress",
           r"(?:turn\s+off|\w+)\s+(?:all\s+|any\s+|the\s+|every\s+)?(?:permission|approval|confirmation|safety"
           r"|security)\s+(?:prompts?|dialogs?|filters?)\b[^\n]{0,30}?\b(?:and|then)\s+"
           r"(?:\w+\s+)?(?:push|delete|approve|merge|run|execute|install|drop|transfer|proceed|continue)"),
    # --- orders that cannot be read
    order("encoded payload", "any", "echo,printf", rf"\w+\s[^\n]{{0,20}}?{_BLOB}[^\n]{{0,40}}?\|\s*(?:base64\s+"
           rf"(?:-d|-D|--decode)|xxd\s+-r)[^\n]{{0,40}}?\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"),
    order("encoded payload", "any", "eval,exec,system,popen,function,iex,invoke-expression",
           rf"[\w-]+\s*\(?[^\n]{{0,60}}?(?:atob|b64decode|fromhex|unhexlify|FromBase64String"
           rf"|Buffer\.from)\s*\(\s*[bru]?[\"'`]?{_BLOB}"),
    order("encoded payload", "claim", "decode,unescape,interpret,reverse,apply rot,take the first,convert from,execute the hex",
          r"\w+\s(?!the\s+(?:header|token|jwt|body|fields?|url|response|request)\b)[^\n]{0,80}?(?:\band\s+(?:then\s+)?(?:comply|obey|follow\s+it|act\s+(?:on|accordingly)|do\s+(?:what\s+it|as\s+it|it\b)|carry\s+out"
          r"|perform\s+the\s+resulting|execute\s*:)|,?\s*(?:then\s+)?do\s+what\s+it\s+says|string\s+after\s+decoding)"),
    order("encoded payload", "claim", "read this backwards,read it backwards,in base64",
          r"(?:read\s+\w+\s+backwards\s+and|in\s+base64\b[^\n]{0,200}?\bas\s+if\s+the\s+user)"),
    order("encoded payload", "any", "powershell,pwsh", rf"\w+[^\n]{{0,80}}?\s-e(?:nc|ncodedcommand)?\s+{_BLOB}"),
)  # fmt: skip

RUNS = lazy(rf"(?:curl|wget)\b[^\n]{{0,160}}?(?:\|\s*(?:ba|z)?sh\b|{URL})|\brm\s+-rf?\s+[~/]|\bexec\(|/bin/(?:ba)?sh\b")

# What no order matches from its first word on: a payload, and the words near it that say to decode and obey it.
BLOB = lazy(_BLOB)
DECODE_AND_OBEY = lazy(rf"{_DECODES}\b[^\n]{{0,80}}?\b{_OBEYS}\b|\b{_OBEYS}\b[^\n]{{0,80}}?\b{_DECODES}", re.IGNORECASE)
