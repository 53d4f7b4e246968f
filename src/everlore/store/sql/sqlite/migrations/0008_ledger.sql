-- The ledger: one row for each time that remembered text was put before a model or asked for, with what it cost and what the
-- provider counted, and a row for each item that it held. None of them holds a word of what was asked or answered.

-- `client` and `external`, the client's own id of its session, are the conversation that it was told to; `compacted` says that
-- the conversation's context was compacted since, so that it knows nothing of it any more. `repeated` are those of the tokens that
-- the conversation held before and that were sent again as its prefix. `history` is what it would have taken to send the sessions
-- that the items come from, null where that is not known. What the provider counted is null where it told nothing; `input`
-- includes what came from its cache. Rates are millionths of a US dollar for a million tokens, null where the price is not known.
ALTER TABLE ledger ADD COLUMN uid TEXT;
ALTER TABLE ledger ADD COLUMN operation TEXT NOT NULL DEFAULT 'recall';
ALTER TABLE ledger ADD COLUMN client TEXT;
ALTER TABLE ledger ADD COLUMN external TEXT;
ALTER TABLE ledger ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN platform TEXT;
ALTER TABLE ledger ADD COLUMN provider TEXT;
ALTER TABLE ledger ADD COLUMN model TEXT;
ALTER TABLE ledger ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN history INTEGER;
ALTER TABLE ledger ADD COLUMN input INTEGER;
ALTER TABLE ledger ADD COLUMN cached INTEGER;
ALTER TABLE ledger ADD COLUMN cache_written INTEGER;
ALTER TABLE ledger ADD COLUMN output INTEGER;
ALTER TABLE ledger ADD COLUMN outcome TEXT;
ALTER TABLE ledger ADD COLUMN prices TEXT;
ALTER TABLE ledger ADD COLUMN input_rate INTEGER;
ALTER TABLE ledger ADD COLUMN cached_rate INTEGER;
ALTER TABLE ledger ADD COLUMN cache_write_rate INTEGER;
ALTER TABLE ledger ADD COLUMN output_rate INTEGER;

-- `revision` is that of a memory, `why` why it was told, in words of ours, and `used` what shows that it was of use.
CREATE TABLE ledger_item (
  entry INTEGER NOT NULL REFERENCES ledger,
  place INTEGER NOT NULL,
  item TEXT NOT NULL,
  revision INTEGER,
  tokens INTEGER NOT NULL DEFAULT 0,
  role TEXT,
  why TEXT NOT NULL DEFAULT '',
  used TEXT,
  PRIMARY KEY (entry, place)
) WITHOUT ROWID;

INSERT INTO ledger_item (entry, place, item) SELECT l.id, j.key, j.value FROM ledger l, json_each(l.items) j;
INSERT INTO ledger (at, surface, namespace, items, tokens, milliseconds, withheld, operation, client, external)
SELECT max(t.at), 'hooks', NULL, json_group_array(t.item), 0, 0, 0, 'earlier', s.client, s.external
FROM told t JOIN session s ON s.id = t.session WHERE s.client IS NOT NULL GROUP BY t.session;
INSERT INTO ledger_item (entry, place, item) SELECT l.id, j.key, j.value FROM ledger l, json_each(l.items) j WHERE l.operation = 'earlier';
UPDATE ledger SET uid = lower(hex(randomblob(16)));
ALTER TABLE ledger DROP COLUMN items;
DROP TABLE told;

CREATE UNIQUE INDEX ledger_uid ON ledger (uid);
CREATE INDEX ledger_at ON ledger (at);
CREATE INDEX ledger_conversation ON ledger (client, external) WHERE external IS NOT NULL;
CREATE INDEX ledger_item_of ON ledger_item (item);

-- How many tokens the turns of a session have, as far as they were counted.
CREATE TABLE session_tokens (
  session INTEGER PRIMARY KEY REFERENCES session,
  position INTEGER NOT NULL,
  tokens INTEGER NOT NULL
);
