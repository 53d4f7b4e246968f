-- Language models: what each request used, whether the provider may be asked at all, and what has been read for which use.
-- None of these rows holds a word of what was sent or answered.

-- A row is written before the request, with the most that it may use and the outcome "open", and again with what it did
-- use; one whose process died keeps the most. `money` is in millionths of a US dollar, null where the price is not known,
-- `prices` the version of the table it is from.
CREATE TABLE model_call (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  run TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  purpose TEXT NOT NULL,
  outcome TEXT NOT NULL,
  sent INTEGER NOT NULL,
  received INTEGER NOT NULL,
  cached INTEGER NOT NULL DEFAULT 0,
  money INTEGER,
  prices TEXT NOT NULL,
  milliseconds INTEGER
);
CREATE INDEX model_call_at ON model_call (at);
CREATE INDEX model_call_run ON model_call (run);

-- An endpoint that failed: how often in a row, until when nobody asks it, and until when one request is under way that finds
-- out whether it is well again. What is well has no row.
CREATE TABLE model_breaker (
  endpoint TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  until INTEGER NOT NULL,
  probing INTEGER NOT NULL,
  outcome TEXT NOT NULL
) WITHOUT ROWID;

-- How far an item (a session, a memory, a page) has been read for a use: which text, up to which turn, and how often that failed.
CREATE TABLE model_read (
  purpose TEXT NOT NULL,
  item TEXT NOT NULL,
  digest BLOB NOT NULL,
  position INTEGER NOT NULL DEFAULT -1,
  attempts INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (purpose, item)
) WITHOUT ROWID;

-- Why something that a model said was not proposed.
CREATE TABLE model_refusal (
  id INTEGER PRIMARY KEY,
  purpose TEXT NOT NULL,
  item TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
);
