"""The phrases by which durable statements are told from talk: each rule is a pattern over one sentence, with a kind.

Rules are tried in order; the first that matches names the lesson. Confidence is about the share of right ones that such rules had on
the labelled sessions (`lore bench lessons`): a figure for whoever reviews. Sentences come on one line, with single blanks. The
phrases are English and German.
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


def _any(*ways: str) -> re.Pattern[str]:
    return re.compile("|".join(ways), re.IGNORECASE)


def _rule(name: str, kind: Kind, confidence: float, *ways: str) -> Rule:
    return Rule(name, kind, confidence, _any(*ways))


PERSON = (
    _rule(
        "procedure", "procedure", 0.9,
        r"^(?:to|for) (?:a )?[\w\s-]{3,40}?[,:]? (?:you )?(?:run|use|call|do|go through|first)\b",
        r"`[^`]+` (?:first|before)\b",
        r"\b(?:run|wait for)\b.*\b(?:before|then)\b.*`",
        r"\bmust (?:be )?review\w*\b.*\b(?:before|until)\b",
        r"^(?:zum|um) \w.*`[^`]+`",
    ),
    _rule(
        "preference", "preference", 0.9,
        r"\bI (?:really |much |usually )?(?:prefer|like|hate|dislike|can(?:no|\s*no|')t (?:stand|read|review))\b"
        r"(?! (?:your|the idea|how|it|that)\b)",
        r"\bI (?:do\s*n.t )?want (?!to\b|you to\b|it\b|them\b|that\b|one\b)",
        r"\b(?:report|say|tell|show|write|give|send)\w* (?:\S+ ){0,6}?to me\b",
        r"\bworking with me\b",
        r"\bich (?:mag|bevorzuge|hasse|hätte lieber)\b",
        r"\bmir (?:ist|sind) .*\blieber\b",
    ),
    _rule(
        "standing order", "convention", 0.9,
        r"\b(?:always|(?<!were\s)(?<!was\s)(?<!have\s)(?<!has\s)never(?! again| happens| mind| heard)|from now on|"
        r"in general|going forward|everywhere|anywhere|nowhere|only on purpose)\b",
        r"\b(?:immer(?! noch)|nie(?! wieder)|niemals|ab jetzt|ab sofort|überall|grundsätzlich)\b",
    ),
    _rule(
        "ground rule", "convention", 0.9,
        r"\b(?:ground rules?|style rules?|house rules?|commit (?:style|messages?)|naming|as a rule|by convention)\b.*:",
        r"^(?:every|all|each) (?:[\w-]+ ){1,3}(?:must|has to|have to|needs? to|is|are|goes?)\b",
    ),
    _rule(
        "obligation", "convention", 0.9,
        r"\b(?:must|must\s*n.t|mustnt|is not allowed|are not allowed|is forbidden|may not|ha(?:s|ve) to (?:hold|be|stay|"
        r"have|last|survive))\b",
        r"\b(?:darf|dürfen)\b.*\b(?:nicht|nie|nur|kein\w*)\b",
        r"\b(?:muss|müssen) .*\b(?:sein|bleiben|haben)\b",
    ),
    _rule(
        "prohibition", "convention", 0.8,
        r"(?:^|[,;.:] |\band )(?:(?:please|pls) )?(?:do not|do\s*n.t|dont) (?!know|think|see|worry|forget|commit|push|"
        r"believe|understand|agree|edit|need|have|care)\w+",
        r"(?:^|[.;] )no (?!problem|worries|idea|need|rush|thanks|more\b|go\b|one\b|longer|question|hurry|way|it\b|not\b|we"
        r"\b)[\w`]+",
        r"\bthere is no \w+",
        r"\bno (?:\w+ ){1,4}(?:in|any\s*more|on|for|without|anywhere|please|pls|at all)\b",
        r"(?:^|[.;] )keine?[nrm]? (?!ahnung|problem|sorge|idee|zeit|frage)\w+",
    ),
    _rule(
        "decision", "decision", 0.9,
        r"\b(?:we|we've|we have|I|I've|I have|the team) (?:both )?(?:have )?(?:decided|settled|agreed|chose|chosen|picked|"
        r"opted)\b",
        r"\b(?:is|are) out\b",
        r"\blet'?s (?:go with|use|stick (?:to|with)|keep)\b",
        r"\bwe (?:use|keep|store|host|write|drop|stay)\b",
        r"\bgo(?:ing)? with \w+\b(?=.*\b(?:because|since|as)\b)",
        r"\b[A-Z][a-z]+ wants\b",
        r"\bis the cap\b",
        r"\b(?:decision|limit) is\b",
        r"\bwir haben uns\b.*\bentschieden\b",
        r"\bwir (?:nehmen|verwenden|benutzen|bleiben bei)\b",
        r"\bfliegt raus\b",
    ),
    _rule(
        "choice", "decision", 0.8,
        r"\b(?:instead of|rather than) \w+",
        r""",\s*not (?!only|sure|yet|today|now|just|so\b|even|because|urgent|that)[\w`'"-]+""",
        r"\b(?:not|no) [\w.-]+ either\b",
        r"\bonly\b(?=.*\bno\b)",
        r"\b(?<!may\s)(?:stays?|go(?:es)?|lives?|belongs?) (?:in|into|on|under|at|as|against|through) (?!from\b|with\b)",
        r"\b[\w.-]+ only\b",
        r"\bonly (?:over|on|in|for|with|from|the last)\b",
        r"\bthen \d+ is\b",
        r"\b\w+ statt \w+",
        r", nicht (?:in|im|auf|ins|als|den|die|das|mit) ",
        r"\bgehör(?:t|en) (?:in|ins|auf|unter|nach)\b",
    ),
    _rule(
        "environment", "fact", 0.9,
        r"\b(?:runs?|is|are|lives?|listens?|answers?|sits?|hosted|reached|reach|ha(?:s|ve)) (?:now )?(?:on|at|in|behind|"
        r"under|through|via)\b.*(?:(?:https?://\S+|[\w-]+(?:\.[\w-]+)+|\bport \d+|`[^`]+`)|\bpins?\b|\d)",
        r"\b(?:staging|production|prod|the (?:host|server|box|bucket|warehouse|runner|database|db|broker|cache|console|"
        r'new box))\b.*\b(?:is|are|runs?)\b.*(?:(?:https?://\S+|[\w-]+(?:\.[\w-]+)+|\bport \d+|`[^`]+`)|\d|")',
        r"\b(?:creds?|credentials|passwords?|keys?|tokens?|secrets?) (?:is|are|live|lie) in\b",
        r"\bon my (?:mac|box|machine|laptop)\b",
        r"\bmy shell\b",
        r"\bon this (?:box|machine)\b",
        r"\bon (?:port )?\d{4,5}\b",
        r"\bis\b.*\b\d+\s*(?:cores|GB|MHz)\b",
        r"\b(?:any|every|each|everything|all)\b.*\bgets? \w+ed\b",
        r"\b(?:gets|is|are) wiped\b",
        r"\bruns? under (?:the )?user\b",
        r"\b(?:läuft|liegt|liegen|steht|lauscht|erreichbar) (?:auf|in|im|unter|bei|über)\b",
    ),
    _rule(
        "limit", "decision", 0.75,
        r"\b(?:at most|at least|maximum|minimum|max|min|limit|cap|threshold|above|below|timeout)\b[^?]*\d",
        r"\b(?:keep|kept|retain)\b[^?]*\b\d+\s*(?:days?|weeks?|months?|years?)\b",
        r"\b\d+ \w+ per\b",
        r"^\d+\b.*\bnot \d+",
    ),
    _rule(
        "reasoned directive", "decision", 0.8,
        r"^(?:use|put|keep|set|name|store|make|drop|take|treat|order|sample|limit)\b.*"
        r"\b(?:because|since|so that|so|otherwise|or else|as)\b",
    ),
    _rule(
        "reason", "decision", 0.8,
        r"^(?!.*\b(?:was|were|took|(?:ok|fine) now)\b).*\b(?:because|so that|since the)\b",
        r"\b(?:pls|please)\s*[,.]?\s*(?:$|\w+ed\b)",
        r"\bweil\b",
        r", sonst\b",
    ),
)  # fmt: skip
"""What a person says."""
AGENT = (
    _rule(
        "turned out", "failure", 0.85,
        r"\b(?:it )?turn(?:s|ed) out\b",
        r"\bthe (?:root )?(?:cause|culprit|problem|issue|bug|reason) (?:is|was)\b(?! (?:fixed|gone|solved|that I))",
        r"\bursache (?:ist|war)\b",
        r"\b(?:es|das) lag an\b",
        r"\bstellt sich heraus\b",
    ),
    _rule(
        "fixed by", "failure", 0.85,
        r"\b(?:fixed|solved|cured|avoided) by\b",
        r"\b(?:fixes|solves|cures|avoids) (?:the|it|that|this)\b",
        r"\bthe (?:fix|cure|remedy|reliable way) is\b",
        r"\bbehoben (?:durch|mit)\b",
        r"\bdie lösung ist\b",
    ),
    _rule(
        "silent failure", "failure", 0.85,
        r"\b(?:silently|without (?:a )?(?:trace|warning|error))\b",
        r"\bnever (?:joins?|returns?|fires?|locks?)\b",
        r"\bunless\b",
        r"\bonly (?:works?|loads?|exists?|has)\b",
        r"\bneeds? `",
        r"\bha(?:s|ve) to (?:be there|run|come|stay)\b",
        r"\bnothing in\b.*, so\b",
        r"`[^`]+` \w+s\b.*, so\b",
        r"\bis the (?:reliable|right|only) way\b",
    ),
    _rule(
        "cause", "failure", 0.75,
        r"\b(?:refuses|fails?|hangs?|breaks?|crash(?:es)?|throws?|grows|truncat\w+|cuts?|falls back)"
        r"\b.*(?:\b(?:because|since|as long as|while|when|so|for|with)\b|;|\n)",
    ),
)  # fmt: skip
"""What an agent says of why something was as it was."""
ASIDE = _any(
    r"^(?:thanks|thank you|danke|merci)\b",
    r"\?\s*$",
    r"^(?:what|how|why|where|when|who|which)\b",
    r"\bonly asking\b",
    r"\b(?:maybe|perhaps|some\s*day|one day|imagine|what if|would (?:be|it|have)|could (?:be|we|also)|might|wonder|"
    r"daydream\w*|haha|lol|joke|kidding|supposedly)\b",
    r":D",
    r"\bif (?:we|I) (?:had|were|could)\b",
    r"\bnext (?:time|week)\b",
    r"\b(?:later|tomorrow|tonight)\b\s*[.!]?$",
    r"\bonly a thought\b",
    r"\bthey say\b",
    r"\bI read\b",
    r"\bsounds? (?:cool|nice|good)\b",
    r"\bI don.t agree\b",
    r"^(?:was|wie|warum|wo|wann|wer|welche\w*)\b",
    r"\b(?:vielleicht|irgendwann|wäre\w*|hätten? wir|könnte\w*|würde\w*)\b",
    r"\bspäter\b\s*[.!]?$",
)
"""Talk: questions, hypotheses, jokes, what is for another day."""
ONE_OFF = _any(
    r"^(?:(?:please|pls|now|then|also|and|just|can you|let's|lets) )*(?:add|fix|commit|push|merge|open|close|revert|"
    r"rebase|deploy|tell|file|start|begin|look|check|read|flash|move|rename|show|explain|write|run|re-?run|test|try|go(?! with)"
    r"|do|continue|stop|leave|park|undo|remove|delete|change|create|implement|build|update|bump|raise|lower|install|"
    r"mark|post|reply|ask|find|think|list)\b",
    r"^(?:bitte )?(?:schau|leg|mach|bau|prüf\w*|lies|füg\w*|lösch\w*|nimm|zeig|ändere|teste|starte)\b",
)
"""An order for now, unless it says that it holds for ever."""
FOR_EVER = _any(
    r"\b(?:always|never|from now on|in general|everywhere|anywhere|only on purpose)\b",
    r"\b(?:immer|nie|niemals|überall|grundsätzlich)\b",
)
STATUS = _any(
    r"^(?:now|I'm|I am|I'll|I will|I've|I have|I had|I did|done|committed|pushed|merged|noted|fixed|added|moved|"
    r"changed|converted|running|green|\d+ \w+ (?:are|is) done|continue|both)\b",
    r"\bI (?:deployed|gotta|have to|jump)\b",
    r"\b(?:today|yesterday|this morning|tonight|right now|at the moment|for now|just called|back from)\b",
    r"\b[A-Z]{2,5}-\d+\b",
    r"\balready\b",
    r"\bdid\s*n.?t notice\b",
    r"\bsomebody has to\b",
    r"\bcheck (?:that|if|whether)\b",
    r"\bfor the start\b",
    r"(?:^|\s)(?:docs|src)/\S+\.\w+",
    r"\b(?:my (?:train|lunch)|bye|see you|good night|brb)\b",
    r"\b(?:heute|gestern|gerade eben|bis morgen)\b",
    r"^(?:ich (?:schaue|lese|baue|habe|werde)|fertig|eingebaut|erledigt)\b",
)
"""What is only so now."""
GUESS = _any(
    r"\b(?:guess|possibly|probably|perhaps|maybe|might|could be|seems?|suspect|I think|theory|I'd (?:check|like|say|"
    r"guess)|don't (?:yet )?(?:know|see)|haven't looked|no evidence|not sure|apparently)\b",
    r"\b(?:vielleicht|vermutlich|wahrscheinlich|schätze|könnte)\b",
)
TASK = _any(
    r"\b(?:I'd|I would) (?:also )?(?:start|fix|remove|look|check|change|write|add|wait|leave|begin|rather|copy|read|do)\b",
    r"^(?:revised )?plan\b",
)
"""A proposal of work, not of how things are to be."""
NARRATES = _any(
    r"\b(?:took|rose|sent|went|came|ran|yesterday|were \w+ed)\b",
)
"""What happened once."""
PROPOSES = _any(
    r"\b(?:I'd|I would|proposal|propose|I suggest|suggest\w*|alternative|I recommend|we could|could also|revised)\b",
    r"\b(?:ich (?:würde|könnte|schlage)|vorschlag)\b",
)
REASONED = _any(
    r"\b(?:because|since|so that|so|instead|otherwise|not|no|without|per|alternative)\b",
    r"\b(?:weil|damit|sonst|statt|kein\w*|nicht)\b",
)
"""A proposal that gives a reason or another choice."""
EITHER = _any(
    r"\b(?:or|which|how do you|how should|what (?:should|do)|where (?:should|do)|should I use|options?)\b[^?]*\?",
    r"\b(?:oder|welche\w*)\b[^?]*\?",
)
"""A question that leaves a choice."""
DIRECTS = _any(
    r"\b(?:keep|use|make|go with|take|put|stay)\b",
    r"\b(?:nimm|reicht|bleibt|bleiben|keine?)\b",
)
CORRECTS = _any(
    r"^\W*(?:(?:hm+|ah|oh|ok|right)\W+)*(?:no|nope|wait|stop|actually|scrap|wrong|that isn't)\b",
    r"^\W*(?:nein|halt|stopp|doch nicht)\b",
)
"""How a person begins to correct an agent."""
GIVES_UP = _any(
    r"\b(?:scrap|forget|drop) (?:that|it)\b",
    r"\bwait,? no\b",
    r"\bactually,? no\b",
    r"\b(?:decision|plan) is off\b",
    r"\bvergiss (?:das|es)\b",
    r"\bdoch nicht\b",
)
LAUGHS = _any(
    r"^\W*(?:ha(?:ha)+|lol|just kidding|kidding|only joking)\b",
)

ANSWER = Rule("answer", "decision", 0.8, EITHER)
CORRECTED = Rule("corrected value", "decision", 0.9, CORRECTS)
CORRECTION = Rule("correction", "decision", 0.8, CORRECTS)
ACCEPTED = Rule("accepted proposal", "decision", 0.75, PROPOSES)
CURED = Rule("command cured", "failure", 0.8, _any(r"^`"))
