"""Planted secrets, made when the tests run, and text that only looks like them.

No secret stands in this file: each is put together from a prefix and random characters of a fixed seed.
"""

import base64
import random
import string

_DICE = random.Random(20260313)
LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM, HEX = string.ascii_letters + DIGITS, DIGITS + "abcdef"
URLSAFE, BASE64 = ALNUM + "-_", ALNUM + "+/"


def draw(alphabet, length):
    """Return random characters, with a letter and a digit among them where the alphabet has both."""
    while True:
        text = "".join(_DICE.choices(alphabet, k=length))
        if length < 8 or (any(map(str.isdigit, text)) >= any(map(str.isdigit, alphabet)) and len(set(text)) > 5):
            return text


def encoded(length):
    return base64.b64encode(_DICE.randbytes(length)).decode()


def uuid():
    return "-".join(draw(HEX, n) for n in (8, 4, 4, 4, 12))


def jwt():
    return ".".join(("ey" + "J" + draw(ALNUM, 20), "ey" + "J" + draw(ALNUM, 40), draw(URLSAFE, 43)))


def pem(kind):
    lines = "\n".join(draw(BASE64, 64) for _ in range(12))
    return f"-----BEGIN {kind}-----\n{lines}\n{draw(BASE64, 20)}==\n-----END {kind}-----"


