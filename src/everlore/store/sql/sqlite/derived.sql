-- What can be made again from the truth: passages, their full-text rows and the frequency of each term.
-- `scope` holds one token for each namespace of the lineage (n<row>) and one for the kind (k<kind>), so that filters are
-- part of the match and never come after it; `marks` says what the wording of a passage shows it to be. Rows of revisions that are no longer the head carry the token `old`.

-- No passage id is given twice: vectors in memory-mapped segments and other processes' caches know a passage by it.
CREATE TABLE IF NOT EXISTS passage (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace INTEGER NOT NULL,
  turn INTEGER,
  revision INTEGER,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS passage_turn ON passage (turn) WHERE turn IS NOT NULL;
CREATE INDEX IF NOT EXISTS passage_revision ON passage (revision) WHERE revision IS NOT NULL;

CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
  scope, marks, text, speaker, date,
  content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE IF NOT EXISTS term (
  term TEXT PRIMARY KEY,
  df INTEGER NOT NULL
) WITHOUT ROWID;
