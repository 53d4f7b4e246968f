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

-- How much lies at a node, by who sees it: a row for each visibility, for private memories one for each owner.
-- Sessions and turns are seen like memories of their unit. Kept by triggers, so that a taxonomy reads no memories.
CREATE TABLE IF NOT EXISTS tally (
  namespace INTEGER NOT NULL,
  visibility TEXT NOT NULL,
  owner TEXT NOT NULL,
  memories INTEGER NOT NULL DEFAULT 0,
  sessions INTEGER NOT NULL DEFAULT 0,
  turns INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (namespace, visibility, owner)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS namespace_tree ON namespace (replace(key, '/', char(1)), parent, uid, path, lineage);

CREATE TRIGGER IF NOT EXISTS tally_memory AFTER INSERT ON memory WHEN NEW.state = 'active' BEGIN
  INSERT INTO tally (namespace, visibility, owner, memories)
  VALUES (NEW.namespace, NEW.visibility, CASE NEW.visibility WHEN 'private' THEN NEW.owner ELSE '' END, 1)
  ON CONFLICT (namespace, visibility, owner) DO UPDATE SET memories = memories + 1;
END;
CREATE TRIGGER IF NOT EXISTS tally_memory_gone AFTER DELETE ON memory WHEN OLD.state = 'active' BEGIN
  UPDATE tally SET memories = memories - 1 WHERE namespace = OLD.namespace AND visibility = OLD.visibility
    AND owner = CASE OLD.visibility WHEN 'private' THEN OLD.owner ELSE '' END;
END;
CREATE TRIGGER IF NOT EXISTS tally_memory_changed AFTER UPDATE OF state, namespace, visibility, owner ON memory BEGIN
  UPDATE tally SET memories = memories - 1 WHERE OLD.state = 'active' AND namespace = OLD.namespace AND visibility = OLD.visibility
    AND owner = CASE OLD.visibility WHEN 'private' THEN OLD.owner ELSE '' END;
  INSERT INTO tally (namespace, visibility, owner, memories)
  SELECT NEW.namespace, NEW.visibility, CASE NEW.visibility WHEN 'private' THEN NEW.owner ELSE '' END, 1 WHERE NEW.state = 'active'
  ON CONFLICT (namespace, visibility, owner) DO UPDATE SET memories = memories + 1;
END;
CREATE TRIGGER IF NOT EXISTS tally_session AFTER INSERT ON session BEGIN
  INSERT INTO tally (namespace, visibility, owner, sessions) VALUES (NEW.namespace, 'unit', '', 1)
  ON CONFLICT (namespace, visibility, owner) DO UPDATE SET sessions = sessions + 1;
END;
CREATE TRIGGER IF NOT EXISTS tally_turn AFTER INSERT ON turn WHEN NEW.withdrawn = 0 BEGIN
  UPDATE tally SET turns = turns + 1
  WHERE namespace = (SELECT namespace FROM session WHERE id = NEW.session) AND visibility = 'unit' AND owner = '';
END;
CREATE TRIGGER IF NOT EXISTS tally_turn_gone AFTER DELETE ON turn WHEN OLD.withdrawn = 0 BEGIN
  UPDATE tally SET turns = turns - 1
  WHERE namespace = (SELECT namespace FROM session WHERE id = OLD.session) AND visibility = 'unit' AND owner = '';
END;
CREATE TRIGGER IF NOT EXISTS tally_turn_changed AFTER UPDATE OF withdrawn ON turn WHEN NEW.withdrawn <> OLD.withdrawn BEGIN
  UPDATE tally SET turns = turns + OLD.withdrawn - NEW.withdrawn
  WHERE namespace = (SELECT namespace FROM session WHERE id = NEW.session) AND visibility = 'unit' AND owner = '';
END;