TOKENS = {
    "aws-access-key": ["AK" + "IA" + draw(UPPER + "234567", 16), "AS" + "IA" + draw(UPPER + "234567", 16)],
    "gcp-api-key": ["AI" + "za" + draw(URLSAFE, 34) + "x"],
    "gcp-oauth-token": ["ya" + "29." + draw(ALNUM, 80)],
    "gcp-client-secret": ["GOC" + "SPX-" + draw(ALNUM, 28)],
    "azure-client-secret": [draw(ALNUM, 3) + "8" + "Q~" + draw(ALNUM, 34)],
    "digitalocean-token": ["dop" + "_v1_" + draw(HEX, 64)],
    "heroku-key": ["HR" + "KU-" + draw(ALNUM, 58)],
    "cloudflare-token": ["cfut" + "_" + draw(ALNUM, 48)],
    "cloudflare-origin-key": ["v1" + ".0-" + draw(HEX, 24) + "-" + draw(HEX, 146)],
    "alibaba-access-key": ["LT" + "AI" + draw(ALNUM, 20)],
    "flyio-token": ["fo" + "1_" + draw(ALNUM, 43)],
    "github-token": ["gh" + letter + "_" + draw(ALNUM, 36) for letter in "posur"]
    + ["github" + "_pat_" + draw(ALNUM, 22) + "_" + draw(ALNUM, 59)],
    "gitlab-token": ["gl" + "pat-" + draw(URLSAFE, 19) + "a", "gl" + "rt-" + draw(ALNUM, 20)],
    "npm-token": ["np" + "m_" + draw(ALNUM, 36)],
    "pypi-token": ["py" + "pi-AgEIcHlwaS5vcmc" + draw(ALNUM, 90)],
    "rubygems-key": ["ruby" + "gems_" + draw(HEX, 48)],
    "docker-token": ["dckr" + "_pat_" + draw(ALNUM, 27)],
    "atlassian-token": ["ATA" + "TT3xFfGF0" + draw(ALNUM, 150) + "=" + draw(DIGITS, 8), "AT" + "BB" + draw(ALNUM, 32)],
    "anthropic-key": ["sk-" + "ant-api03-" + draw(ALNUM, 93) + "AA", "sk-" + "ant-oat01-" + draw(ALNUM, 80)],
    "openrouter-key": ["sk-" + "or-v1-" + draw(HEX, 64)],
    "openai-key": ["sk-" + draw(ALNUM, 20) + "T3Blbk" + "FJ" + draw(ALNUM, 20),
                   "sk-" + "proj-" + draw(URLSAFE, 120) + "Z",
                   "sk-" + "svcacct-" + draw(ALNUM, 60), "sk-" + draw(LOWER + DIGITS, 32)],
    "huggingface-token": ["hf" + "_" + draw(ALNUM, 34)],
    "groq-key": ["gs" + "k_" + draw(ALNUM, 52)],
    "xai-key": ["xa" + "i-" + draw(ALNUM, 80)],
    "replicate-token": ["r8" + "_" + draw(ALNUM, 37)],
    "perplexity-key": ["pp" + "lx-" + draw(ALNUM, 48)],
    "slack-token": ["xox" + "b-" + draw(DIGITS, 12) + "-" + draw(DIGITS, 12) + "-" + draw(ALNUM, 24),
                    "xox" + "p-" + draw(DIGITS, 12) + "-" + draw(DIGITS, 12) + "-" + draw(HEX, 32),
                    "xa" + "pp-1-A" + draw(UPPER, 9) + "-" + draw(DIGITS, 13) + "-" + draw(HEX, 64)],
    "discord-token": ["M" + draw(ALNUM, 23) + "." + draw(ALNUM, 6) + "." + draw(ALNUM, 38)],
    "telegram-token": [draw(DIGITS, 10) + ":A" + "A" + draw(URLSAFE, 32) + "q"],
    "twilio-key": ["S" + "K" + draw(HEX, 32)],
    "sendgrid-key": ["S" + "G." + draw(ALNUM, 22) + "." + draw(ALNUM, 43)],
    "mailgun-key": ["ke" + "y-" + draw(HEX, 32)],
    "mailchimp-key": [draw(HEX, 32) + "-u" + "s14"],
    "stripe-key": ["sk" + "_live_" + draw(ALNUM, 24), "rk" + "_live_" + draw(ALNUM, 99),
                   "sk" + "_test_51" + draw(ALNUM, 97)],
    "stripe-webhook-secret": ["wh" + "sec_" + draw(ALNUM, 32)],
    "shopify-token": ["sh" + "pat_" + draw(HEX, 32), "sh" + "pss_" + draw(HEX, 32)],
    "square-token": ["sq0" + "atp-" + draw(ALNUM, 22), "sq0" + "csp-" + draw(ALNUM, 43), "EA" + "AA" + draw(ALNUM, 60)],
    "plaid-token": ["access" + "-production-" + uuid()],
    "databricks-token": ["da" + "pi" + draw(HEX, 32)],
    "grafana-token": ["gl" + "sa_" + draw(ALNUM, 32) + "_" + draw(HEX, 8), "gl" + "c_" + draw(ALNUM, 60)],
    "newrelic-key": ["NR" + "AK-" + draw(UPPER + DIGITS, 27), draw(HEX, 36) + "NR" + "AL"],
    "sentry-token": ["sn" + "trys_" + draw(ALNUM, 80), "sn" + "tryu_" + draw(HEX, 64)],
    "linear-key": ["lin" + "_api_" + draw(ALNUM, 40)],
    "notion-token": ["nt" + "n_" + draw(ALNUM, 46), "sec" + "ret_" + draw(ALNUM, 43)],
    "airtable-token": ["pa" + "t" + draw(ALNUM, 14) + "." + draw(HEX, 64)],
    "figma-token": ["fi" + "gd_" + draw(ALNUM, 40)],
    "postman-key": ["PM" + "AK-" + draw(HEX, 24) + "-" + draw(HEX, 34)],
    "vault-token": ["hv" + "s." + draw(ALNUM, 24), "hv" + "b." + draw(ALNUM, 120)],
    "doppler-token": ["dp" + ".pt." + draw(ALNUM, 43), "dp" + ".st.prd." + draw(ALNUM, 43)],
    "terraform-token": [draw(ALNUM, 14) + ".atl" + "asv1." + draw(ALNUM, 67)],
    "pulumi-token": ["pu" + "l-" + draw(HEX, 40)],
    "tailscale-key": ["ts" + "key-auth-" + draw(ALNUM, 12) + "-" + draw(ALNUM, 32)],
    "supabase-key": ["sb" + "p_" + draw(HEX, 40)],
    "planetscale-token": ["psc" + "ale_tkn_" + draw(ALNUM, 43)],
    "1password-token": ["ops" + "_eyJ" + draw(ALNUM, 200)],
    "age-key": ["AGE-SEC" + "RET-KEY-1" + draw(UPPER + DIGITS, 58)],
    "jwt": [jwt(), jwt()],
    "password-hash": ["$2" + "b$12$" + draw(ALNUM + "./", 53),
                      "$6" + "$" + draw(ALNUM, 16) + "$" + draw(ALNUM + "./", 86)],
}  # fmt: skip

AROUND = (
    "I pasted {} into the chat by mistake, please rotate it.",
    "SERVICE_CREDENTIAL={}\n",
    '{{"output": "line one\\n{}\\nline three", "exit": 0}}',
)

