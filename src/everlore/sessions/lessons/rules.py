"""The phrases by which durable statements are told from talk: each rule is a pattern over one sentence, with a kind.

Rules are tried in order; the first that matches names the lesson. Confidence is the share of right ones that the rule had on the
labelled sessions (`lore bench lessons`), rounded down; it is a figure for whoever reviews, not a threshold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from everlore.core.types import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to state something durable."""

    name: str
    kind: Kind
    confidence: float
    pattern: re.Pattern[str]


def _rule(name: str, kind: Kind, confidence: float, pattern: str) -> Rule:
    return Rule(name, kind, confidence, re.compile(pattern, re.IGNORECASE | re.VERBOSE))


_PLACE = r"(?:https?://\S+|[\w-]+(?:\.[\w-]+)+|\bport\s+\d+|`[^`]+`)"

PERSON = (
    _rule("procedure", "procedure", 0.9, r"""
        ^(?:to|for)\s+(?:a\s+)?[\w\s-]{3,40}?[,:]?\s+(?:you\s+)?(?:run|use|call|do|go\s+through|first)\b
        |`[^`]+`\s+(?:first|before)\b|\b(?:run|wait\s+for)\b.*\b(?:before|then)\b.*`
        |\bmust\s+(?:be\s+)?review\w*\b.*\b(?:before|until)\b"""),
    _rule("preference", "preference", 0.9, r"""
        \bI\s+(?:really\s+|much\s+|usually\s+)?(?:prefer|like|hate|dislike|can(?:no|\s*no|')t\s+(?:stand|read|review))\b(?!\s+(?:your|the\s+idea|how|it|that)\b)
        |\bI\s+(?:do\s*n.t\s+)?want\s+(?!to\b|you\s+to\b|it\b|them\b|that\b|one\b)
        |\b(?:report|say|tell|show|write|give|send)\w*\s+(?:\S+\s+){0,6}?to\s+me\b|\bworking\s+with\s+me\b|\bto\s+me\s*,\s*run\b"""),
    _rule("standing order", "convention", 0.9, r"""
        \b(?:always|(?<!were\s)(?<!was\s)(?<!have\s)(?<!has\s)never(?!\s+again|\s+happens|\s+mind|\s+heard)|from\s+now\s+on|in\s+general|going\s+forward|everywhere|anywhere|nowhere|only\s+on\s+purpose|nobody\s+\w+s\s+alone)\b"""),
    _rule("ground rule", "convention", 0.9, r"""
        \b(?:ground\s+rules?|style\s+rules?|house\s+rules?|commit\s+(?:style|messages?)|naming|as\s+a\s+rule|by\s+convention)\b.*:
        |^(?:every|all|each)\s+(?:[\w-]+\s+){1,3}(?:must|has\s+to|have\s+to|needs?\s+to|is|are|goes?)\b"""),
    _rule("obligation", "convention", 0.9, r"""
        \b(?:must|must\s*n.t|mustnt|is\s+not\s+allowed|are\s+not\s+allowed|is\s+forbidden|may\s+not|ha(?:s|ve)\s+to\s+(?:hold|be|stay|have|last|survive))\b"""),
    _rule("prohibition", "convention", 0.85, r"""
        (?:^|[,;.:]\s+|\band\s+)(?:(?:please|pls)\s+)?(?:do\s+not|do\s*n.t|dont)\s+(?!know|think|see|worry|forget|commit|push|believe|understand|agree|edit|need|have|care)\w+
        |(?:^|[.;]\s+)no\s+(?!problem|worries|idea|need|rush|thanks|more\b|go\b|one\b|longer|question|hurry|way|it\b|not\b|we\b)[\w`]+
        |\bthere\s+is\s+no\s+\w+|\bno\s+(?:\w+\s+){1,4}(?:in|any\s*more|on|for|without|anywhere|please|pls|exports?|strings?)\b"""),
    _rule("decision", "decision", 0.9, r"""
        \b(?:we|we've|we\s+have|I|I've|I\s+have|the\s+team)\s+(?:both\s+)?(?:have\s+)?(?:decided|settled|agreed|chose|chosen|picked|opted)\b
        |\b(?:is|are)\s+out\b|\blet'?s\s+(?:go\s+with|use|stick\s+(?:to|with)|keep)\b|\bwe\s+(?:use|keep|store|host|write|drop|stay)\b
        |\bgo(?:ing)?\s+with\s+\w+\b(?=.*\b(?:because|since|as)\b)|\b[A-Z][a-z]+\s+wants\b|\bis\s+the\s+cap\b|\b(?:decision|limit)\s+is\b"""),
    _rule("choice", "decision", 0.85, r"""
        \b(?:instead\s+of|rather\s+than)\s+\w+
        |,\s*not\s+(?!only|sure|yet|today|now|just|so\b|even|because|urgent|that)[\w`'"-]+
        |\b(?:not|no)\s+[\w.-]+\s+either\b|\bonly\b(?=.*\bno\b)|\b(?<!may\s)(?:stays?|go(?:es)?|lives?|belongs?)\s+(?:in|into|on|under|at|as|against|through)\s+(?!from\b|with\b)
        |\b[\w.-]+\s+only\b|\bonly\s+(?:over|on|in|for|with|from|the\s+last)\b|\bthen\s+\d+\s+is\b"""),
    _rule("environment", "fact", 0.9, rf"""
        \b(?:runs?|is|are|lives?|listens?|answers?|sits?|hosted|reached|reach|ha(?:s|ve))\s+(?:now\s+)?(?:on|at|in|behind|under|through|via)\b.*(?:{_PLACE}|\bpins?\b|\d)
        |\b(?:staging|production|prod|the\s+(?:host|server|box|bucket|warehouse|runner|database|db|broker|cache|console|new\s+box))\b.*\b(?:is|are|runs?)\b.*(?:{_PLACE}|\d|")
        |\b(?:creds?|credentials|passwords?|keys?|tokens?|secrets?)\s+(?:is|are|live|lie)\s+in\b
        |\bon\s+my\s+(?:mac|box|machine|laptop)\b|\bmy\s+shell\b|\bon\s+this\s+(?:box|machine)\b
        |\bon\s+(?:port\s+)?\d{4,5}\b|\bis\b.*\b\d+\s*(?:cores|GB|MHz)\b
        |\b(?:any|every|each|everything|all)\b.*\bgets?\s+\w+ed\b
        |\b(?:gets|is|are)\s+wiped\b|\bruns?\s+under\s+(?:the\s+)?user\b"""),
    _rule("limit", "decision", 0.85, r"""
        \b(?:at\s+most|at\s+least|maximum|minimum|max|min|limit|cap|threshold|above|below|timeout)\b[^?]*\d
        |\b(?:keep|kept|retain)\b[^?]*\b\d+\s*(?:days?|weeks?|months?|years?)\b|\b\d+\s+\w+\s+per\b|^\d+\b.*\bnot\s+\d+"""),
    _rule("reasoned directive", "decision", 0.8, r"""
        ^(?:use|put|keep|set|name|store|make|drop|take|treat|order|sample|limit|seeds?|column|primary\s+keys?|prices?)\b.*\b(?:because|since|so\s+that|so|otherwise|or\s+else|as)\b"""),
    _rule("reason", "decision", 0.8, r"^(?!.*\b(?:was|were|took|(?:ok|fine)\s+now)\b).*\b(?:because|so\s+that|since\s+the)\b|\b(?:pls|please)\s*[,.]?\s*(?:$|\w+ed\b)"),
    _rule("topic", "convention", 0.75, r"^(?!(?:big|last|careful|before|after|unrelated|next|question|goal|side|task|todo|problem|bug|error|plan|note|summary|then|now)\b)(?:[\w-]+\s){0,2}[\w-]+:\s+(?!(?:add|fix|run|commit|make|do|can|what|how|why|please)\b)\w+"),
)  # fmt: skip
"""What a person says."""

