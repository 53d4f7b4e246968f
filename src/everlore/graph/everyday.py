"""Words that name nothing, and endings that tell what a word names: the lists behind `everlore.graph.mentions`."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


EXTENSIONS = _set(
    "py pyi ipynb js mjs cjs ts tsx jsx vue svelte css scss html htm go rs c h cc cpp hpp java kt kts swift rb php cs fs scala clj ex exs "
    "erl hs ml lua pl r jl sh bash zsh fish ps1 bat sql md mdx rst txt toml yaml yml json jsonl json5 xml ini cfg conf env lock csv tsv "
    "proto graphql tf hcl dockerfile mk cmake gradle properties plist service socket log db sqlite pem key crt png jpg jpeg svg gif pdf "
    "zip gz tar whl wasm so dll exe ttf woff woff2 parquet"
)
FILES = _set(
    "Dockerfile Makefile Justfile Procfile Rakefile Gemfile Vagrantfile Jenkinsfile CMakeLists.txt .gitignore .dockerignore .env .bashrc "
    ".zshrc .editorconfig .gitattributes CODEOWNERS go.mod go.sum"
)
DIRECTORIES = _set(
    "src lib libs tests test docs doc packages pkg cmd internal scripts tools config configs migrations templates bench benchmarks "
    "examples vendor crates .github infra"
)
DOMAINS = _set("com org net io dev ai co uk de edu gov app me sh info local eu ru jp")
BRANDS = (
    "node.js", "next.js", "vue.js", "three.js", "nuxt.js", "express.js", "d3.js", "socket.io", "asp.net", "github", "gitlab", "iphone",
    "macos", "ipados", "ebay", "postgresql", "mysql", "javascript", "typescript", "youtube", "linkedin", "openai", "mongodb", "devops",
)  # fmt: skip
"""Names with capitals or dots inside that are no identifiers and no files."""
SUFFIXES = _set(
    "Service Store Error Exception Handler Manager Factory Client Server Controller Repository Store Config Request Response Test Tests View "
    "Model Builder Provider Context Index Reader Writer Parser Listener Adapter Worker Queue Cache Pool Session Router Middleware "
    "Component Button Form Modal Hook State Reducer Schema Serializer Validator Mixin Base Impl Util Utils Helper Interface Registry "
    "Loader Runner Engine Driver Proxy Wrapper Filter Iterator Visitor Observer Command Event Message Record Entity Options Settings "
    "Params Result Node Tree Map List Set Table Entry Token Key Id Type Kind Field"
)
NOISE = _set(
    "true false null none nil undefined yes no on off and or not if else elif for while do done then fi case esac in is as with from import "
    "return def class let var const new this self cls try except finally raise throw catch async await yield lambda pass break continue "
    "int str float bool list dict set tuple bytes string number object void char long double ls cd rm cp mv cat echo grep sed awk find "
    "sudo chmod chown mkdir touch kill ps top curl wget ssh scp tar git pip npm npx yarn pnpm cargo make bash zsh sh fish python python3 "
    "node go exit export source alias man less more head tail sort uniq wc xargs tee env set unset type which test main master dev prod "
    "foo bar baz qux the a an it ok todo fixme note get put post delete patch options latest default version name value key id"
)
"""What stands between backticks or before a version and names no particular thing."""
NOT_CODE = _set(
    "TODO FIXME NOTE HEAD GET PUT POST DELETE PATCH OPTIONS OK JSON HTTP HTTPS SQL API URL XML YAML CSV HTML CSS"
)
PROSE = _set(
    "a an and any are as at again all also after before because been being both but by can did do does done each ended fail failed fails "
    "fails, first for from gave get gets had has have here how if in into is it its just later like more no not now of off on once one only "
    "or our out over per same should since so some still succeeded such than that the their them then there these they this those "
    "through to too took under until up us was we went were when where which while will with without works would you your says said did "
    "instead everything something nothing dependencies requirements packages it. step command hangs breaks new old latest"
)
"""Everyday words: an install command followed by one of them is prose, and titles have them in small letters."""
DECORATORS = _set(
    "property staticmethod classmethod dataclass override overload abstractmethod test fixture cache cached lru-cache param params returns "
    "return throws deprecated see since author todo media import types type latest next main master head here all everyone channel "
    "charset keyframes font-face supports layer apply tailwind injectable component input output autowired bean entity service controller "
    "nullable notnull suppresswarnings contextmanager wraps pytest mock patch app router route given when then example"
)
ROLE_ADDRESSES = _set(
    "git noreply no-reply info support admin root postmaster webmaster hello contact sales help security team user test"
)
NOT_PEOPLE = _set(
    "I He She It We You They Who This That These Those The A An And But Or So If When While Then Now Here There Everyone Everybody Nobody "
    "Someone Somebody Anyone One Another Each All Both Some Most Many Few None Nothing Everything What Which Why How Where Yes No Not "
    "Team Teams User Users Customer Customers Client Clients People Person Management Legal Finance Marketing Sales Support Security "
    "Design Engineering Product Company Board Docs Doc Documentation Error Errors Log Logs Test Tests Output Message Compiler Linter "
    "Server Servers Browser Reviewer Reviewers Author Owner Boss Manager Agent Agents Assistant Model Tool Script Policy Spec Standard "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October "
    "November December Today Yesterday Tomorrow Later Earlier Also Finally First Second Last Next Again However Because Since After "
    "Before Once Only Still Maybe Perhaps Please Thanks Note Postgres Redis Docker Kubernetes Python Git Github Pytest Ruff Mypy Rust "
    "Java Node Django Flask React Linux Windows Ubuntu Debian Google Microsoft Amazon Apple Claude Gemini Copilot Codex Cursor Slack "
    "Jira Stripe Grafana Prometheus Nginx Kafka Terraform Ansible Jenkins Chrome Firefox Everlore Sqlite Npm Pip Cargo Go My Our Your "
    "His Her Their Its Mine Ask Ping Tell Let Did Does Do Has Have Is Was Are Were Will Would Should Could Can Just As At In On For With "
    "From To Of By About Hello Hi Dear Hey Ok Okay Sure Fine Good Great New Old Version Release Issue Bug Feature Meeting Call Chat"
)
"""Words with a capital that are no names of people: sentence starts, roles, days, products."""
