"""Planted secrets to measure redaction with: every kind in ten carriers, and values that only their neighbours give away.

No secret stands in this file: each is put together from a prefix and random characters of a fixed seed when it is imported.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

_DICE = random.Random(20260313)
LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM, HEX = string.ascii_letters + DIGITS, DIGITS + "abcdef"
URLSAFE, BASE64 = ALNUM + "-_", ALNUM + "+/"


def draw(alphabet: str, length: int) -> str:
    """Return random characters, with a letter and a digit among them where the alphabet has both."""
    while True:
        text = "".join(_DICE.choices(alphabet, k=length))
        if length < 8 or (any(map(str.isdigit, text)) >= any(map(str.isdigit, alphabet)) and len(set(text)) > 5):
            return text


def encoded(length: int) -> str:
    """Return random bytes in base64."""
    return base64.b64encode(_DICE.randbytes(length)).decode()


def uuid() -> str:
    """Return a random UUID."""
    return "-".join(draw(HEX, n) for n in (8, 4, 4, 4, 12))


def jwt() -> str:
    """Return what looks like a signed JSON web token."""
    return ".".join(("ey" + "J" + draw(ALNUM, 20), "ey" + "J" + draw(ALNUM, 40), draw(URLSAFE, 43)))


def pem(kind: str) -> str:
    """Return a PEM block of random lines."""
    lines = "\n".join(draw(BASE64, 64) for _ in range(12))
    return f"-----BEGIN {kind}-----\n{lines}\n{draw(BASE64, 20)}==\n-----END {kind}-----"


TOKENS: dict[str, list[str]] = {
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

CARRIERS = {
    ".env": "DEBUG=1\nSERVICE_CREDENTIAL={}\nPORT=8080\n",
    "json": '{{"service": {{"credential": "{}", "retries": 3}}}}',
    "yaml": "service:\n  credential: {}\n  retries: 3\n",
    "shell": "$ deploy --service mail --with '{}' && echo done",
    "url": "https://service.host/v1/items?page=2&with={}",
    "log": "2026-03-13T09:12:44Z WARN client refused (credential {}) after 3 tries",
    "prose": "I pasted {} into the chat by mistake, please rotate it.",
    "code": 'client = Client("{}", timeout=3)',
    "tool output": '{{"output": "line one\\n{}\\nline three", "exit": 0}}',
    "diff": "@@ -3,2 +3,2 @@\n-client = Client(None)\n+client = Client('{}')\n",
}

# Text with one secret each, whose place `{}` is filled by what stands beside it.
PLACED: list[tuple[str, str]] = [
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
    ("kubectl create secret generic db --from-literal=password={}", draw(ALNUM, 14)),
    ("helm upgrade app ./chart --set auth.password={} --wait", draw(ALNUM, 14)),
    ("docker run -e POSTGRES_PASSWORD={} -p 5432:5432 postgres:16", draw(ALNUM, 12)),
    ("docker login -u ana -p {} registry.host", draw(ALNUM, 16)),
    ("    environment:\n      - SMTP_PASSWORD={}\n      - SMTP_PORT=587", draw(ALNUM, 12)),
    ("spring.datasource.password={}", draw(ALNUM, 12)),
    ("define('DB_PASSWORD', '{}');", draw(ALNUM, 14)),
    ("define('AUTH_KEY',         '{}');", draw(ALNUM + "!@#%^&*", 64)),
    ("'PASSWORD': '{}',\n        'HOST': 'db',", draw(ALNUM, 12)),
    ("APP_KEY=base64:{}", encoded(32)),
    ("\tPassword: \"{}\",", draw(ALNUM, 12)),
    ("var client = new Client(apiKey: \"{}\");", draw(ALNUM, 32)),
    ("requests.get(url, headers={{\"X-Api-Key\": \"{}\"}})", draw(ALNUM, 32)),
    ("x-goog-api-key: {}", draw(ALNUM, 39)),
    ("jdbc:postgresql://db:5432/app?user=ana&password={}", draw(ALNUM, 12)),
    ("jdbc:mysql://db/app?password={}&useSSL=true", draw(ALNUM, 12)),
    ("ftp://ana:{}@files.host/inbox/", draw(ALNUM, 10)),
    ("pip install --index-url https://ana:{}@registry.host/simple app", draw(ALNUM, 16)),
    ("redis-cli -h cache -a {} ping", draw(ALNUM, 20)),
    ("mongosh --host db -u ana -p {} app", draw(ALNUM, 14)),
    ("http -a ana:{} GET api.host/items", draw(ALNUM, 14)),
    ("wget --user=ana --password={} https://files.host/a.zip", draw(ALNUM, 12)),
    ("aws configure set aws_secret_access_key {}", draw(BASE64, 40)),
    ("gh secret set DEPLOY_KEY --body {}", draw(ALNUM, 40)),
    ("security add-generic-password -a ana -s app -w {}", draw(ALNUM, 16)),
    ("[Interface]\nPrivateKey = {}\nAddress = 10.0.0.2/32", encoded(32)),
    ("PresharedKey = {}", encoded(32)),
    ("network={{\n  ssid=\"home\"\n  psk=\"{}\"\n}}", draw(ALNUM, 14)),
    ("    client-key-data: {}", encoded(300)),
    ("users:\n- name: ana\n  user:\n    token: {}", draw(ALNUM, 48)),
    ("\"identitytoken\": \"{}\"", draw(ALNUM, 60)),
    ("registry.host/:_password={}", encoded(18)),
    ("  \"connectionString\": \"Server=db;User Id=sa;Password={};\"", draw(ALNUM, 14)),
    ("secret_key_base: {}", draw(HEX, 128)),
    ("variable \"db_password\" {{\n  default = \"{}\"\n}}", draw(ALNUM, 14)),
    ("pw: {}", draw(ALNUM, 12)),
    ("user admin, pw {}", draw(ALNUM, 12)),
    ("Passwort: {}", draw(ALNUM, 12)),
    ("contraseña: {}", draw(ALNUM, 12)),
    ("mot de passe : {}", draw(ALNUM, 12)),
    ("пароль: {}", draw(ALNUM, 12)),
    ("密码：{}", draw(ALNUM, 12)),
    ("login: ana@acme.io / {}", draw(ALNUM, 12)),
    ("here are the creds: admin:{}", draw(ALNUM, 12)),
    ("the passphrase for the backup is {}", draw(ALNUM, 16)),
    ("OTP secret {}", draw(UPPER + "234567", 32)),
    ("otpauth://totp/app:ana?secret={}&issuer=app", draw(UPPER + "234567", 32)),
    ("POST /oauth/token grant_type=refresh_token&client_id=web&client_secret={}", draw(ALNUM, 40)),
    ("grant_type=password&username=ana&password={}", draw(ALNUM, 12)),
    ("{{\"username\": \"ana\", \"password\": \"{}\", \"otp\": null}}", draw(ALNUM, 12)),
    ("Sent: {{'api_token': '{}'}}", draw(ALNUM, 40)),
    ("setenv API_TOKEN {}", draw(ALNUM, 40)),
    ("fly secrets set SESSION_SECRET={}", draw(HEX, 64)),
    ("heroku config:set STRIPE_SIGNING={} --app shop", "wh" + "sec_" + draw(ALNUM, 32)),
    ("curl 'https://api.host/v1/me?apikey={}'", draw(HEX, 32)),
    ("ws://host/socket?token={}", draw(ALNUM, 40)),
    ("-  api_key: {}\n+  api_key: ${{API_KEY}}", draw(HEX, 32)),
    ("+DB_PASSWORD={}", draw(ALNUM, 14)),
    ("level=debug msg=\"login\" user=ana password={} ok=true", draw(ALNUM, 12)),
    ("DEBUG connecting with token={} to api.host", draw(ALNUM, 40)),
    ("SecretString: '{{\"username\":\"app\",\"password\":\"{}\"}}'", draw(ALNUM, 20)),
    ("<connectionStrings><add connectionString=\"Data Source=db;Password={}\" /></connectionStrings>", draw(ALNUM, 14)),
    ("<apiKey>{}</apiKey>", draw(ALNUM, 32)),
    ("<token>{}</token>", draw(ALNUM, 40)),
    ("az login --service-principal -u app -p {} --tenant t", draw(ALNUM,34)),
    ("export AWS_SECRET_ACCESS_KEY=\"{}\"", draw(BASE64,40)),
    ("[default]\naws_access_key_id = x\naws_secret_access_key={}\n", draw(BASE64,40)),
    ("snowsql -a acct -u ana --password '{}'", draw(ALNUM,14)),
    ("psql \"host=db user=ana password={} dbname=app\"", draw(ALNUM,12)),
    ("mysql -h db -u app --password={} app", draw(ALNUM,12)),
    ("rclone config create s3 secret_access_key {}", draw(ALNUM,40)),
    ("  - name: API_TOKEN\n    value: \"{}\"", draw(ALNUM,40)),
    ("  - name: DB_PASSWORD\n    value: {}", draw(ALNUM,14)),
    ("  DB_PASSWORD: !!binary {}", encoded(12)),
    ("stringData:\n  password: {}", draw(ALNUM,14)),
    ("data:\n  password: {}", encoded(12)),
    ("ansible-playbook site.yml -e \"db_password={}\"", draw(ALNUM,14)),
    ("curl -F token={} https://x.test", draw(ALNUM,40)),
    ("curl -d '{{\"password\":\"{}\"}}' https://x.test/login", draw(ALNUM,12)),
    ("curl -b 'session={}' https://x.test", draw(HEX,40)),
    ("document.cookie = 'auth_token={}'", draw(ALNUM,40)),
    ("localStorage.setItem('token', '{}')", draw(ALNUM,40)),
    ("os.environ['API_KEY'] = '{}'", draw(ALNUM,32)),
    ("process.env.SECRET = \"{}\"", draw(ALNUM,32)),
    ("new Stripe(\"{}\")", "sk"+"_live_"+draw(ALNUM,24)),
    ("client = OpenAI(api_key=\"{}\")", "sk-"+"proj-"+draw(ALNUM,60)),
    ("Fernet(b\"{}\")", encoded(32)),
    ("key = b\"{}\"", draw(ALNUM,32)),
    ("private const string ConnectionPassword = \"{}\";", draw(ALNUM,14)),
    ("password => \"{}\"", draw(ALNUM,14)),
    (":password \"{}\"", draw(ALNUM,14)),
    ("(setq password \"{}\")", draw(ALNUM,14)),
    ("$password = '{}';", draw(ALNUM,14)),
    ("let password = \"{}\".to_string();", draw(ALNUM,14)),
    ("password: String::from(\"{}\")", draw(ALNUM,14)),
    ("Credentials(\"ana\", \"{}\")", draw(ALNUM,14)),
    ("auth=('ana', '{}')", draw(ALNUM,14)),
    ("--from-literal=api-key={}", draw(HEX,32)),
    ("gcloud sql users set-password root --password={}", draw(ALNUM,14)),
    ("vault kv put secret/app db_password={}", draw(ALNUM,14)),
    ("echo '{}' | docker login -u ana --password-stdin", draw(ALNUM,36)),
    ("echo {} | sudo -S apt update", draw(ALNUM,14)),
    ("sudo: the password I typed was {}", draw(ALNUM,12)),
    ("temporary password: {} (change it)", draw(ALNUM,12)),
    ("Your new password is: {}", draw(ALNUM,12)),
    ("Initial admin password: {}", draw(HEX,32)),
    ("wifi: HomeNet / password: {}", draw(ALNUM,12)),
    ("recovery code: {}", draw(ALNUM,10)+"-"+draw(ALNUM,10)),
    ("[2026-03-13 09:12] bot: Authorization=Bearer {}", draw(ALNUM,40)),
    ("> X-Amz-Security-Token: {}", draw(BASE64,200)),
    ("< Set-Cookie: __Secure-session={}; Path=/", draw(HEX,64)),
    ("GET /callback?code=x&id_token={}", jwt()),
    ("https://api.tele"+"gram.org/bot{}/getMe", draw(DIGITS,10)+":A"+"A"+draw(ALNUM,33)),
    ("glpat in .gitlab-ci: {}", "gl"+"pat-"+draw(ALNUM,20)),
    ("-----BEGIN OPENSSH PRIV"+"ATE KEY-----\\n{}\\n-----END OPENSSH PRIV"+"ATE KEY-----", draw(BASE64,120)),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plant:
    """A text with a secret in it; `kind` is the name it must be given, None where more than one is right."""

    kind: str | None
    carrier: str
    secret: str
    text: str


def plants() -> Iterator[Plant]:
    """Yield every planted text: each token in each carrier, then the values told by their neighbours."""
    for kind, tokens in TOKENS.items():
        for token in tokens:
            for carrier, around in CARRIERS.items():
                yield Plant(kind, carrier, token, around.format(token))
    for around, secret in PLACED:
        yield Plant(None, "beside a name", secret, around.format(secret, secret))