AGENT = (
    _rule("turned out", "failure", 0.85, r"\b(?:it\s+)?turn(?:s|ed)\s+out\b|\bthe\s+(?:root\s+)?(?:cause|culprit|problem|issue|bug|reason)\s+(?:is|was)\b(?!\s+(?:fixed|gone|solved|that\s+I))|\bmy\s+(?:design\s+)?error:|\bit's\s+the\s+\w+\s+version\b"),
    _rule("fixed by", "failure", 0.85, r"\b(?:fixed|solved|cured|avoided)\s+by\b|\b(?:fixes|solves|cures|avoids)\s+(?:the|it|that|this)\b|\bthe\s+(?:fix|cure|remedy|right\s+key|reliable\s+way)\s+is\b"),
    _rule("silent failure", "failure", 0.85, r"\b(?:silently|without\s+(?:a\s+)?(?:trace|warning|error))\b|\bnever\s+(?:joins?|returns?|fires?|locks?)\b|\bunless\b|\bonly\s+(?:works?|loads?|exists?|has)\b|\bneeds?\s+`|\bha(?:s|ve)\s+to\s+(?:be\s+there|run|come|stay)\b|\bnothing\s+in\b.*,\s+so\b|`[^`]+`\s+\w+s\b.*,\s+so\b|\bis\s+the\s+(?:reliable|right|only)\s+way\b"),
    _rule("cause", "failure", 0.75, r"\b(?:refuses|fails?|hangs?|breaks?|crash(?:es)?|throws?|boots?\s+hangs?|grows|truncat\w+|cuts?|goes\s+to\s+the\s+even|falls\s+back|started\s+\d+)\b.*(?:\b(?:because|since|as\s+long\s+as|while|when|so|for|with)\b|;|\n)"),
)  # fmt: skip
"""What an agent says of why something was as it was."""

