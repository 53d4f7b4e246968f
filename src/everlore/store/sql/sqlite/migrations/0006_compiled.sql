-- Which sessions were compiled, of how many turns and by which rules: one that has not changed is not read again.
CREATE TABLE compiled (
  session INTEGER PRIMARY KEY REFERENCES session,
  turns INTEGER NOT NULL,
  version INTEGER NOT NULL
);
-- The page of a session, and the memories learnt from a turn, are found by their source.
CREATE INDEX revision_source ON revision (source) WHERE source IS NOT NULL;
