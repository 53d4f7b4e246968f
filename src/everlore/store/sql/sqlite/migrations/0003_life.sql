-- Knowledge that lives: what was believed when, who may see and change what, what waits for a decision, and a tree that moves.

-- What was held true of a revision, over which time in the world, and from when until when the store held it so.
-- It is written whenever that changes, so that "what did we believe then" needs no reading of the journal.
CREATE TABLE belief (
  id INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL REFERENCES revision,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
);
CREATE INDEX belief_revision ON belief (revision, recorded);
INSERT INTO belief (revision, valid_from, valid_until, recorded)
SELECT r.id, coalesce(r.valid_from, r.recorded), r.valid_until, r.recorded FROM revision r JOIN memory m ON m.id = r.memory
WHERE m.state IN ('active', 'superseded') AND r.recorded_until IS NULL;

-- `owner` is who made it, `expires` when it is swept unless used, `ttl` by how many milliseconds a use puts that off (a
-- fixed date has none), `tier_uses` how often it had been used when it came to its tier, `placed` why it is in its layer,
-- `scanned` by which rules it was scanned for orders to its reader, 0 by none.
ALTER TABLE memory ADD COLUMN visibility TEXT NOT NULL DEFAULT 'unit';
ALTER TABLE memory ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE memory ADD COLUMN expires INTEGER;
ALTER TABLE memory ADD COLUMN ttl INTEGER;
ALTER TABLE memory ADD COLUMN tier_uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memory ADD COLUMN placed TEXT;
ALTER TABLE memory ADD COLUMN scanned INTEGER NOT NULL DEFAULT 0;
UPDATE memory SET owner = (SELECT actor FROM revision WHERE memory = memory.id AND number = 1);
-- What a session is told at its start is chosen from this index alone, among all that its project keeps.
CREATE INDEX memory_told ON memory (namespace, state, layer, kind, uid, pinned, expires, visibility, owner);
CREATE INDEX memory_expires ON memory (expires) WHERE expires IS NOT NULL;

-- Tags that a memory had, under their hash: the journal names them by that, so that purging removes them.
CREATE TABLE tagging (
  memory TEXT NOT NULL,
  digest TEXT NOT NULL,
  tags TEXT NOT NULL,
  PRIMARY KEY (memory, digest)
) WITHOUT ROWID;

-- What people and agents said of a memory: helpful, stale or wrong.
CREATE TABLE feedback (
  uid TEXT PRIMARY KEY,
  memory TEXT NOT NULL,
  verdict TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
) WITHOUT ROWID;
CREATE INDEX feedback_memory ON feedback (memory);

-- `key` is the path in lower case, in any script; the uid of a node stays when it is moved.
ALTER TABLE namespace ADD COLUMN key TEXT;
UPDATE namespace SET key = lower(path);
CREATE UNIQUE INDEX namespace_key ON namespace (key);
CREATE INDEX namespace_parent ON namespace (parent);

-- A memory attached to a node under a name; what lies below the node inherits it unless something nearer has the name.
CREATE TABLE standard (
  uid TEXT PRIMARY KEY,
  namespace INTEGER NOT NULL REFERENCES namespace,
  name TEXT NOT NULL COLLATE NOCASE,
  memory TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
) WITHOUT ROWID;
CREATE INDEX standard_namespace ON standard (namespace);

-- An identity under which changes are made: `place` is its node in the tree, outside of which it sees what is shared.
CREATE TABLE agent (
  uid TEXT PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE,
  origin TEXT NOT NULL,
  role TEXT,
  place INTEGER REFERENCES namespace,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
) WITHOUT ROWID;
CREATE INDEX agent_name ON agent (name);

-- One line of policy: whoever `who` names may have `effect` at or below `namespace` (null: everywhere) as `decision` says.
CREATE TABLE rule (
  uid TEXT PRIMARY KEY,
  namespace INTEGER REFERENCES namespace,
  effect TEXT NOT NULL,
  who TEXT NOT NULL,
  decision TEXT NOT NULL,
  approvals INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  recorded_until INTEGER
) WITHOUT ROWID;

-- A change that somebody or something suggests: the operation and its request, with why. `key` tells the same one.
CREATE TABLE proposal (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL,
  namespace INTEGER NOT NULL REFERENCES namespace,
  effect TEXT NOT NULL,
  operation TEXT NOT NULL,
  payload TEXT NOT NULL,
  targets TEXT NOT NULL,
  reason TEXT NOT NULL,
  evidence TEXT NOT NULL,
  confidence REAL NOT NULL,
  origin TEXT NOT NULL,
  actor TEXT NOT NULL,
  state TEXT NOT NULL,
  needed INTEGER NOT NULL,
  approvals TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  changed INTEGER NOT NULL
);
CREATE INDEX proposal_inbox ON proposal (state, namespace, recorded);
CREATE INDEX proposal_key ON proposal (key);

-- `merged` is the uid of the entity that this one was found to be; splitting clears it.
ALTER TABLE entity ADD COLUMN merged TEXT;
CREATE INDEX entity_name ON entity (name COLLATE NOCASE);
CREATE INDEX alias_entity ON alias (entity);
CREATE INDEX entity_merged ON entity (merged) WHERE merged IS NOT NULL;

-- A walk reads the strongest links of a node first and counts all of them; both out of the index alone.
DROP INDEX link_source;
DROP INDEX link_target;
CREATE INDEX link_source ON link (source, weight, uid, kind, valid_from, valid_until, recorded, recorded_until);
CREATE INDEX link_target ON link (target, weight, uid, kind, valid_from, valid_until, recorded, recorded_until);

-- Which text of a memory was read for what it mentions, and which by the curator, and by which rules: a text is read once.
CREATE TABLE mentioned (
  memory INTEGER PRIMARY KEY REFERENCES memory,
  digest BLOB NOT NULL,
  version INTEGER NOT NULL
);
CREATE TABLE curated (
  memory INTEGER PRIMARY KEY REFERENCES memory,
  digest BLOB NOT NULL,
  version INTEGER NOT NULL
);