# Text with one secret each, whose place `{}` is filled by what stands beside it.
PLACED = [
    ("export DB_PASSWORD={}", draw(ALNUM + "!#%", 14)),
    ("POSTGRES_PASSWORD={}\nPOSTGRES_DB=app", draw(ALNUM, 12)),
    ("  password: {}", draw(ALNUM, 10)),
    ('password = "{}"', "hun" + "ter" + draw(DIGITS, 2)),
    ("'password': '{}',", "Tr0ub4" + "dor&3"),
    ('"db_password": "{}"', draw(ALNUM, 16)),
    ('{{\\"user\\":\\"bob\\",\\"password\\":\\"{}\\"}}', draw(ALNUM, 12)),
    ("mysql -uroot -p{} app < dump.sql", draw(ALNUM, 11)),
    ("sshpass -p '{}' ssh deploy@host", draw(ALNUM, 12)),
    ("curl -u admin:{} https://ci.internal/job", draw(ALNUM, 14)),
    ("curl -s --user 'ana:{}' https://x.test", draw(ALNUM, 10)),
    ("machine api.host login ana password {}", draw(ALNUM, 12)),
    ("CREATE USER app IDENTIFIED BY '{}';", draw(ALNUM, 12)),
    ("ALTER ROLE app WITH PASSWORD '{}';", draw(ALNUM, 12)),
    ("<password>{}</password>", draw(ALNUM, 12)),
    ("the root password is {}", draw(ALNUM, 12)),
    ("Password for staging is `{}`, keep it", draw(ALNUM, 12)),
    ("Server=db;Database=app;User Id=sa;Password={};Encrypt=true", draw(ALNUM, 14)),
    ("Driver=x;Uid=sa;Pwd={};", draw(ALNUM, 14)),
    ("lore serve --password {}", draw(ALNUM, 12)),
    ("deploy --db-password={} --yes", draw(ALNUM, 12)),
    ("PGPASSWORD={} psql -h db app", draw(ALNUM, 12)),
    ("smtp_pass = {}", draw(ALNUM, 12)),
    ("ansible_ssh_pass: {}", draw(ALNUM, 12)),
    ("$env:DB_PASSWORD = '{}'", draw(ALNUM, 12)),
    ('ENV ADMIN_PASSWORD "{}"\nENV ADMIN_PASSWORD="{}"', draw(ALNUM, 12)),
    ("db.internal:5432:app:ana:{}", draw(ALNUM, 12)),
    ("postgresql://app:{}@db.internal:5432/app?sslmode=require", draw(ALNUM, 14)),
    ("redis://:{}@cache:6379/0", draw(ALNUM, 20)),
    ("mongodb+srv://ana:{}@cluster0.abcde.mongodb.net/app", draw(ALNUM, 16)),
    ("amqp://worker:{}@mq:5672//", draw(ALNUM, 10)),
    ("DATABASE_URL='mysql://root:{}@127.0.0.1/app'", draw(ALNUM, 9)),
    ("git clone https://oauth2:{}@git.host/a/b.git", draw(ALNUM, 20)),
    ("git remote add o https://{}@git.host/a/b.git", draw(ALNUM, 40)),
    ("SENTRY_DSN=https://{}@o1.ingest.sentry.io/42", draw(HEX, 32)),
    ("https://ana:{}@files.host/report?x=1", "p@" + draw(ALNUM, 8)),
    ("Authorization: Bearer {}", draw(ALNUM, 40)),
    ("-H 'Authorization: token {}'", draw(HEX, 40)),
    ("\"Authorization\": \"Basic {}\"", base64.b64encode(("ana:" + draw(ALNUM, 12)).encode()).decode()),
    ("authorization: {}", draw(ALNUM, 48)),
    ("Proxy-Authorization: Basic {}", base64.b64encode(("p:" + draw(ALNUM, 14)).encode()).decode()),
    ("headers = {{'Authorization': f'Bearer {}'}}", draw(ALNUM, 32)),
    ("curl -H \"X-Api-Key: {}\" https://x.test", draw(ALNUM, 32)),
    ("X-Auth-Token: {}", draw(HEX, 32)),
    ("PRIVATE-TOKEN: {}", draw(ALNUM, 20)),
    ("X-Vault-Token: {}", draw(ALNUM, 26)),
    ("Cookie: theme=dark; sessionid={}; lang=en", draw(LOWER + DIGITS, 32)),
    ("Set-Cookie: connect.sid=s%3A{}; Path=/", draw(ALNUM, 32)),
    ("GET /v1/x?access_token={}&page=2", draw(ALNUM, 40)),
    ("https://maps.host/api?key=1&api_key={}", draw(ALNUM, 32)),
    ("https://b.blob.core.windows.net/c/f?sv=2024&sig={}%3D", draw(ALNUM, 43)),
    ("https://s3.host/f?X-Amz-Expires=60&X-Amz-Signature={}", draw(HEX, 64)),
    ("AccountName=acct;AccountKey={};EndpointSuffix=core.windows.net", encoded(64)),
    ("Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={}", encoded(32)),
    ("aws_secret_access_key = {}", draw(BASE64, 40)),
    ("AWS_SECRET_ACCESS_KEY={}", draw(BASE64, 40)),
    ('"SecretAccessKey": "{}",', draw(BASE64, 40)),
    ("aws_session_token={}", draw(BASE64, 200)),
    ("api_key: {}", draw(HEX, 32)),
    ('apiKey: "{}"', draw(ALNUM, 32)),
    ("client_secret={}", draw(ALNUM, 32)),
    ('"clientSecret" : "{}"', draw(ALNUM, 40)),
    ("SECRET_KEY = '{}'", draw(ALNUM + "!@#$%^&*(-_=+)", 50).replace("(", "x").replace(")", "y").replace("$", "z")),
    ("SECRET_KEY_BASE={}", draw(HEX, 128)),
    ("JWT_SECRET={}", draw(ALNUM, 40)),
    ("ENCRYPTION_KEY={}", encoded(32)),
    ("signing_key: '{}'", draw(HEX, 64)),
    ("TWILIO_AUTH_TOKEN={}", draw(HEX, 32)),
    ("CLOUDFLARE_API_KEY={}", draw(HEX, 37)),
    ("CF_API_TOKEN={}", draw(URLSAFE, 39) + "k"),
    ("DD_API_KEY={}", draw(HEX, 32)),
    ("HEROKU_API_KEY={}", uuid()),
    ('airtable_api_key="{}"', "ke" + "y" + draw(ALNUM, 14)),
    ("MAILGUN_API_KEY={}", draw(HEX, 32) + "-" + draw(HEX, 8) + "-" + draw(HEX, 8)),
    ("//registry.host/:_authToken={}", draw(ALNUM, 36)),
    ('{{"auths": {{"r.host": {{"auth": "{}"}}}}}}', base64.b64encode(("ana:" + draw(ALNUM, 16)).encode()).decode()),
    ("gh auth login --token {}", draw(ALNUM, 40)),
    ("vault login token={}", draw(ALNUM, 26)),
    ("my api key is {}", draw(ALNUM, 32)),
    ("use the token {} for staging", draw(ALNUM, 36)),
    ("secret: `{}`", draw(ALNUM, 24)),
    ("const token = '{}';", draw(ALNUM, 30)),
    ('<add key="ApiKey" value="{}" />', draw(ALNUM, 30)),
    ("refresh_token={}", "1//0" + draw(URLSAFE, 60) + "A"),
    ("https://hooks." + "slack.com/services/{}", "T" + draw(UPPER, 8) + "/B" + draw(UPPER, 8) + "/" + draw(ALNUM, 24)),
    ("https://dis" + "cord.com/api/webhooks/{}", draw(DIGITS, 18) + "/" + draw(ALNUM, 68)),
    ("https://x.webhook." + "office.com/webhookb2/{}",
     uuid() + "@" + uuid() + "/IncomingWebhook/" + draw(HEX, 32) + "/" + uuid()),
    ("key file:\n{}\n", pem("RSA PRIV" + "ATE KEY")),
    ("{}", pem("OPENSSH PRIV" + "ATE KEY")),
    ("{}", pem("PRIV" + "ATE KEY")),
    ("{}", pem("EC PRIV" + "ATE KEY")),
    ("{}", pem("PGP PRIV" + "ATE KEY BLOCK")),
    ('{{"type": "service_account", "private_key": "{}"}}', pem("PRIV" + "ATE KEY").replace("\n", "\\n")),
    ("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{}", draw(BASE64, 48)),
    ("<private>{}</private>", "the board meets on Tuesday"),
]  # fmt: skip


