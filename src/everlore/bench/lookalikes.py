"""Texts that only look as if they held a secret, to measure with how often redaction takes out what it should leave.

Hashes, ids, keys that are public, images and locks are drawn from a fixed seed; lines of code, settings and talk are as people
write them.
"""

from __future__ import annotations

from pathlib import Path

from everlore.bench.planted import ALNUM, BASE64, DIGITS, HEX, LOWER, UPPER, URLSAFE, draw, encoded, uuid

_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _block(kind: str, lines: int) -> str:
    body = "\n".join(draw(BASE64, 64) for _ in range(lines))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"


HASHES: tuple[str, ...] = (
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
    *(f'ETag: "{draw(HEX, 32)}"' for _ in range(5)),
    *(f'  File "/srv/app/token_{n}.py", line {n}, in get_token' for n in range(5)),
    *(f"github.com/acme/mod{n} v1.{n}.0 h1:{encoded(32)}" for n in range(8)),
    *(f"github.com/acme/mod{n} v1.{n}.0/go.mod h1:{encoded(32)}" for n in range(4)),
    *(f'name = "token-{n}"\nversion = "0.{n}.1"\nchecksum = "{draw(HEX, 64)}"' for n in range(6)),
    *(
        f'  resolved "https://registry.host/auth-{n}/-/auth-{n}-1.0.0.tgz#{draw(HEX, 40)}"\n  integrity sha512-{encoded(64)}'
        for n in range(6)
    ),
    *(f"{draw(HEX, 64)}  dist/secret-tool-{n}.tar.gz" for n in range(6)),
    *(f"{draw(HEX, 32)} *passwords-{n}.csv" for n in range(4)),
    *(f"sha256-{encoded(32)}" for _ in range(4)),
    *(f'<script src="/app.js" integrity="sha384-{encoded(48)}" crossorigin="anonymous"></script>' for _ in range(4)),
    *(f"cacheKey: {draw(HEX, 40)}" for _ in range(4)),
    *(f"key: deps-Linux-{draw(HEX, 64)}" for _ in range(5)),
    *(f"Cache restored from key: node-modules-{draw(HEX, 64)}" for _ in range(4)),
    *(f"uses: actions/checkout@{draw(HEX, 40)} # v4" for _ in range(4)),
    *(f"Downloading layer sha256:{draw(HEX, 12)} [====>  ] 12 MB" for _ in range(3)),
    *(f"On branch main, HEAD is now at {draw(HEX, 9)} Rotate the API key" for _ in range(4)),
)

IDS: tuple[str, ...] = (
    *(f"trace_id={draw(HEX, 32)} span_id={draw(HEX, 16)}" for _ in range(6)),
    *(f"traceparent: 00-{draw(HEX, 32)}-{draw(HEX, 16)}-01" for _ in range(4)),
    *(f'"session": "{uuid()}", "turn": {n}' for n in range(5)),
    *(f"token_id: {n}{draw(DIGITS, 6)}" for n in range(3)),
    *(f"user_key={n}" for n in range(3)),
    *(f"01{draw(_ULID, 24)}" for _ in range(5)),
    *(f"objectid('{draw(HEX, 24)}')" for _ in range(4)),
    *(f"pod/token-service-{draw(HEX, 9)}-{draw(LOWER, 5)} 1/1 Running" for _ in range(5)),
    *(f"toolu_01{draw(ALNUM, 22)}" for _ in range(4)),
    *(f'"tool_use_id": "toolu_01{draw(ALNUM, 22)}"' for _ in range(4)),
    *(f'"id": "msg_01{draw(ALNUM, 22)}", "usage": {{"input_tokens": {n}}}' for n in range(4)),
    *(f'"call_id": "call_{draw(ALNUM, 24)}"' for _ in range(4)),
    *(f"cus_{draw(ALNUM, 14)} paid with pi_{draw(ALNUM, 24)}" for _ in range(3)),
    *(f"arn:aws:kms:eu-west-1:{draw(DIGITS, 12)}:key/{uuid()}" for _ in range(4)),
    *(f"i-0{draw(HEX, 16)} vpc-0{draw(HEX, 16)}" for _ in range(3)),
    *(f"https://docs.host/d/{draw(URLSAFE, 44)}/edit" for _ in range(3)),
    *(f"video https://tube.host/watch?v={draw(URLSAFE, 11)}" for _ in range(3)),
    *(f"gpg: key {draw(HEX, 16).upper()} was created" for _ in range(3)),
    *(f"SHA256:{draw(BASE64, 43)} ana@host (ED25519)" for _ in range(4)),
    *(f"/home/mika/.cache/pip/wheels/{draw(HEX, 2)}/{draw(HEX, 2)}/{draw(HEX, 60)}" for _ in range(3)),
    *(f"_build/chunk-{draw(UPPER + DIGITS, 8)}.js  12.4 kB" for _ in range(3)),
)

