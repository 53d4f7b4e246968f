-- Where the code of a namespace lies on this machine, as a bootstrap was told; the places of sessions are known beside it.
CREATE TABLE checkout (
  namespace INTEGER NOT NULL REFERENCES namespace,
  root TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (namespace, root)
) WITHOUT ROWID;

-- The memory that stands for what was read of a repository (`origin`) under `key`, and the text as it was written then (`digest`).
CREATE TABLE seed (
  namespace INTEGER NOT NULL REFERENCES namespace,
  origin TEXT NOT NULL,
  key TEXT NOT NULL,
  memory INTEGER NOT NULL REFERENCES memory,
  digest BLOB NOT NULL,
  lasting INTEGER NOT NULL,
  PRIMARY KEY (namespace, origin, key)
) WITHOUT ROWID;
CREATE INDEX seed_memory ON seed (memory);

-- What a memory speaks of: a file under `root`, and in it `spot`, a symbol (`@name`), a line (`:`) or a heading (`#slug`), or
-- all of it (empty). `digest` is the content it was written about, at the commit `made`; `changed` is the commit that changed
-- it since, `moved` where the file is now.
CREATE TABLE anchor (
  memory INTEGER NOT NULL REFERENCES memory,
  root TEXT NOT NULL,
  path TEXT NOT NULL,
  spot TEXT NOT NULL,
  digest BLOB NOT NULL,
  made TEXT,
  state TEXT NOT NULL,
  changed TEXT,
  moved TEXT,
  PRIMARY KEY (memory, root, path, spot)
) WITHOUT ROWID;
CREATE INDEX anchor_state ON anchor (memory, state) WHERE state <> 'fresh';

-- Which text of a memory was looked through for what it speaks of, and by which rules.
CREATE TABLE anchored (
  memory INTEGER PRIMARY KEY REFERENCES memory,
  digest BLOB NOT NULL,
  version INTEGER NOT NULL
);
