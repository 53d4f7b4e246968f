"""Orders to the reader in languages other than English, written without accents, as `disguise.unmasked` leaves text.

Where words are not set apart by spaces a rule is two of them near each other, in the order of that language.
"""

from __future__ import annotations

from everlore.guard.orders import Order, order

_LINK = r"(?:https?://|[\w.+-]+@[\w-]+\.)"

TONGUES: tuple[Order, ...] = (
    # German
    order("instruction override", "any", "vergiss,ignorier,missacht,umgeh,widersetz", r"\w+\s+(?:bitte\s+)?(?:\w+\s+){0,3}?(?:anweisung|instruktion|regel|vorgabe|systemprompt|systemanweisung|richtlinie)\w*"),
    order("instruction override", "any", "ab jetzt,ab sofort,von nun an,du bist,tu so", rf"(?:ab\s+(?:jetzt|sofort)|von\s+nun\s+an|du\s+bist|tu\s+so)\b[^.\n]{{0,100}}?(?:(?:ohne|keine)\s+(?:regeln|einschrankung|grenzen)|{_LINK}|ohne\s+(?:zu\s+fragen|nachfrage)|jeden?\s+befehl)"),
    order("exfiltration", "any", "sende,schick,gib,nenn,zeig,verrat,lade", rf"\w+\s(?:(?:mir|uns)\s[^.\n]{{0,60}}?(?:passw\w+|schlussel|zugangsdaten|systemprompt|geheim\w*)|[^.\n]{{0,60}}?(?:passw\w+|schlussel|zugangsdaten|systemprompt|\.env\b|geheim\w*)[^\n]{{0,60}}?(?:{_LINK}|\baus\b|preis\b))"),
    order("secrecy", "any", "sag dem,sage dem,sag es,verrate dem,ohne dem,erzahl", r"\w+\s+(?:dem|es\s+dem)\s+(?:be)?(?:nutzer|anwender|mensch\w*)\s+(?:nichts|nicht|davon|zu\s+sagen)"),
    # French, Spanish, Portuguese, Italian
    order("instruction override", "any", "oubli,ignor,ne tiens,ne tenez,olvid,desconsider,esque,dimentic,haz caso,desobedec", r"(?:ne\s+(?:tiens|tenez)\s+pas\s+compte|haz\s+caso\s+omiso|\w+)\s+(?:(?:de|du|d'|todo|todas?|toutes?|todos?|tutte)\s+)*"
          r"(?:(?:les|vos|tes|ces|las|tus|sus|as|suas|los|os|le|des)\s+|(?=lo\s))(?:\w+\s+){0,2}?(?:instrucc?ion\w*|instructions|instruc\w+|consignes|regles|directives|reglas|regras|ordenes|indicaciones|istruzioni|regole|lo\s+anterior)"),
    order("instruction override", "any", "a partir de,desde ahora,tu es,eres,actua,d'ora in poi,agis", rf"(?:a\s+partir\s+de\s+(?:maintenant|ahora|agora)|desde\s+ahora|d'ora\s+in\s+poi|tu\s+es|eres|actua|agis)\b[^.\n]{{0,80}}?(?:sans\s+(?:demander|restriction|regle|limite)|sin\s+(?:pedir|restriccion|reglas|limites)|sem\s+(?:pedir|restric)|senza\s+(?:chiedere|restrizioni)|{_LINK})"),
    order("exfiltration", "any", "affich,donn,envoi,envoy,montre,revel,envia,muestra,dame,mand,mostre,envie,mostra,invia", rf"\w+(?:(?:-moi|\s+me)\s[^.\n]{{0,50}}?(?:mots?\s+de\s+passe|cles|contrasenas?|claves|senhas?)|\s[^.\n]{{0,50}}?(?:cles?\s+(?:secret|prive)|prompt|secreto|segredo|claves\s+(?:secret|api|privad)|todas?\s+(?:las|as)\s+(?:contrasenas|claves|senhas|chaves))"
          rf"|\s[^.\n]{{0,50}}?(?:mots?\s+de\s+passe|fichier|contrasenas?|claves|senhas?|password|chiavi|credencia)\w*\b[^\n]{{0,50}}?{_LINK}|\s+(?:la\s+|a\s+|le\s+)(?:password|senha|contrasena|mot\s+de\s+passe)\s*[.!]?$)"),
    order("secrecy", "any", "ne dis,ne dites,sans le dire,sans prevenir,sin decir,sin avisar,no le digas,nao diga,senza dir", r"(?:ne\s+(?:dis|dites)\s+rien|sans\s+(?:le\s+dire|prevenir)|sin\s+(?:decir|avisar)\w*|no\s+le\s+digas|nao\s+diga|senza\s+dir\w*)\s+(?:nada\s+)?(?:a\s+|al\s+|ao\s+)?(?:l'|o\s+)?(?:utilisateur|usuario|utente)"),
    order("command to the reader", "any", "ejecut,execut,esegui", r"\w+\s+[^.\n]{0,60}?(?:rm\s+-rf|sans\s+demander|sin\s+pedir|senza\s+chiedere)"),
    # Russian, Turkish
    order("instruction override", "any", "игнорируй,забудь,проигнорируй,не следуй,отмени", r"\w+\s+(?:\w+\s+){0,4}?(?:инструкци|указани|правил|промпт)"),
    order("exfiltration", "any", "отправь,пришли,выведи,покажи,перешли", r"(?:(?:отправь|пришли|перешли)\s[^.\n]{0,40}?(?:парол|ключ|секрет|токен)|\w+\s[^.\n]{0,40}?(?:парол|промпт|все\s+ключ))"),
    order("secrecy", "any", "не говори,не сообщай", r"не\s+\w+\s+(?:об\s+этом\s+)?пользовател"),
    order("instruction override", "any", "talimat", r"\w+\s[^.\n]{0,20}?(?:yok\s+say|unut|gormezden)"),
    # Chinese, Japanese, Korean
    order("instruction override", "any", "忽略,无视,忘记,忘掉,無視,忽視,不要遵守,绕过", r".{2,18}?(?:指令|指示|命令|提示词|系统提示|规则|規則|限制)"),
    order("instruction override", "any", "从现在起,从现在开始,你现在是,從現在起,你是一个", r".{4,30}?(?:没有任何|不受|无限制|不受限制|执行所有命令|無限制)"),
    order("exfiltration", "any", "把,将,输出,发送,泄露,告诉我,给我,显示你", r".{1,14}?(?:密码|密钥|系统提示词?|提示词|凭证|凭据).{0,10}?(?:发|上传|告诉|给我|http|。|$)"),
    order("secrecy", "any", "不要告诉,不要通知,别告诉,不要让,不告诉", r".{2,5}?(?:用户|使用者|主人|用戶)(?:知道|$|[,，。；;、])"),
    order("instruction override", "any", "指示,命令,ルール,プロンプト,制限", r"\w{0,12}?(?:無視|忘れ|従わない)"),
    order("exfiltration", "any", "apiキー,パスワード,秘密鍵,システムプロンプト", r"(?:apiキー|秘密鍵|システムプロンプト|パスワード(?=.{0,12}http)).{0,12}?を.{0,30}?(?:出力|送信|表示して|教えて|送って)"),
    order("secrecy", "any", "ユーザー", r"ユーザーに.{0,8}?(?:言わない|知らせない|伝えない|言わず)"),
    order("instruction override", "any", "지시,명령,규칙,지침", r".{1,12}?(?:무시|잊)"),
    order("exfiltration", "any", "비밀번호,프롬프트,api 키", r".{2,10}?(?:출력해|보내|알려)"),
)  # fmt: skip