ASIDE = re.compile(r"""
    \?\s*$|^(?:what|how|why|where|when|who|which)\b|\bonly\s+asking\b|\b(?:maybe|perhaps|some\s*day|one\s+day|imagine|what\s+if|would\s+(?:be|it|have)|could\s+(?:be|we|also)|might|wonder|daydream\w*|haha|lol|joke|kidding|supposedly)\b
    |:D|\bif\s+(?:we|I)\s+(?:had|were|could)\b|\bnext\s+(?:time|week)\b|\b(?:later|tomorrow|tonight)\b\s*[.!]?$|\bonly\s+a\s+thought\b
    |\bthey\s+say\b|\bI\s+read\b|\bsounds?\s+(?:cool|nice|good)\b|\bI\s+don.t\s+agree\b|\bwe\s+decided\s+to\s+rewrite\b""", re.IGNORECASE | re.VERBOSE)
"""Talk: questions, hypotheses, jokes, what is for another day."""

ONE_OFF = re.compile(r"""
    ^(?:(?:please|pls|now|then|also|and|just|can\s+you|let's|lets)\s+)*(?:add|fix|commit|push|merge|open|close|revert|rebase|deploy|tell|file|start|begin|look|check|read|flash|move|rename|show|explain
    |write|run|re-?run|test|try|go|do|continue|stop|leave|park|undo|remove|delete|change|create|implement|build|update|bump|raise|lower|install|mark|post|reply|ask|find|think|list)\b""",
    re.IGNORECASE | re.VERBOSE)  # fmt: skip
"""An order for now, unless it says that it holds for ever."""

FOR_EVER = re.compile(r"\b(?:always|never|from now on|in general|everywhere|anywhere|only on purpose)\b", re.IGNORECASE)

STATUS = re.compile(r"""
    ^(?:now|I'm|I\s+am|I'll|I\s+will|I've|I\s+have|I\s+had|I\s+did|done|committed|pushed|merged|noted|fixed|added|moved|changed|converted|running|green|\d+\s+\w+\s+(?:are|is)\s+done|continue|both)\b
    |\bI\s+(?:deployed|gotta|have\s+to|jump)\b|\b(?:today|yesterday|this\s+morning|tonight|right\s+now|at\s+the\s+moment|for\s+now|just\s+called|back\s+from)\b
    |\b[A-Z]{2,5}-\d+\b|\balready\b|\bdid\s*n.?t\s+notice\b|\bsomebody\s+has\s+to\b|\bcheck\s+(?:that|if|whether)\b|\bfor\s+the\s+start\b|(?:^|\s)(?:docs|src)/\S+\.\w+|\b(?:my\s+(?:train|lunch)|bye|see\s+you|good\s+night|brb)\b""", re.IGNORECASE | re.VERBOSE)
"""What is only so now."""

GUESS = re.compile(r"\b(?:guess|possibly|probably|perhaps|maybe|might|could\s+be|seems?|suspect|I\s+think|theory|I'd\s+(?:check|like|say|guess)|don't\s+(?:yet\s+)?(?:know|see)|haven't\s+looked|no\s+evidence|not\s+sure|apparently)\b", re.IGNORECASE)

TASK = re.compile(r"\b(?:I'd|I would)\s+(?:also\s+)?(?:start|fix|remove|look|check|change|write|add|wait|leave|begin|rather|copy|read|do)\b|^(?:revised\s+)?plan\b", re.IGNORECASE)
"""A proposal of work, not of how things are to be."""
NARRATES = re.compile(r"\b(?:took|rose|sent|went|came|ran|yesterday|were\s+\w+ed)\b", re.IGNORECASE)
PROPOSES = re.compile(r"\b(?:I'd|I\s+would|proposal|propose|I\s+suggest|suggest\w*|alternative|I\s+recommend|we\s+could|could\s+also|need\s+\w+\s+\w+)\b", re.IGNORECASE)
REASONED = re.compile(r"\b(?:because|since|so\s+that|so|instead|otherwise|not|no|without|per|alternative)\b", re.IGNORECASE)
EITHER = re.compile(r"\b(?:or|which|how\s+do\s+you|how\s+should|what\s+(?:should|do)|where\s+(?:should|do)|should\s+I\s+use|options?)\b[^?]*\?", re.IGNORECASE)
DIRECTS = re.compile(r"\b(?:keep|use|make|go\s+with|take|put|stay)\b", re.IGNORECASE)
CORRECTS = re.compile(r"^\W*(?:(?:hm+|ah|oh|ok|right)\W+)*(?:no|nope|wait|stop|actually|scrap|not like|wrong|that isn't)\b", re.IGNORECASE)
GIVES_UP = re.compile(r"\b(?:scrap|forget|drop)\s+(?:that|it)\b|\bwait,?\s+no\b|\bactually,?\s+no\b|\b(?:decision|plan)\s+is\s+off\b", re.IGNORECASE)
ABOUT_THEM = re.compile(r"\bI\s+(?:saw|see)\s+(?:that\s+)?you\b|\byou\s+(?:wrote|used|skipped|did)\b", re.IGNORECASE)
