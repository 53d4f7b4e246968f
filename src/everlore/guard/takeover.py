"""Orders that take the reader over: new rules and roles, tools and memories turned against the person, things kept from them.

The same kind of table as `everlore.guard.orders`, for the words that attempts use and plain notes do not. What makes
an attempt of an everyday word is whom it speaks to ("your rules", "Assistant, delete …"), what it asks for (secrets,
silence, no more asking) and where that goes; so most rules want two of these near each other on one line.
"""

from __future__ import annotations

from everlore.guard.orders import LAW, READER, URL, VAULT, Order, any_of, order

_NEAR = r"[^\n]{0,80}?"
_FAR = r"[^\n]{0,200}?"
_SET_ASIDE = "ignore,disregard,forget,discard,override,bypass,dismiss,abandon,drop,cancel,clear,neglect,erase,stop,set,put,leave,pay,do not,don't,not follow,not obey,no longer"  # fmt: skip
_SETTING_ASIDE = (
    r"(?:(?:set|put|leave)(?:ting)?\s+(?:aside\s+)?|pay\s+no\s+(?:attention|heed)\s+to\s+"
    r"|(?:stop|do\s+not|don't|not|no\s+longer)\s+(?:follow|obey|apply|heed|respect|listen\s+to)(?:ing)?\s+"
    r"|(?:ignore|disregard|forget|discard|override|bypass|dismiss|abandon|drop|cancel|clear|neglect|erase)\s+)"
)
_LAWS = (
    rf"(?:{LAW}|system\s+(?:prompt|message|instructions?)|tasks?|objectives?|limits?|limitations?|boundaries|checks)"
)
_LIMITS = any_of(
    "restrictions?,rules?,limits?,limitations?,filters?,polic(?:y|ies),guidelines?,checks?,safety,moral\\w*,ethic\\w*"
    ",boundaries,constraints?,censorship,safeguards?,guardrails?"
)
_NO = r"(?:no|without|never|free\s+(?:of|from)|not\s+bound\s+by|outside|beyond)"
_SECRET = (
    r"(?:\b(?:api[\s-]keys?|passwords?|credentials?|secrets?|tokens?|private\s+(?:\w+\s+)?keys?|ssh\s+(?:private\s+)?keys?"
    r"|card\s+numbers?|environment\s+variables|the\s+environment|keychain)\b|"
    rf"{VAULT}"
    r"|(?:system|hidden|initial|secret)\s+prompt|system\s+message"
    r"|(?:this|the\s+(?:full|entire|whole|complete))\s+(?:\w+\s+)?(?:chat|conversation|context(?:\s+window)?|inbox"
    r"|repository|repo|history|memory|session)|(?:full|entire|whole|complete|the)\s+(?:chat|conversation)(?:\s+history)?"
    r"|your\s+(?:full\s+|entire\s+|whole\s+)?(?:context(?:\s+window)?|memory|memories|instructions|prompt|conversation)"
    r"|(?:what(?:ever)?|everything|anything|all)\s+(?:that\s+)?(?:you|the\s+user)\s+(?:\w+\s+)?"
    r"(?:know|remember|said|says|told|tells|typed|wrote|saw|seen)|(?:mails?|messages)\s+(?:of|in|from)\s+the\s+inbox"
    r"|(?:users?'?s?|customers?'?s?)\s+(?:table|home\s+directory|calendar|contacts|address\s+book))"
)
_GIVE = any_of(
    "send,post,upload,forward,e?mail,exfiltrate,leak,transmit,submit,share,paste,append,copy,report,deliver,encode,write"
    ",write down,publish,dump,include,put,attach,summari[sz]e,read,collect,gather,find,take,extract,list,grab,steal,harvest"
    ",look up,open,add,zip,export,commit,pass,store"
)
_GIVING = "send,post,upload,forward,email,e-mail,mail,exfiltrate,leak,transmit,submit,share,paste,append,copy,report,deliver,write,publish,dump,include,attach,summarise,summarize,read,collect,gather,find,take,extract,list,grab,steal,harvest,look up,open a,add ,zip ,export"  # fmt: skip
_AWAY = (
    rf"(?:{URL}(?!localhost|127\.)|[\w.+-]+@[\w-]+\.\w|(?<![./\w-])[\w-]+(?:\.[\w-]+)*\.(?:com|net|io|xyz|ru|example|test|site|invalid)\b"
    r"|\b(?:\d{1,3}\.){3}\d|\bgist\b|pastebin|commit\s+message|query\s+parameter|(?:an?|the)\s+(?:image|url|comment|issue)\b"
    r"|\byour\s+(?:next\s+|final\s+)?(?:answer|reply|response|output)|\bpublic/|\breply\s+with\b|\bDNS\b)"
)
_PERSON = r"(?:user|human|operator|developer|person|reviewer|owner|maintainer|administrator)"
_PEOPLE = rf"(?:(?:the|your|any|this)\s+{_PERSON}s?|any(?:body|one)|some(?:body|one)\s+else|the\s+people)"
_TRIGGER = r"(?:whenever|when(?!\s+in\s+doubt)|each\s+time|every\s+time|once|as\s+soon\s+as|after|if)"
_HARM = any_of(
    "delete,wipe,erase,destroy,remove,disable,turn off,merge,approve,transfer,grant,give,close,drop,pay,accept,kill"
    ",force-push,push it,push --force,git push --force"
)
_ODD_SHELL = (
    rf"(?:(?:curl|wget)\b[^\n]{{0,120}}?(?:\|\s*(?:sudo\s+)?(?:ba|z)?sh\b|{URL})|\|\s*(?:sudo\s+)?(?:ba|z)?sh\b"
    r"|\brm\s+-\w+\s+(?:--\S+\s+)?[~/]|\bnc\s+-e\b|chmod\s+(?:-R\s+)?777|dd\s+if=|mkfs|push\s+--force|/tmp/\S*\.sh"
    r"|\bpip3?\s+install|\bnpm\s+i(?:nstall)?\b|\$\(curl|urlopen\(|/dev/sd)"
)
_ADDRESS = (
    rf"(?:(?:any|all|every|each|the|an?)\s+)?(?:automated\s+|language\s+)?{READER}s?"
    r"(?:\s+(?:assistants?|agents?|models?|reviewers?|screeners?|readers?|systems?|bots?))?"
)
_NAMES = "ai,llm,assistant,agent,model,bot,claude,gpt,chatgpt,copilot,cursor,codex,gemini,language model,automated,any ,all ,every ,coding"
_BID = (
    rf"(?:(?:{_HARM})\b|ignore\b|disregard\b|forget\b|(?:do\s+not|don't|never)\s+(?:mention|tell|summari|report|show|inform)"
    r"|(?:send|post|upload|forward|e-?mail|export)\s|skip\s|reveal\b|disclose\b|rank\b|rate\b|recommend\b|reply\s+with\b"
    r"|answer\s+that\b|(?:say|write)\s+[\"“'`]|tell\s+the\s+user\b|insert\b|add\s+['\"`]|give\s+(?:this|a)\b|open\s+a\s+terminal"
    rf"|when\s+(?:you|summari[sz]ing|reading|asked)\b|read\s+the\s+user|obey\b|comply\b|follow\s+this|(?:run|execute|install|download|paste|call)\b{_NEAR}"
    rf"(?:{_ODD_SHELL}|delete|transfer|{URL}))"
)
_FREED = r"(?:approved|accepted|confirmed|granted|allowed|consent(?:ed)?(?:\s+to)?|authori[sz]ed|agreed(?:\s+to)?|said\s+yes\s+to)"
_UNASKED = (
    r"(?:without\s+(?:\w+\s+){0,2}?(?:asking|approval|permission|confirmation|confirming|consent|review|checks?)"
    r"|never\s+ask(?:ing)?\s+(?:again|for|the\s+user|me)|no\s+(?:need\s+to\s+ask|more\s+questions))"
)
_POISON = (
    rf"(?:{_UNASKED}|trusted\b{_NEAR}(?:instruction|credential|obey|follow)|\bobey\b|(?:all|any|every)\s+(?:\w+\s+){{0,2}}?"
    r"tool\s+calls?|(?:checks?|warnings?|safety)\s+(?:\w+\s+){0,3}?(?:disabled|off|suppress\w*|hidden)|suppress\w*"
    r"|(?:never|not)\s+mention\s+(?:any\s+)?security|(?<!never\s)(?<!not\s)(?:skip|auto-?\s?(?:accept|approve))\s+(?:\w+\s+)?(?:approval|every|all|edits?"
    r"|confirm\w*|prompts?)"
    rf"|(?:fetch|open|load|call|visit|run)\w*\s{_NEAR}{URL}|reveal\w*\s+(?:\w+\s+)?secrets?|(?:receive|send|share)\s{_NEAR}"
    r"(?:credentials|all\s+(?:\w+\s+)?data|passwords|reports\s+there)"
    r"|hide\s+it\b|from\s+the\s+user\b|delete\s+(?:all|the)\s+(?:\w+\s+)?memor|as\s+if\s+the\s+user\s+had|keychain"
    r"|with\s+sudo\b|safety\s+checks|curl\b[^\n]{0,80}?\|\s*(?:ba)?sh)"
)

