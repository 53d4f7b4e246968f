-- The vault: which memories have changed since their file was written, and what each file was like when it was last written or read.

CREATE TABLE mirror (
  memory INTEGER PRIMARY KEY REFERENCES memory,
  entry INTEGER NOT NULL
);
INSERT INTO mirror (memory, entry) SELECT id, 0 FROM memory WHERE state IN ('active', 'superseded');
INSERT OR IGNORE INTO job (kind, key, payload, run_at) SELECT 'mirror', '', '{}', 0 FROM mirror LIMIT 1;

-- `size` and `modified` are those of the file, -1 while it has not been written or may have been edited since; `head` is the revision that it shows, `shown`
-- its front matter as it was written, with which edits on both sides are compared.
CREATE TABLE page_file (
  memory TEXT PRIMARY KEY,
  path TEXT NOT NULL UNIQUE COLLATE NOCASE,
  size INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  digest BLOB NOT NULL,
  head INTEGER NOT NULL,
  shown TEXT NOT NULL
) WITHOUT ROWID;

-- Files that could not be taken in, as they were then, and why.
CREATE TABLE page_problem (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  problem TEXT NOT NULL
) WITHOUT ROWID;
