-- What agents do as they do it: where a session runs, what was told of it twice, what one session leaves to the next, and
-- how far the files of other programs have been read.

ALTER TABLE session ADD COLUMN client TEXT;
ALTER TABLE session ADD COLUMN parent INTEGER REFERENCES session;
ALTER TABLE session ADD COLUMN cwd TEXT;
ALTER TABLE session ADD COLUMN branch TEXT;
ALTER TABLE session ADD COLUMN transcript TEXT;
ALTER TABLE session ADD COLUMN closed INTEGER;
CREATE INDEX session_client ON session (client, external) WHERE client IS NOT NULL;

-- `event` is what the client called it in our words, `detail` a JSON object of tool, command, paths and the like,
-- `digest` tells whether two channels said the same, `channel` is the one that said it first.
ALTER TABLE turn ADD COLUMN event TEXT;
ALTER TABLE turn ADD COLUMN detail TEXT;
ALTER TABLE turn ADD COLUMN channel TEXT;
ALTER TABLE turn ADD COLUMN digest BLOB;
CREATE INDEX turn_said ON turn (session, digest) WHERE digest IS NOT NULL;

-- Another name under which a turn arrived: the uid that it would have had.
CREATE TABLE sighting (
  uid TEXT PRIMARY KEY,
  turn INTEGER NOT NULL REFERENCES turn
) WITHOUT ROWID;
CREATE INDEX sighting_turn ON sighting (turn);

-- What happened to a session beside what was said: it started, was compacted, ended, or something we have no word for.
CREATE TABLE happening (
  uid TEXT PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES session,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  detail TEXT
) WITHOUT ROWID;
CREATE INDEX happening_session ON happening (session, at);

-- The directory that a namespace is worked on in; `identity` tells two checkouts of one repository from two namesakes.
CREATE TABLE place (
  root TEXT PRIMARY KEY,
  namespace INTEGER NOT NULL REFERENCES namespace,
  identity TEXT,
  recorded INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX place_namespace ON place (namespace);

CREATE TABLE handoff (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  namespace INTEGER NOT NULL REFERENCES namespace,
  session INTEGER REFERENCES session,
  client TEXT,
  recipient TEXT,
  occasion TEXT NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  claimed_by INTEGER REFERENCES session
);
CREATE INDEX handoff_open ON handoff (namespace, state, recorded);
CREATE INDEX handoff_session ON handoff (session);

-- What a session has been told, so that nothing is said twice in it.
CREATE TABLE told (
  session INTEGER NOT NULL REFERENCES session,
  item TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (session, item)
) WITHOUT ROWID;

-- A file of another program, read up to `position`; `mark` tells whether it is still the same file, `state` is what its
-- reader needs to go on.
CREATE TABLE transcript (
  path TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  modified INTEGER NOT NULL DEFAULT 0,
  mark TEXT,
  state TEXT,
  turns INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  dead INTEGER NOT NULL DEFAULT 0,
  recorded INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX transcript_failed ON transcript (next_try) WHERE attempts > 0;
