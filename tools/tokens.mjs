// Counts the fixtures of the token estimator again, with real tokenizers: everlore itself needs none of them.
//
//   npm install --no-save gpt-tokenizer @anthropic-ai/tokenizer llama3-tokenizer-js
//   node tools/tokens.mjs tests/core/tokens.json
//
// To add a text, add {"kind": ..., "text": ...} to the file and run it; then `pytest tests/core/test_tokens.py`.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const here = createRequire(pathToFileURL(path.join(process.cwd(), "package.json")));
const load = async (name) => import(pathToFileURL(here.resolve(name)));
const o200k = await load("gpt-tokenizer/encoding/o200k_base");
const cl100k = await load("gpt-tokenizer/encoding/cl100k_base");
const claude = here("@anthropic-ai/tokenizer").getTokenizer();
const llama3 = (await load("llama3-tokenizer-js")).default;
const plain = { allowedSpecial: new Set(), disallowedSpecial: new Set() };

const [file] = process.argv.slice(2);
const rows = JSON.parse(fs.readFileSync(file, "utf8")).map(({ kind, text }) => ({
  kind,
  text,
  o200k: o200k.encode(text, plain).length,
  cl100k: cl100k.encode(text, plain).length,
  claude: claude.encode(text.normalize("NFKC"), [], []).length,
  llama3: llama3.encode(text, { bos: false, eos: false }).length,
}));
fs.writeFileSync(file, "[\n" + rows.map((row) => JSON.stringify(row)).join(",\n") + "\n]\n");