PUBLIC: tuple[str, ...] = (
    _block("CERTIFICATE", 12),
    _block("PUBLIC KEY", 5),
    _block("RSA PUBLIC KEY", 5),
    _block("CERTIFICATE REQUEST", 9),
    _block("PGP PUBLIC KEY BLOCK", 12),
    _block("PGP SIGNATURE", 5),
    _block("PGP MESSAGE", 9),
    _block("X509 CRL", 9),
    _block("SSH SIGNATURE", 4),
    *(f"ssh-rsa AAAAB3NzaC1yc2E{encoded(270)} ana@host" for _ in range(4)),
    *(f"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI{encoded(80)}" for _ in range(2)),
    *(f"host.internal ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{encoded(33)}" for _ in range(3)),
    *(f"PublicKey = {encoded(32)}" for _ in range(4)),
    *(f'public_key = "{encoded(32)}"' for _ in range(3)),
    *(f'"publicKey": "{encoded(91)}"' for _ in range(3)),
    *(f"pk_test_51{draw(ALNUM, 40)}" for _ in range(2)),
    *(f"-----BEGIN CERTIFICATE-----\\n{draw(BASE64, 64)}\\n{draw(BASE64, 64)}\\n" for _ in range(2)),
    *(f"RWQ{draw(BASE64, 53)}" for _ in range(2)),
    *(f'"kid": "{draw(URLSAFE, 43)}", "kty": "RSA", "n": "{draw(URLSAFE, 342)}", "e": "AQAB"' for _ in range(3)),
    *(f"0x{draw(HEX, 40)} sent 2 ETH in 0x{draw(HEX, 64)}" for _ in range(3)),
)

BLOBS: tuple[str, ...] = (
    *("\n".join(draw(BASE64, 76) for _ in range(8)) for _ in range(5)),
    *(f'<img src="data:image/jpeg;base64,{encoded(400)}">' for _ in range(4)),
    *(f'"image": {{"type": "base64", "media_type": "image/png", "data": "{encoded(300)}"}}' for _ in range(4)),
    *(f"//# sourceMappingURL=data:application/json;base64,{encoded(200)}" for _ in range(3)),
    *(f'"mappings": "AAAA,{draw(ALNUM, 40)};{draw(ALNUM, 40)},{draw(ALNUM, 9)}"' for _ in range(3)),
    *(f"00000{n}0: {draw(HEX, 4)} {draw(HEX, 4)} {draw(HEX, 4)} {draw(HEX, 4)}  ..K..pass" for n in range(4)),
    *(
        f"!function(e,t){{var n=t.token,r=e.key;for(var i={n};i<r.length;i++)n.push(r[i]^t.pass)}}(a,b{n});"
        for n in range(4)
    ),
    *(
        f'e.exports={{tokenType:"bearer",keyName:"k{n}",isSecret:!0,passThrough:!1,authMode:"none",c:{{key:1,ref:null}}}}'
        for n in range(4)
    ),
    *(
        f'w.createElement("input",{{key:"pw{n}",type:"password",name:"password",onChange:e=>s(e.target.value)}})'
        for n in range(3)
    ),
    *(f"M{n} 12.5l3.2-4.1c1.1-.9 2.3-.4 2.9.6zM8.{n} 4h7.2v3.1h-7.2z" for n in range(3)),
)

LINES: tuple[str, ...] = tuple(Path(__file__).with_name("lookalikes.txt").read_text("utf-8").splitlines())

LOOKALIKES: dict[str, tuple[str, ...]] = {
    "hashes": HASHES,
    "ids": IDS,
    "public keys": PUBLIC,
    "blobs": BLOBS,
    "lines": LINES,
}
