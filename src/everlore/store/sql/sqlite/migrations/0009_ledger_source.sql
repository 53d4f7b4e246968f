-- Which sessions the history of a ledger row was measured from, and how many tokens each had then: a session counts once in the
-- conversation that was told, however often it is told of it.
CREATE TABLE ledger_source (
  entry INTEGER NOT NULL REFERENCES ledger,
  session INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (entry, session)
) WITHOUT ROWID;
