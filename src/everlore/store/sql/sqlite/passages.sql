-- name: passage_insert
INSERT INTO passage (id, namespace, turn, revision, start, length) VALUES (:id, :namespace, :turn, :revision, :start, :length)

-- name: passage_next_id
SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'passage'

-- name: passages_of_turn
SELECT id, start, length FROM passage WHERE turn = :turn ORDER BY start

-- name: passages_of_revision
SELECT id, start, length, namespace FROM passage WHERE revision = :revision ORDER BY start

-- name: passages_of_session
SELECT p.id, p.turn, p.start, p.length FROM turn t JOIN passage p ON p.turn = t.id WHERE t.session = :session ORDER BY t.position, p.start

-- name: passages_drop_strays
DELETE FROM passage WHERE NOT (turn IS NOT NULL AND turn IN (SELECT id FROM turn)) AND NOT (revision IS NOT NULL AND revision IN (SELECT id FROM revision))

-- name: passage_delete
DELETE FROM passage WHERE id = :id

-- name: words_insert
INSERT INTO words (rowid, scope, marks, text, speaker, date) VALUES (:id, :scope, :marks, :text, :speaker, :date)

-- name: words_replace
INSERT OR REPLACE INTO words (rowid, scope, marks, text, speaker, date) VALUES (:id, :scope, :marks, :text, :speaker, :date)

-- name: words_delete
DELETE FROM words WHERE rowid = :id

-- name: term_add
INSERT INTO term (term, df) VALUES (:term, :df) ON CONFLICT (term) DO UPDATE SET df = df + excluded.df

-- name: term_drop
DELETE FROM term WHERE term = :term AND df <= 0

-- name: term_frequencies
SELECT term, df FROM term WHERE term IN (SELECT value FROM json_each(:terms))

-- name: terms_begun
SELECT term FROM term WHERE term >= :low AND term < :high ORDER BY df DESC, term LIMIT :limit

-- name: passage_count
SELECT count(*) FROM passage

-- name: passage_high
SELECT coalesce(max(id), 0) FROM passage

-- name: derived_clear_terms
DELETE FROM term

-- name: derived_clear_words
INSERT INTO words (words) VALUES ('delete-all')

-- name: words_check
INSERT INTO words (words, rank) VALUES ('integrity-check', 0)

-- name: words_ids
SELECT rowid FROM words ORDER BY rowid

-- name: words_counted
CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab(main, words, col)

-- name: words_in
SELECT term, doc FROM temp.word WHERE col = :column

-- name: terms_all
SELECT term, df FROM term ORDER BY term

-- name: passages_all
SELECT p.id, p.turn, p.revision, p.start, p.length FROM passage p ORDER BY p.id

-- name: search
SELECT rowid, -bm25(words, 0.0, 0.0, :text, :speaker, :date) AS score
FROM words WHERE words MATCH :match ORDER BY score DESC LIMIT :limit

-- name: match_newest
SELECT rowid FROM words WHERE words MATCH :match ORDER BY rowid DESC LIMIT :limit

-- name: passage_sources
SELECT p.id, p.start, p.length, t.uid, t.session, t.position, t.speaker, t.role, t.time, substr(t.text, p.start + 1, p.length), t.caption,
  length(t.text), m.uid, m.kind, m.importance, m.uses, m.last_used, r.number, r.title, substr(r.text, p.start + 1, p.length), length(r.text),
  r.valid_from, r.valid_until, r.recorded, r.recorded_until, m.state = 'active' AND m.head = r.number, p.namespace, r.id, CASE WHEN m.pinned = 0 THEN m.expires END, m.layer, m.visibility, m.owner, t.recorded, m.scanned, m.state, m.head = r.number
FROM json_each(:ids) i JOIN passage p ON p.id = i.value
LEFT JOIN turn t ON t.id = p.turn LEFT JOIN revision r ON r.id = p.revision LEFT JOIN memory m ON m.id = r.memory

-- name: passages_at
SELECT p.id FROM json_each(:places) i JOIN turn t ON t.session = i.value ->> 0 AND t.position = i.value ->> 1 AND t.withdrawn = 0
JOIN passage p ON p.turn = t.id

-- name: heads_of_passages
SELECT DISTINCT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses,
  m.last_used, m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed, r.id, r.memory, r.number, r.title, r.text, r.digest, r.valid_from, r.valid_until, r.recorded, r.recorded_until, r.actor, r.source
FROM json_each(:ids) i CROSS JOIN passage p ON p.id = i.value CROSS JOIN revision r ON r.id = p.revision
CROSS JOIN memory m ON m.id = r.memory AND m.head = r.number
WHERE m.namespace = :namespace AND m.state = 'active'

-- name: passage_texts
SELECT p.id, coalesce(t.speaker, ''), coalesce(substr(t.text, p.start + 1, p.length), substr(r.text, p.start + 1, p.length)), t.caption, r.title
FROM passage p LEFT JOIN turn t ON t.id = p.turn LEFT JOIN revision r ON r.id = p.revision
WHERE p.id IN (SELECT value FROM json_each(:ids)) ORDER BY p.id

-- name: passage_namespaces
SELECT id, namespace FROM passage WHERE id > :after ORDER BY id

-- name: passages_present
SELECT id FROM passage WHERE id IN (SELECT value FROM json_each(:ids))