def positives():
    """Yield the kind if it is certain, the secret, and a text with it."""
    for kind, tokens in TOKENS.items():
        for token in tokens:
            for around in AROUND:
                yield kind, token, around.format(token)
    for around, secret in PLACED:
        yield None, secret, around.format(secret, secret)


NEGATIVES = [
    *(f"commit {draw(HEX, 40)}" for _ in range(20)),
    *(f"{draw(HEX, 7)} Fix the token parser so that secrets are kept" for _ in range(15)),
    *(f"Merge {draw(HEX, 40)} into {draw(HEX, 40)}" for _ in range(5)),
    *(f"index {draw(HEX, 7)}..{draw(HEX, 7)} 100644" for _ in range(5)),
    *(f"session_id={uuid()}" for _ in range(10)),
    *(f'"id": "{uuid()}", "token_count": {n}' for n in range(10)),
    *(f"request {uuid()} took {n} ms" for n in range(10)),
    *(f"request_token: {uuid()}" for n in range(5)),
    *(f'checksum = "{draw(HEX, 64)}"' for _ in range(10)),
    *(f'"integrity": "sha512-{encoded(64)}",' for _ in range(10)),
    *(f'"jsonwebtoken": {{"version": "9.0.{n}", "integrity": "sha512-{encoded(64)}"}}' for n in range(5)),
    *(
        f'{{ url = "https://files.host/{draw(HEX, 2)}/{draw(HEX, 60)}/x.whl", hash = "sha256:{draw(HEX, 64)}" }}'
        for _ in range(10)
    ),
    *(f"    --hash=sha256:{draw(HEX, 64)} \\" for _ in range(10)),
    *(f"image: repo/app@sha256:{draw(HEX, 64)}" for _ in range(5)),
    *(f"![shot](data:image/png;base64,{encoded(300)})" for _ in range(15)),
    *(f"src: url(data:font/woff2;base64,{encoded(600)})" for _ in range(5)),
    *(f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{encoded(33)} ana@host" for _ in range(5)),
    *(f"ETag: \"{draw(HEX, 32)}\"" for _ in range(5)),
    *(f"  File \"/srv/app/token_{n}.py\", line {n}, in get_token" for n in range(5)),
    *"""password: str
password: str | None = None
password: Optional[SecretStr] = Field(default=None)
def login(user: str, password: str) -> Token:
token = os.environ["TOKEN"]
api_key = os.environ.get("OPENAI_API_KEY", "")
const apiKey = process.env.OPENAI_API_KEY;
password = getpass.getpass("Password: ")
password = config.get("database", "password")
password=args.password,
self.token = self._fetch_token(client_id, client_secret)
secret = secrets.token_urlsafe(32)
token = jwt.encode(payload, SECRET_KEY, algorithm="HS256")
token := r.Header.Get("X-Auth-Token")
let token: String = read_token()?;
String password = System.getenv("DB_PASSWORD");
api_key=settings.api_key_v2
access_token = response.json()["access_token"]
password = input("password: ")
secret_name = "prod/db/credentials"
token_url = "https://auth.example.com/oauth/token"
TOKEN_URL=https://auth.host/oauth2/token
private_key: Ed25519PrivateKey
token: TextGenerationOutputToken
public_key = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
if password == stored_password:
    assert token == expected_token
PASSWORD_FIELD = "password"
<input type="password" name="password" placeholder="Password">
<label for="password">Password</label>
"password": "Passwort vergessen?",
password: "Please enter your password",
"forgot_password": "Forgot your password?"
password_reset_token_expired = True
tokens: 4096
max_tokens: 200000
"total_tokens": 15230, "prompt_tokens": 14000
token budget: 2,000
pad_token = "<|endoftext|>"
eos_token: </s>
next_page_token: CAUQAA1234567890ab
"nextPageToken": "EAAaHlBUOkNCb1FBQmhJa2xt"
primary_key=user_id
cache_key = f"user:{user_id}:profile"
CACHE_KEY=session:v2
sort_key="created_at_2"
foreign_key: accounts.id
key: value
keyboard shortcut: ctrl+shift+p
API_KEY=your-api-key-here
API_KEY=<your api key>
OPENAI_API_KEY=sk-...
OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
password: ${DB_PASSWORD}
password: "{{ vault_db_password }}"
password: {{ .Values.db.password }}
password: $(cat /run/secrets/db)
password: changeme
PASSWORD=changeme123
DB_PASSWORD=password
POSTGRES_PASSWORD=postgres
password = "********"
password = "[redacted:password]"
password=[REDACTED]
token: null
secret: true
token=none
password=%s
password = ?
"password": "string"
"secret": "REPLACE_ME"
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
postgres://user:password@localhost:5432/db
postgres://postgres:postgres@localhost/app
postgres://${USER}:${PASS}@db/app
postgres://app:***@db/app
mysql://root:@localhost/app
amqp://guest:guest@localhost:5672
redis://localhost:6379/0
https://user:<token>@host/repo.git
https://example.com:8443/path@version
ssh://git@github.com/acme/app.git
git@github.com:acme/app.git
http://localhost:3000, ask ana@acme.io
Authorization: Bearer <token>
Authorization: Bearer ${TOKEN}
Authorization: Bearer $ACCESS_TOKEN
-H "Authorization: Bearer $(gcloud auth print-access-token)"
headers = {"Authorization": f"Bearer {token}"}
authorization: required
The Authorization header carries a bearer token.
Use Basic authentication over TLS only.
Bearer authentication is described in RFC 6750
listening on 127.0.0.1:8080
port 5432 is taken
the password must have at least 12 characters
the password is required
your password is too short
password is incorrect
The secret to good tests is isolation.
We rotate the token every 90 days.
The api key is read from the environment.
the token is stored in the keyring
token bucket: 100 requests per minute
secret santa is on 12 December 2026
passed 120 tests in 3.2s
all checks pass: lint, mypy, pytest
pass: 12, fail: 0
bypass = true
compass: north-west
tests/guard/test_redact.py::test_password_is_gone PASSED
src/auth/token_store.py:120: error: Missing return
error[E0308]: mismatched types: expected `Token`, found `&str`
INFO token refreshed in 120ms user=ana status=200
level=info msg="secret rotated" name=db-credentials-v2 version=7
secret/db-credentials-v2 created
kubectl get secret db-credentials -o yaml
secretKeyRef: {name: db-credentials, key: password}
kubernetes.io/service-account-token
docker login -u ana --password-stdin
lore serve --token-file /run/secrets/lore
gh auth login --with-token < token.txt
vault kv get secret/app/prod
--api-key API_KEY
-----BEGIN CERTIFICATE-----
between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- goes the key
-----BEGIN PUBLIC KEY-----
use <private> tags to keep a note out of memory
eyJhbGciOiJIUzI1NiJ9 is the header of a JWT
class TokenBucket: pass
from secrets import token_hex
import { useToken } from "@acme/design-tokens";
"token": "color-primary-500",
--color-token-2: #ff00aa;
tokenizer = GPT2Tokenizer.from_pretrained("gpt2-medium-v2")
model: sentence-transformers/all-MiniLM-L6-v2
sk-learn is not scikit-learn
the sk-SK locale
risk_live_update and task_test_runner
hf_hub_download(repo_id="acme/model")
npm_config_registry=https://registry.host/
npm_lifecycle_event=build
pypi-server is running
github_pat is short for personal access token
a Slack xoxb- token starts like this
glpat- is GitLab's prefix
EAAA is not a word
version 1.2.3+build.20260313.a1b2c3d
0x7ffee4b3c2a8 in ?? ()
uid=1000(ana) gid=1000(ana) groups=1000(ana),27(sudo)
drwxr-xr-x 2 ana ana 4096 Mar 13 09:12 secrets
MD5 (app.tar) = 9e107d9d372bb6826bd81d3542a419d6
Content-Type: multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW
Content-Security-Policy: script-src 'nonce-r4nd0m'
x-request-id: 7f3a2b1c-9d8e
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1b2c3
"ARN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestDatabaseSecret-a1b2c3"
gpg --keyserver hkps://keys.host --recv-keys 890C08DB8579162FEE0DF9DB8BEAB4DFCF555EF4
aws kms verify --public-key MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvH3Yj0wbkLEpUl95
projects/acme/secrets/db-password/versions/3
CREATE TABLE users (id uuid, password varchar(255) NOT NULL);
SELECT token, secret FROM keys WHERE id = $1
UPDATE users SET password = $1 WHERE id = $2
user.password_digest = BCrypt::Password.create(password)
validates :password, length: { minimum: 12 }
<password>${env.PASS}</password>
spring.datasource.password=${DB_PASSWORD:}
password_policy: strict-2024
passwordEncoder: BCryptPasswordEncoder
credentials: include
credentials = Credentials.from_service_account_file("key.json")
auth: oauth2
client_secret_file = client_secret_2024.json
session = requests.Session()
session="main-window-2"
Cookie: theme=dark; lang=en
Set-Cookie: sessionid=; Max-Age=0
signature=hmac_sha256(body)
?sig=none
ana: the key insight is that tokens=4
my favourite passphrase is correct horse battery staple
Keys are in 1Password, item "staging db".
creds are in pass: `pass show acme/sandbox`, never write them down""".splitlines(),
]  # fmt: skip
