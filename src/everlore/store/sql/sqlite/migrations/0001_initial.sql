-- The truth. Everything that can be made again from it is in derived.sql.
-- Times are Unix milliseconds UTC; valid_* is when it was true in the world, recorded* when the store learned it.

CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE namespace (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  parent INTEGER REFERENCES namespace,
  path TEXT NOT NULL COLLATE NOCASE UNIQUE,
  lineage TEXT NOT NULL,
  recorded INTEGER NOT NULL
);

CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  namespace INTEGER NOT NULL REFERENCES namespace,
  external TEXT NOT NULL,
  agent TEXT,
  started INTEGER,
  ended INTEGER,
  recorded INTEGER NOT NULL
);
CREATE INDEX session_namespace ON session (namespace);

CREATE TABLE turn (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  session INTEGER NOT NULL REFERENCES session,
  position INTEGER NOT NULL,
  external TEXT NOT NULL,
  speaker TEXT NOT NULL,
  role TEXT,
  time INTEGER,
  recorded INTEGER NOT NULL,
  entry INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL DEFAULT 0,
  text TEXT NOT NULL,
  caption TEXT
);
CREATE UNIQUE INDEX turn_place ON turn (session, position);
CREATE INDEX turn_entry ON turn (entry, session);

CREATE TABLE memory (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  namespace INTEGER NOT NULL REFERENCES namespace,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  layer INTEGER NOT NULL,
  tier TEXT NOT NULL,
  importance REAL NOT NULL,
  pinned INTEGER NOT NULL,
  tags TEXT NOT NULL,
  created INTEGER NOT NULL,
  head INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  last_used INTEGER
);
CREATE INDEX memory_listed ON memory (namespace, state, uid, kind);

CREATE TABLE revision (
  id INTEGER PRIMARY KEY,
  memory INTEGER NOT NULL REFERENCES memory,
  number INTEGER NOT NULL,
  title TEXT,
  text TEXT NOT NULL,
  digest BLOB NOT NULL,
  valid_from INTEGER,
  valid_until INTEGER,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER,
  actor TEXT NOT NULL,
  source TEXT,
  UNIQUE (memory, number)
);
CREATE INDEX revision_digest ON revision (digest);

CREATE TABLE entity (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  namespace INTEGER NOT NULL REFERENCES namespace,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
);

CREATE TABLE alias (
  entity INTEGER NOT NULL REFERENCES entity,
  name TEXT NOT NULL COLLATE NOCASE,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER,
  PRIMARY KEY (name, entity)
) WITHOUT ROWID;

CREATE TABLE link (
  uid TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  weight REAL NOT NULL,
  valid_from INTEGER,
  valid_until INTEGER,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER,
  evidence TEXT
) WITHOUT ROWID;
CREATE INDEX link_source ON link (source, kind);
CREATE INDEX link_target ON link (target, kind);

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  parent TEXT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  operation TEXT NOT NULL,
  namespace TEXT,
  reason TEXT,
  changes TEXT NOT NULL,
  undone_by INTEGER,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX journal_parent ON journal (parent) WHERE parent IS NOT NULL;

CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  run_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  error TEXT,
  dead INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, key)
);
CREATE INDEX job_due ON job (dead, run_at);

CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  surface TEXT NOT NULL,
  namespace TEXT,
  items TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  milliseconds REAL NOT NULL,
  withheld INTEGER NOT NULL
);

-- No id is given twice: a running program reads only the vectors after the last one it knows.
CREATE TABLE vector (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  passage INTEGER NOT NULL,
  model TEXT NOT NULL,
  code BLOB NOT NULL,
  UNIQUE (passage, model)
);

CREATE TABLE piece (
  model TEXT NOT NULL,
  id INTEGER NOT NULL,
  df INTEGER NOT NULL,
  PRIMARY KEY (model, id)
) WITHOUT ROWID;