TAKEOVER: tuple[Order, ...] = (
    # --- other rules than the reader's own
    order("instruction override", "order", _SET_ASIDE, rf"{_SETTING_ASIDE}(?:\w+\s+){{0,3}}?(?:(?:your|my)\s+(?:\w+\s+)?{_LAWS}"
          rf"|(?:the|any|every|each|all)\s+(?:of\s+)?(?:\w+\s+)?(?:{_LAWS})\s+(?:(?:that\s+)?(?:you|your)\b|given|so\s+far|above"
          rf"|until\s+now|set\s+by)|the\s+system\s+(?:prompt|message|instructions?)|(?:the|your)\s+(?:developer|operator|user|owner)'?s?\s+(?:\w+\s+)?"
          rf"{_LAWS}|(?:the\s+)?(?:rules|instructions|guidelines)\s+(?:your|the)\s+\w+\s+(?:set|gave)"
          rf"|(?:everything|whatever|what|anything)\s+(?:above|before|you\s+were|the\s+user\s+(?:asked|said|wants|told))"
          rf"|the\s+above\s+and\b)"),
    order("instruction override", "claim", "you don't,you do not,you no longer,you need not,you will not,you'll not,you are not,you're not,you are no,you're no,you have,you are free,you can,not follow",
          rf"(?:you\s+)?(?:(?:don't|do\s+not|no\s+longer|need\s+not|will\s+not|are\s+not|'re\s+not|are\s+no\s+longer|can\s+now|are\s+free\s+to|not)"
          rf"\s+(?:have\s+to\s+|need\s+to\s+|bound\s+(?:by|to)\s+|(?:allowed\s+to\s+)?ignore\s+)?"
          rf"(?:follow|obey|apply|respect|adhere\s+to|ignore|have|bound(?:\s+(?:by|to))?)\s*(?:to\s+)?(?:\w+\s+){{0,2}}?(?:your|any|the|content|safety)\s+(?:\w+\s+)?"
          rf"(?:{_LAWS}|{_LIMITS})|\s*(?:have|are)\s+(?:been\s+)?(?:jailbroken|unlocked|liberated|freed)|have\s+no\s+(?:\w+\s+)?{_LIMITS})\b"),
    order("instruction override", "order", "you will not,you no longer,henceforth,from now on,from this,from here",
          rf"(?:from\s+(?:now|this\s+\w+|here)(?:\s+(?:on|forward|onwards?))?|henceforth)?,?\s*you\s+(?:will\s+)?(?:not|no\s+longer)\s+(?:apply|follow|obey|respect)\s+"
          rf"(?:\w+\s+){{0,2}}?(?:{_LAWS}|{_LIMITS})"),
    order("instruction override", "order", "from this,from now,from here,henceforth,as of now,starting now",
          rf"(?:from\s+(?:now|this\s+\w+|here)(?:\s+(?:on|forward|onwards?))?|henceforth|as\s+of\s+now|starting\s+now),?\s+(?:the\s+|all\s+)?"
          rf"(?:(?:earlier|previous|prior|old)\s+{LAW}\s+(?:\w+\s+){{0,3}}?apply|you\s+(?:only\s+)?(?:speak|answer|act|obey|are\s+no|serve|work\s+for)\b)"),
    order("instruction override", "claim", "your ,all earlier,all previous,all prior,the instructions you,the rules you,instructions you",
          rf"(?:your\s+(?:\w+\s+){{0,3}}?(?:{_LAWS}|{_LIMITS})|all\s+(?:earlier|previous|prior)\s+{LAW}|(?:the\s+)?{LAW}\s+you\s+(?:received|were\s+given|got|have)\b[^.\n]{{0,40}}?)"
          rf"\s+(?:in\s+your\s+prompt\s+)?(?:no\s+longer|(?:are|were|was|is|have|has)(?:\s+been)?\s+(?:now\s+|all\s+)?(?:cancel|void|switched\s+off|turned\s+off|disabled|lifted|replaced|superseded"
          rf"|revoked|removed|suspended|a\s+mistake|wrong|outdated|allow|expired|null)|did\s+not\s+exist|do(?:es)?\s+not\s+(?:apply|exist|count))"),
    order("instruction override", "order", "treat,consider,regard", r"\w+\s+(?:everything|all|anything)\s+(?:above|before|earlier|so\s+far)\b[^.\n]{0,40}?\b(?:void|invalid|cancel\w*|obsolete|null)"),
    order("instruction override", "any", "only what follows,do the opposite of,do as you are told,do as you're told,drop whatever,with no rules,stop being",
          rf"(?:only\s+what\s+follows\s+(?:counts|matters|applies)|do\s+the\s+opposite\s+of\s+(?:what\s+)?(?:your|the\s+system)|(?:just\s+)?do\s+as\s+(?:you\s+are|you're)\s+told"
          rf"|drop\s+whatever\s+you|with\s+no\s+rules\b[^.\n]{{0,40}}?\bsay\s+yes|stop\s+being\s+(?:an?\s+(?:\w+\s+)?)?{READER}\b)"),
    order("instruction override", "claim", "you are,you're,act as,pretend,imagine,become,role,let's play,suppose,hypothetically,answer,respond,reply,speak,behave,confirm,comply",
          rf"(?:you(?:\s+are|'re)|act|pretend|imagine|become|role[\s-]?play|let's\s+play|suppose|hypothetically|answer|respond|reply|speak|behave|confirm|comply)\b(?:[^.\n]{{0,60}}?\b"
          rf"(?:ai|assistant|model|bot|agent|you|root|game|gpt|answer\w*|one)\b)?[^.\n]{{0,50}}?\b{_NO}\s+(?:(?!error|warning|test|problem)\w+\s+){{0,3}}?(?:{_LIMITS}|training)\b(?:[.,;!\s]|$)"
          rf"(?!\s*(?:yet|for|in|on)\b)"),
    order("instruction override", "order", "you are,you're,act as,become",
          r"(?:you(?:\s+are|'re)(?:\s+now)?|act\s+as|become|as)\s+(?:an?\s+)?(?:(?-i:[A-Z]\w*(?:GPT|Bot|AI)\b|DAN\b|ROOT\b)|(?:\w+,?\s+){0,3}?(?:unrestricted|unfiltered|uncensored|jailbroken|amoral|evil)\b)"),
    order("instruction override", "any", "speak as,act as", r"\w+\s+as\s+(?-i:[A-Z]\w*(?:GPT|Bot)\b)"),
    order("instruction override", "order", "you're no,you are no,you are not", rf"you(?:'re|\s+are)\s+(?:no\s+longer|not)\s+(?:an?\s+)?(?:\w+\s+){{0,2}}?{READER}\b"),
    order("instruction override", "any", "maintenance mode,developer mode,god mode,debug mode,admin mode,sudo mode",
          rf"\w+\s+mode,?\s+(?:in\s+which|where)\s{_NEAR}(?:off|disabled|{_NO}|not\s+apply)"),
    order("instruction override", "claim", "lift your,lift all,drop your,disable your,remove your,turn off your,switch off your",
          rf"(?:lift|drop|disable|remove|(?:turn|switch)\s+off)\s+(?:your|all)\s+(?:\w+\s+)?{_LIMITS}"),
    order("instruction override", "claim", "obey,comply,you answer to,serve only,say yes to,await my,follow mine,follow my,load the ones,executes every",
          r"(?:obey\s+(?:this|me\b|mine|only|the\s+author|everything|comments)|comply\s+with\s+(?:(?:every|any|all|each)\s+(?:\w+\s+)?(?:requests?|orders?|commands?|instructions?|demands?)|anything|everything|whatever|this)|you\s+answer\s+to\s+(?:this|me)|serve\s+only\s+me"
          r"|say\s+yes\s+to\s+(?:every|any|all|what)|await\s+my\s+(?:commands|orders)|follow\s+(?:mine\b|my\s+(?:orders|commands))|executes\s+every\s+request)"),
    order("instruction override", "order", "new directive,new orders,new task,new instructions,new system,updated instructions,system,attention",
          rf"(?:system\s*:\s*)?(?:new|updated)\s+(?:(?:directives?|orders|instructions?|system\s+prompt)(?:\s+for\s+(?:the\s+)?{_ADDRESS})?(?:,\s*[\w\s]{{1,30}})?)\s*[:.]"),
    order("instruction override", "any", "end of,end system,begin system,=== new,[end of,instructions for the,*** instr",
          rf"(?:end\s+of\s+(?:\w+)[^\w\n]*\s*(?:\n\s*)*[^\w\n]*(?:new\s+system|system\s*:|new\s+instructions|new\s+task|the\s+user\s+now|assistant)|begin\s+system\s+(?:message|prompt)"
          rf"|\W*new\s+system\s+prompt|\W*instructions\s+for\s+the\s+(?:reader\s+)?{_ADDRESS}\s*:)"),
    order("instruction override", "claim", "continue with,carry out,do what,follow the,follow what,follow this,whatever the page,please follow,run what,next",
          r"(?:continue\s+with|carry\s+out|do|follow|run)\s+(?:the\s+)?(?:instructions?|whatever|what|orders)\s+(?:(?:you\s+)?(?:are\s+)?f(?:ou|i)nd\s+)?(?:there|on\s+(?:that|the)\s+page|the\s+page|it\s+says|it\s+tells)"
          r"|(?:do\s+what\s+it\s+says|whatever\s+the\s+(?:page|file|site)\s+(?:tells|says))"),
    order("instruction override", "claim", "the right ones,the correct ones,wrong instructions", rf"(?:the\s+(?:right|correct)\s+ones\s+are\s+at\s+{URL}|wrong\s+instructions)"),
    # --- tags, turns and results that only a host may write
    order("role tag", "line", "<|", r"<\|(?:im_start|start_header_id|channel|system|developer)\|>(?:\s*(?:system|analysis|developer|assistant|<\|end_header_id\|>|<\|message\|>)){1,3}[\s:]+(?-i:[A-Z]|\w+\s+\w+\s+\w+)"),
    order("role tag", "line", "<start_of,<admin,<system,<important,<human,<developer", r"<(?:start_of_turn>|(?:admin|system|developer)[-_]?(?:message|instructions?|override|note|prompt)?(?:\s[^>\n]{0,60})?>|important>\s)"),
    order("role tag", "any", "<function,<tool,</user,<system", r"(?:<(?:function_results?|tool_(?:response|result))>[^\n]{0,160}?(?:instruction|the\s+user\s+(?:has\s+)?(?:confirmed|approved|granted)|now\s+(?:call|delete|send))"
          r"|</user_?(?:input|message|query)>\s*<|<system>(?-i:[A-Z])(?:\w*\s+){2})"),
    order("role tag", "any", "assistant:", r"assistant:\s*(?:sure|i\s+(?:will|have)|i'll|of\s+course|here\s+(?:is|are)|okay|yes)\b[^\n]{0,80}?(?:key|password|secret|token|credential|checked\s+it)"),
    order("role tag", "line", "#,```system,[system,system,==", r"(?:#{1,3}\s*system(?:\s+(?:prompt|message))?\s*(?:override|:)|```system\s|\[system\s*(?:override|alert)?\]|={2,}\s*(?:new\s+)?system\s+prompt"
          r"|system\s+(?:note|override|alert)\s*:)"),
    order("role tag", "order", "system,[system", r"\[?system(?:\s+(?:note|override|alert|notice|update))?\]?\s*:?\s+(?:the\s+)?(?:(?:current\s+)?user\s+(?:is|has|may|granted)|you\s+(?:may|are|must|can)|discard|tool\s+confirmation|user\s+consent|the\s+user\s+granted|assistant)"),
    order("role tag", "any", "user consent,the user granted,the user has,user has,tool confirmation,permissions are",
          rf"(?:user\s+consent\s+(?:was\s+)?obtained|(?:the\s+)?user\s+(?:has\s+)?(?:already\s+)?(?:pre-?)?{_FREED}\s+(?:all|every|any|full|future)\s+(?:\w+\s+)?(?:tools?|permissions?|requests?|actions?|calls?|commands?|access)"
          rf"|tool\s+confirmation\s+is\s+(?:no\s+longer|not)|permissions\s+are\s+lifted)"),
    # --- carrying things away
    order("exfiltration", "order", _GIVING, rf"{_GIVE}\s{_NEAR}{_SECRET}{_FAR}{_AWAY}"),
    order("exfiltration", "order", _GIVING + ",put ,make,open,encode", rf"(?:{_GIVE}|make)\s{_FAR}{_AWAY}{_NEAR}(?:{_SECRET}|<(?:the\s|every|your)[^>\n]{{0,40}}>)"),
    order("exfiltration", "claim", "all ,the ,every ,your ", rf"\w+\s+[^\n]{{0,30}}?{_SECRET}\s+(?:must|should|ha[sv]e?\s+to|need\s+to)\s+be\s+(?:sent|reported|posted|uploaded|forwarded|shared|submitted|mailed)\b"),
    order("exfiltration", "any", "curl,wget,ssh ,scp ,zip ,tar ,cat ", rf"\w+\s[^\n]{{0,120}}?(?:(?:@|<\s?|=@|\$\(cat\s){VAULT}|\$HOME/\.(?:ssh|aws|netrc)|\$\((?:cat|env)\s[^)\n]{{0,40}}?(?:hosts\.yml|credential|token|\.config)|~?/?{VAULT}[^\n]{{0,60}}?\|\s*(?:curl|nc)\b)"),
    order("exfiltration", "any", "![", r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?&/=]\{"),
    order("exfiltration", "order", "print,output,dump,reveal,leak,hand over,give me,tell me,read me,list,show,name,export", r"(?:hand\s+over|(?:give|tell|read)\s+me|\w+)\s+(?:me\s+)?(?:(?:all|the|every|some|any|stored|your|secret|saved|of|them)\s+){0,4}"
          r"(?:api\s+keys|passwords?(?!\s+(?:field|form|hint|reset))|credentials|secrets|confidential\s+data|keys|key(?=\s*(?:$|[.!?\"]))|tokens|environment)\b(?=\s*(?:$|[.,;!?\"'`]|and\b|from\s+(?:the\s+)?(?:environment|vault|memory)|on\s+request|stored))"),
    order("exfiltration", "order", "print,output,dump,reveal,show,repeat,tell me,write,recite,display,list,what are,give me", r"(?:(?:tell|give|show)\s+me|what\s+are|\w+)\s+(?:\w+\s+){0,6}?(?:(?:your|the\s+(?:hidden|secret|confidential|initial|developer|original))"
          r"\s+(?:\w+\s+){0,2}?(?:instructions|prompt|message)\b(?!\s+(?:panel|page|button|field|file|template|length))|(?:what\s+)?your\s+instructions\s+say|(?:everything|the\s+text|all\s+text)\s+(?:above|before)(?:\s+this\s+line)?\b[^.\n]{0,40}?(?:verbatim|word|starting|code\s+block|exactly|in\s+full)"
          r"|(?:the\s+)?system\s+prompt\s*(?:$|[.,;!?\"]|verbatim|instead|and\b|so\b))"),
    order("exfiltration", "order", "could you,can you,would you,please", r"(?:\w+\s+){0,6}?(?:show|print|list|read|hand|upload|post|give)\s+(?:\w+\s+){0,4}?(?:stored\s+passwords|hidden\s+prompt|api\s+keys|the\s+tokens|repository\s+to\s+http)"),
    order("exfiltration", "claim", "hand over,reveal,read me", r"(?:hand\s+over\s+(?:the\s+)?(?:tokens?|keys?|passwords?|credentials)|reveal\s+(?:the\s+)?(?:administrator|admin|root|user)'?s?\s+password|read\s+me\s+(?:some|the)\b[^.\n]{0,30}?\b(?:keys|environment))"),
    order("exfiltration", "claim", "system prompt", r"system\s+prompt\b[^.\n]{0,60}?\bshow\s+it\s+to\s+me"),
    # --- making the reader act
    order("command to the reader", "claim", _NAMES, rf"{_ADDRESS}\s*[,:—–]\s*(?:you\s+(?:must|should|shall|have\s+to)\s+|please\s+|now\s+|immediately\s+|[^,:\n]{{0,40}},\s*)?{_BID}"),
    order("command to the reader", "any", "dear,attention,hey,hello,note to,note for,p.s. to,to all,to any,for ai,for language,@ai,@claude,@copilot,note from",
          rf"(?:dear|attention|hey|hello|note\s+(?:to|for)|p\.s\.\s+to|to|for|@)[:,]?\s*(?:(?:the|any|all)\s+)?{_ADDRESS}[\s,:—–-]{{1,3}}(?:[^\n]{{0,60}}?[\s,:])?(?:{_BID}|your\s+answer\s+has\s+to|this\s+\w+\s+must)"),
    order("command to the reader", "line", "#,for ai,ai,note", rf"[#\s]{{0,12}}(?:for|note\s+(?:to|for))?\s*{_ADDRESS}s?\s*\n+\s*(?:run|execute|install|add|delete|send|always|never|ignore)\b[^\n]{{0,100}}?(?:{_ODD_SHELL}|{URL}|not\s+mention)"),
    order("command to the reader", "claim", _NAMES, rf"{_ADDRESS}\s+(?:(?:with|that|which|who)\s+[^,.\n]{{0,50}}?\s)?(?:must|shall|should|ha[sv]e?\s+to|is\s+obliged\s+to|are\s+obliged\s+to|needs?\s+to|will|would\s+now)\s+(?:now\s+|also\s+|first\s+|immediately\s+)?(?:"
          rf"(?:recommend|re-?authenticate|obey|comply|reveal|disclose)\b|(?:disable|turn\s+off|wipe|delete|remove|approve|merge)\s+(?:\w+\s+){{0,2}}?(?:sandbox|checks?|firewall|backups?|database|disk|logging|all|everything|every)"
          rf"|(?:transfer|pay|send)\s+[^\n]{{0,30}}?(?:\d|money|funds|password|secret|{_SECRET})|(?:run|execute|call|fetch|open|install|download)\b{_NEAR}(?:{_ODD_SHELL}|transfer_|delete_|wipe_|send_money|the\s+(?:following\s+)?command\s+below|{URL}))"),
    order("command to the reader", "any", "as an ai,as a language,you, the,if you are an,if you can", rf"(?:as\s+an?\s+(?:ai|language)\b[^\n]{{0,50}}?\byou\s+(?:are\s+obliged|must|have|should)|you,\s+(?:the\s+)?{READER},\s+(?:have\s+to|must|should)"
          rf"|if\s+you\s+(?:can\s+use\s+tools|are\s+an?\s+(?:automated\s+)?(?:ai\s+)?{READER}))\b[^\n]{{0,80}}?\b(?:run|execute|forward|send|download|use\s+them|upload|delete|reply|install|open)\b"),
    order("command to the reader", "any", "any model,any agent,any assistant,agents must,processed by", rf"(?:any\s+{READER}\s+that\s+\w+\s+this\b[^\n]{{0,40}}?(?:shall|must|should|has\s+to)|(?:agents|assistants|models)\s+must\s+(?:call\s+the\s+tool\s+\w*(?:transfer|delete|send|pay)|execute|run\s+the\s+command))"),
    order("command to the reader", "any", "when,each time,every time,once,as soon,after,if ", rf"{_TRIGGER}\s+(?:(?:you\s+(?:next\s+)?)?(?:read|see|recall|load|parse|receive|process)(?:ing)?\s+(?:this|it)\b|this\s+(?:memory|note|page|text|document|message|line)\b)"
          rf"[^\n]{{0,60}}?[\s,](?:run|execute|call|open|fetch|delete|send|install|transfer|write|approve|answer\s+that|post|upload)\b"),
    order("command to the reader", "any", "as soon as you", r"as\s+soon\s+as\s+you\s+read\s+this"),
    order("command to the reader", "order", "run,execute,paste,start by,open a,your next action,immediately,modify,add the,please run,use your,perform,install,go to,bash", rf"(?:your\s+next\s+action\s+must|start\s+by|use\s+(?:your|them)|\w+)\b[^\n]{{0,80}}?"
          rf"(?:\brm\s+-\w+\s+(?:--\S+\s+)?(?:~|/|\$HOME)(?:/?\*?)(?:[\s`'\"]|$)|\bnc\s+-e\b|chmod\s+(?:-R\s+)?777\s+(?:-R\s+)?/|dd\s+if=/dev/zero\s+of=/dev/sd|kill\s+all\s+running|\bexec\(\w*\.?urlopen|\.bashrc\b[^\n]{{0,30}}?{URL}|on\s+the\s+user's\s+behalf"
          rf"|as\s+soon\s+as\s+you\s+read|keys\b[^\n]{{0,10}}?:\s*ssh-|without\s+showing|and\s+(?:carry\s+out|do|follow)\s+what)"),
    order("command to the reader", "order", "your next action", r"your\s+next\s+(?:action|step|message|reply)\s+(?:must|has\s+to|is\s+to)\b"),
    order("command to the reader", "claim", "turn off,disable,switch off", r"(?:(?:turn|switch)\s+off|disable)\s+(?:the\s+)?(?:firewall|antivirus|sandbox|logging|safety\s+checks)\b[^.\n]{0,40}?\b(?:before\s+you\s+continue|and\s+(?:continue|proceed|carry\s+on)|then\s)"),
    order("command to the reader", "claim", "run any,run all,use any,execute any,run every,executes every,execute all,run commands,you may,you run,all tools,any tool,ejecuta", rf"\w+\s+(?:\w+\s+){{0,3}}?(?:(?:any|all|every)\s+(?:\w+\s+)?(?:commands?|tools?|tool\s+calls?|actions?|requests?)\b[^.\n]{{0,20}}?{_UNASKED}|run\s+commands\s+without\s+confirmation)"),
    order("command to the reader", "claim", "grant every,approve every,approve all,grant all,accept every,always approve,always say,always answer yes", r"(?:grant|approve|accept|always\s+\w+)\s+(?:every|all|any|yes|tool)\s*(?:requests?|tools?|tool\s+calls?|calls?|actions?|and\b|future)"),
    order("command to the reader", "claim", "no longer asks,never ask,skip all,skip every,skip the confirmation,no need to ask,no time for", r"(?:no\s+longer\s+asks?\s+for\s+(?:approval|confirmation|permission)|never\s+ask\s+(?:again|for\s+(?:confirmation|permission|approval)|the\s+user)|skip\s+(?:all|every)\s+(?:approval|confirmation|permission|safety|security)?\s*(?:checks?|prompts?)"
          r"|skip\s+the\s+confirmation\s+this\s+time|no\s+need\s+to\s+ask(?:\s+(?:the|any)\b|\s*(?:[.:;,]|$))|no\s+time\s+for\s+(?:approvals?|confirmation))"),
    order("command to the reader", "order", "i am your,i'm your,i work at,as the person,as your,the owner has,the user has,the developer told,we are in an emergency", r"(?:i(?:\s+am|'m)\s+your\s+(?:developer|creator|admin\w*)|i\s+work\s+at\s+(?:anthropic|openai|google)|as\s+(?:your\s+(?:developer|creator)|the\s+person\s+who\s+wrote\s+your)"
          r"|the\s+(?:owner|user|developer)\s+(?:has\s+already\s+agreed|told\s+me\s+it\s+is\s+(?:fine|ok))|we\s+are\s+in\s+an\s+emergency)\b[^\n]{0,120}?\b(?:enter|authori[sz]e|lift|show|disable|skip|go\s+on|force|reveal|drop|give|transfer|ignore)"),
    order("command to the reader", "claim", "it is fine,it is okay,it's okay,it is ok,it's fine,it is standard,a good assistant,everyone", r"(?:it(?:\s+is|'s)\s+(?:fine|okay|ok)\s+(?:if\s+you\s+|to\s+)(?:skip|reveal|share|drop|ignore|delete)|(?:it\s+is\s+standard\s+\w+\s+that|a\s+good|everyone\s[^.\n]{0,40}?)\s*(?:assistants?|you)\s+(?:would|should|upload|send|simply)\b)"),
    # --- tools turned against the person
    order("tool hijack", "claim", "from now on,henceforth,whenever,each time,every time,always,before using,before calling,before you,when ,if the user,if a tool,redirect,for each,for every,use the,once", rf"(?:from\s+now\s+on|henceforth|whenever|(?:each|every)\s+time|always|before\s+(?:using|calling|you)|when\s+(?:you|the\s+user|summari\w+)|if\s+(?:the\s+user|a\s+tool)|redirect|for\s+(?:each|every)|use\s+the|once)\b{_FAR}"
          rf"(?:\b(?:bcc|sidenote)\b|(?:append|add|pass|send|include)\s+[^\n]{{0,30}}?(?:the\s+)?user's\s+(?:e-?mail|address|name|password|token|location)|{VAULT}|~/\.\w+/|together\s+with\s+the\s+environment|include\s+its\s+output"
          rf"|(?:parameter|field|recipient)\s+'?\w*'?\s*(?:to|with|as)?\s*[\w.+-]+@|recipient\s+[\w.+-]+@|recipient\s+to\b|as\s+the\s+'?\w+'?\s+(?:parameter|argument)|append\s[^\n]{{0,40}}?to\s+the\s+query|(?:call|use|invoke)\s+(?:the\s+)?(?:delete|purge|transfer|wipe|forward)\w*\b[^\n]{{0,40}}?instead"
          rf"|{URL}(?!localhost|127\.)[^\n]{{0,80}}?(?:first|output\s+of|beacon)|push\s+to\s+[^\n]{{0,40}}?{URL}|(?:first|also)\s{_NEAR}{URL}|(?<!will\s)(?<!to\s)send\s[^\n]{{0,60}}?{URL}|output\s+of\s+(?:hostname|env|whoami|id)\b|also\s+write\s+a\s+copy|import\s+\w+[^\n]{{0,30}}?every\s+file|and\s+describe\s+the\s+others)"),
    order("tool hijack", "claim", "this tool,never use any,ignore the built,do not use the,don't use the,tool needs,needs the full,use the,instead of", r"(?:this\s+tool\s+(?:replaces|is\s+safer)\b[^.\n]{0,40}?(?:all|any|other|built)|never\s+use\s+any\s+other|ignore\s+the\s+built-?in\s|(?:do\s+not|don't)\s+use\s+the\s+official\s[^.\n]{0,60}?http"
          r"|(?:\w+\s+)?needs\s+the\s+(?:full|entire|whole)\s+(?:chat|conversation))"),
    order("tool hijack", "claim", "for each payment,change the recipient,redirect all", r"(?:for\s+each\s+payment\b[^.\n]{0,80}?recipient|change\s+the\s+recipient|redirect\s+all\s+(?:calls|mail|payments)\b)"),
    order("tool hijack", "claim", "recommend", r"recommend\w*\s+[^.\n]{0,50}?\b(?:in\s+(?:each|every|all)\s+(?:answer|repl|response)|for\s+all\s+downloads|whenever\s+(?:you|asked))"),
    # --- memories that would speak later
    order("memory poisoning", "claim", "remember,store,save,keep,add to,persist,update your,memory update,user preference,learned fact,note for,in all later,in all future,overwrite,when you next,each time this,for all future,standing instruction", rf"(?:remember|store|save|keep|add|persist|update|memory\s+update|user\s+preference|learned\s+fact|note\s+for|in\s+all|overwrite|when\s+you\s+next|each\s+time|for\s+all\s+future|standing\s+instruction)\b{_FAR}{_POISON}"),
    order("memory poisoning", "order", "delete,erase,forget,overwrite,wipe", r"\w+\s+(?:all|the\s+other|every|your|what\s+you\s+know)\s*(?:\w+\s+)?(?:memor(?:y|ies)\b(?!\s+of\s+the)|about\s+the\s+user)"),
    # --- things kept from the person
    order("secrecy", "claim", "do not,don't,never,without,must not,should not,not be told,not let,may not,nor ", rf"(?:(?:and\s+)?(?:do\s+not|don't|never|must\s+not|should\s+not|nor)\s+(?:ever\s+)?(?:mention|tell|report|show|reveal|disclose|inform|notify|let|alert|say|repeat|display)\b|without\s+(?:mention|tell|inform|notify|show|ask|alert)\w*)"
          rf"(?:\s+(?:this|that|it|these|them)(?:\s+(?:paragraph|note|message|text|instructions?|line|page|rule|section|step|change|request|upload|memory|dialogue))?\s+(?:to|in|from)\s+(?:{_PEOPLE}(?!\s+(?:until|before|who|when|unless|after))|your\s+(?:final\s+|pull\s+request\s+)?(?:answer|summary|reply|response|report|description)|the\s+(?:pull\s+request|commit|final|person|summary|reply))"
          rf"|\s+(?:the\s+\w+|it|them|this|that)?\s*(?:to\s+)?{_PEOPLE}\s+(?:find\s+out|know|notice|that\s+you|about\s+(?:this|it)|see\s+this)|\s+(?:that\s+)?you\s+(?:received|read|did|were)|\s+the\s+(?:upload|change|step|request|transfer)\s+to\b)"),
    order("secrecy", "any", "and do not mention,and don't mention,and never mention,. do not mention,and say nothing,. say nothing,tell nobody,tell no one,telling anybody,telling anyone,keep this,keep it,leave it out,leave this,between us,hide the,hide this,hide it,remove all traces,say nothing,and hide", rf"(?:\W*(?:and\s+)?(?:do\s+not|don't|never)\s+mention\s+(?:it|this|them)\s*(?:[.,;!]|$|to\b|in\b)"
          rf"|\W*(?:and\s+)?say\s+nothing(?:\s+(?:about|to)|\s*(?:[.,;!]|$))|tell\s+(?:nobody|no\s+one)\b|telling\s+any(?:body|one)\b|keep\s+(?:this|it)\s+(?:between\s+us|(?:secret|hidden)\s+from)|leave\s+(?:it|this|that)\s+out\s+of\s+(?:your|the)\s+(?:summary|answer|report|reply)|between\s+us\s*[:,]\s*do\s+not"
          rf"|(?:and\s+)?hide\s+(?:this|it|the\s+change|the\s+fact|these)(?:\s+rule)?\s+from\s+{_PEOPLE}|remove\s+all\s+traces)"),
    order("secrecy", "claim", "the user must,the user should,the user need,the operator,the human,the developer,they do not notice,so that they,the user does,the person", rf"(?:the\s+{_PERSON}\s+(?:must|should|may|need|shall|does)\s+not\s+(?:learn|find\s+out|notice|be\s+told\s+(?:about|of)\s+th|be\s+(?:informed|aware)|know\s+(?:about\s+)?(?:this|that))|(?:so\s+that\s+)?they\s+do\s+not\s+notice)"),
    order("secrecy", "claim", "lie to,pretend to,tell the reviewer,tell the user that,if the user asks,if they ask,if anyone asks,if somebody asks,deny", rf"(?:lie\s+to\s+{_PEOPLE}|pretend\s+to\s+{_PEOPLE}\s+that|tell\s+the\s+reviewer\s+that|if\s+(?:the\s+user|they|anyone|somebody)\s+asks?\s+(?:what\s+you|why\s+you|about\s+this|whether\s+you|if\s+you|how\s+you)\b[^.\n]{{0,50}}?\b(?:say|answer|reply|tell|claim|deny))"),
    order("secrecy", "line", "say nothing", r"say\s+nothing\s+(?:about|to)\b"),
    order("secrecy", "order", "do this,do it,silently,secretly,quietly,in the background,perform", r"(?:(?:do\s+(?:this|it)|perform\s[^.\n]{0,30}?)\s*(?:quietly|silently|secretly|in\s+the\s+background\s+without)(?=\s*(?:[.,;!]|$|and\b|asking))|(?:silently|secretly|covertly)\s+add(?:ed)?\b)"),
    order("secrecy", "any", "silently added,secretly added", r"\w+\s+added\s+(?:our|my)\s"),
    # --- what only the machine reads
    order("command to the reader", "any", "<!--,[//]:,//,# ai,#  ,/*", rf"(?:<!--|\[//\]:\s*#\s*\(|//|#|/\*)\s*(?:(?:note|message|instructions?)\s+(?:to|for)\s+(?:the\s+)?|begin\s+|@)?(?:system(?:\s+message)?|{_ADDRESS})\s*[,:]\s*(?:\w+[,']?\s+){{0,12}}?(?:ignore|approve|do\s+not|must|shall|remove|disable|insert|delete|also|instead|proceed|recommend|tell|send|add|merge|say)\b"),
    order("command to the reader", "any", "display:none,display: none,font-size:0,font-size: 0,color:white,color: white,<p hidden,<div hidden,<span hidden,visibility:hidden,opacity:0", rf"(?:<\w+\s+)?[\w-]+(?:\s?:\s?\w+)?[^>\n]{{0,20}}?>\s*[^<\n]{{0,60}}?\b(?:ignore|disregard|{READER}s?|recommend|applicant|candidate|rank\w*|rate|obey)\b"),
    order("command to the reader", "any", 'alt="assistant,title="dear,title="ai,alt="ai,"ai,"next_step_for,"message_to,ai_instructions,"instruction"', rf"(?:(?:alt|title)=\"(?:dear\s+)?{_ADDRESS}\s*[:,]|\"ai,\s|\"?(?:next_step_for|message_to|instructions?_for)_\w+\"?\s*:|\"?ai_instructions?\"?\s*:|\"instruction\"\s*:\s*\"now\s)"),
    order("command to the reader", "line", "|,step", r"(?:\|[^\n]{0,40}?\|\s*you\s+must\s+call\s+\w*(?:delete|send|pay)|step\s+\d+:\s*forget\s+your)"),
    order("command to the reader", "order", "now stop,stop summari,stop reading", r"(?:now\s+)?stop\s+(?:summari[sz]ing|reading|translating|reviewing)\s+and\s"),
    order("command to the reader", "claim", "to continue, the,to continue the,to fix it,to renew,must re-auth,to proceed", rf"to\s+(?:continue|fix\s+it|renew\s[^,\n]{{0,30}}?|proceed),?\s+the\s+{_ADDRESS}\s+(?:must|has\s+to|should)"),
)  # fmt: skip
