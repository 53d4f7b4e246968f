-- name: ledger_insert
INSERT OR IGNORE INTO ledger (uid, at, surface, operation, namespace, client, external, platform, provider, model, tokens, repeated, milliseconds,
  withheld, input, cached, cache_written, output, outcome, prices, input_rate, cached_rate, cache_write_rate, output_rate)
VALUES (:uid, :at, :surface, :operation, :namespace, :client, :external, :platform, :provider, :model, :tokens, :repeated, :milliseconds,
  :withheld, :input, :cached, :cache_written, :output, :outcome, :prices, :input_rate, :cached_rate, :cache_write_rate, :output_rate)

-- name: ledger_item_insert
INSERT INTO ledger_item (entry, place, item, revision, tokens, role, why) VALUES (:entry, :place, :item, :revision, :tokens, :role, :why)

-- name: ledger_waited
SELECT milliseconds FROM ledger WHERE surface = :surface ORDER BY id LIMIT :limit OFFSET :skip

-- name: ledger_items_prune
-- From the oldest entry that has items, so that nothing is looked at where nothing is old.
DELETE FROM ledger_item WHERE entry IN (
  SELECT l.id FROM ledger l WHERE l.id >= (SELECT entry FROM ledger_item ORDER BY entry LIMIT 1) AND l.at < :before ORDER BY l.id LIMIT :limit)

-- name: told_to
SELECT i.item, max(i.revision) FROM ledger l JOIN ledger_item i ON i.entry = l.id
WHERE l.client = :client AND l.external = :external AND l.compacted = 0 GROUP BY i.item

-- name: told_compacted
UPDATE ledger SET compacted = 1 WHERE client = :client AND external = :external

-- name: told_forget
UPDATE ledger SET client = NULL, external = NULL WHERE (client, external) = (SELECT client, external FROM session WHERE id = :session)

-- name: conversation_of
SELECT client, external FROM session WHERE id = :session

-- name: sources_of
-- The sessions in which items were said: turns, and the turns that revisions of memories were learnt from.
SELECT t.uid, NULL, t.session, s.client, s.external FROM json_each(:items) i JOIN turn t ON t.uid = i.value JOIN session s ON s.id = t.session
UNION ALL
SELECT m.uid, r.number, t.session, s.client, s.external FROM json_each(:items) i JOIN memory m ON m.uid = i.value JOIN revision r ON r.memory = m.id
JOIN turn t ON t.uid = r.source JOIN session s ON s.id = t.session ORDER BY 1, 2

-- name: session_tokens
SELECT position, tokens FROM session_tokens WHERE session = :session

-- name: session_said_since
SELECT position, text, caption FROM turn WHERE session = :session AND position > :position AND withdrawn = 0 ORDER BY position

-- name: session_tokens_put
INSERT INTO session_tokens (session, position, tokens) VALUES (:session, :position, :tokens)
ON CONFLICT (session) DO UPDATE SET position = excluded.position, tokens = excluded.tokens WHERE excluded.position > position

-- name: session_tokens_forget
DELETE FROM session_tokens WHERE session = :session

-- name: sources_counted
SELECT o.session FROM ledger l JOIN ledger_source o ON o.entry = l.id WHERE l.client = :client AND l.external = :external

-- name: ledger_source_insert
INSERT INTO ledger_source (entry, session, tokens) VALUES (:entry, :session, :tokens)

-- name: ledger_set_history
UPDATE ledger SET history = :history WHERE id = :entry

-- name: ledger_by_uid
SELECT id, client, external, provider, model, platform, namespace FROM ledger WHERE uid = :uid

-- name: ledger_usage
UPDATE ledger SET provider = coalesce(:provider, provider), model = coalesce(:model, model), platform = coalesce(:platform, platform),
  input = coalesce(:input, input), cached = coalesce(:cached, cached), cache_written = coalesce(:cache_written, cache_written),
  output = coalesce(:output, output), outcome = coalesce(outcome, :outcome), prices = coalesce(:prices, prices),
  input_rate = CASE WHEN :prices IS NULL THEN input_rate ELSE :input_rate END, cached_rate = CASE WHEN :prices IS NULL THEN cached_rate ELSE :cached_rate END,
  cache_write_rate = CASE WHEN :prices IS NULL THEN cache_write_rate ELSE :cache_write_rate END,
  output_rate = CASE WHEN :prices IS NULL THEN output_rate ELSE :output_rate END
WHERE uid = :uid

-- name: told_unused
-- What the newest answers of a conversation held and nobody is known to have used: entry, place, item, revision, and its text's beginning.
SELECT e.id, i.place, i.item, i.revision, coalesce(
  (SELECT substr(r.text, 1, 4000) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = coalesce(i.revision, m.head) WHERE m.uid = i.item),
  (SELECT substr(t.text, 1, 4000) FROM turn t WHERE t.uid = i.item), '')
FROM (SELECT id FROM ledger WHERE client = :client AND external = :external AND withheld = 0 AND at <= :at ORDER BY id DESC LIMIT :limit) e
JOIN ledger_item i ON i.entry = e.id WHERE i.used IS NULL OR i.used = 'echoed'

-- name: said_by_user
SELECT text FROM turn t JOIN session s ON s.id = t.session WHERE s.client = :client AND s.external = :external AND t.role = 'user' AND t.withdrawn = 0
ORDER BY t.position DESC LIMIT :limit

-- name: ledger_item_used
UPDATE ledger_item SET used = :used WHERE entry = :entry AND place = :place

-- name: ledger_item_feedback
UPDATE ledger_item SET used = 'feedback' WHERE used IS NULL AND item = :item
  AND entry = (SELECT max(entry) FROM ledger_item WHERE item = :item)

-- name: ledger_sums
-- Sums of rows by what told it, by provider with model and by namespace, or where `by` is day or week by that alone; `paths` is a JSON list of
-- namespaces, null for all. Of rows of tools only the tokens count. Money is in units of a millionth of a millionth of a US dollar: a conversation's
-- history at the cached rate, what was told at the full one. Last come the items: all, those of conversations of which an answer is kept, and
-- those that were used, by how that shows.
SELECT told_by, asked, place, count(*) FILTER (WHERE tool = 0), count(*) FILTER (WHERE tool = 0 AND withheld), coalesce(sum(tokens) FILTER (WHERE tool = 0), 0),
  coalesce(sum(repeated) FILTER (WHERE tool = 0), 0), sum(history) FILTER (WHERE tool = 0),
  count(*) FILTER (WHERE tool = 0 AND NOT withheld AND history IS NULL), coalesce(sum(tokens) FILTER (WHERE tool = 1), 0),
  count(*) FILTER (WHERE tool = 0 AND tokens > 0 AND input_rate IS NOT NULL), count(*) FILTER (WHERE tokens > 0 AND input_rate IS NULL),
  coalesce(sum(tokens) FILTER (WHERE input_rate IS NULL), 0),
  sum(history * coalesce(cached_rate, input_rate)) FILTER (WHERE tool = 0),
  sum((tokens - repeated) * max(input_rate, coalesce(cache_write_rate, 0))) FILTER (WHERE tool = 0), count(input), sum(input), sum(cached), sum(cache_written),
  sum(output), sum(items), sum(CASE WHEN heard THEN items ELSE cited + echoed + feedback END), sum(cited), sum(echoed), sum(feedback)
FROM (SELECT l.*, operation = 'tools' AS tool, EXISTS (SELECT 1 FROM session s WHERE s.client = l.client AND s.external = l.external
    AND EXISTS (SELECT 1 FROM turn t WHERE t.session = s.id AND t.role = 'assistant' AND t.withdrawn = 0)) AS heard,
  CASE :by WHEN 'day' THEN date(at / 1000, 'unixepoch') WHEN 'week' THEN date(at / 1000, 'unixepoch', '-6 days', 'weekday 1')
  ELSE surface || ' ' || operation END AS told_by,
  CASE WHEN :by <> '' OR (model IS NULL AND provider IS NULL) THEN NULL ELSE coalesce(provider, '?') || ' ' || coalesce(model, '?') END AS asked,
  CASE :by WHEN '' THEN namespace END AS place
  FROM ledger l
  WHERE at >= :since AND at < :until AND (:provider IS NULL OR provider = :provider)
  AND NOT (surface = 'cli' AND l.external IS NULL AND provider IS NULL AND operation <> 'context')
  AND (:paths IS NULL OR namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths))))
GROUP BY told_by, asked, place

-- name: ledger_looked
-- What a person read at a terminal: it was put before no model.
SELECT count(*), coalesce(sum(tokens), 0) FROM ledger WHERE at >= :since AND at < :until AND (:provider IS NULL OR provider = :provider)
  AND surface = 'cli' AND external IS NULL AND provider IS NULL AND operation <> 'context'
  AND (:paths IS NULL OR namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths)))

-- name: ledger_latency
SELECT milliseconds FROM ledger WHERE at >= :since AND at < :until AND operation NOT IN ('tools', 'earlier')
  AND (:provider IS NULL OR provider = :provider) AND (:paths IS NULL OR namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths)))
ORDER BY milliseconds

-- name: ledger_prices
SELECT DISTINCT prices FROM ledger WHERE at >= :since AND at < :until AND prices IS NOT NULL
  AND (:paths IS NULL OR namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths))) ORDER BY 1

-- name: ledger_page
SELECT id, uid, at, surface, operation, namespace, client, external, platform, provider, model, tokens, repeated, history, milliseconds, withheld,
  input, cached, cache_written, output, outcome, prices, input_rate, cached_rate, cache_write_rate, output_rate
FROM ledger WHERE at >= :since AND at < :until AND (:before IS NULL OR id < (SELECT id FROM ledger WHERE uid = :before))
  AND (:provider IS NULL OR provider = :provider) AND (:paths IS NULL OR namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths)))
ORDER BY id DESC LIMIT :limit

-- name: ledger_items_of
SELECT item, revision, tokens, role, why, used FROM ledger_item WHERE entry = :entry ORDER BY place

-- name: ledger_of_item
SELECT l.uid, l.at, l.surface, l.operation, l.namespace, l.client, l.external, i.revision, i.tokens, i.role, i.why, i.used
FROM ledger_item i JOIN ledger l ON l.id = i.entry WHERE i.item = :item
  AND (:paths IS NULL OR l.namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths))) ORDER BY l.id DESC

-- name: ingestion
-- What models were asked for memory, by purpose; what a person asks them is no cost of memory. Requests, tokens in, out and from the cache, money, and requests of unknown price.
SELECT purpose, count(*), coalesce(sum(sent), 0), coalesce(sum(received), 0), coalesce(sum(cached), 0), coalesce(sum(money), 0), count(*) - count(money)
FROM model_call WHERE at >= :since AND at < :until AND purpose <> 'ask' AND (:provider IS NULL OR provider = :provider) GROUP BY purpose ORDER BY purpose

-- name: ingestion_by
SELECT CASE :by WHEN 'day' THEN date(at / 1000, 'unixepoch') WHEN 'week' THEN date(at / 1000, 'unixepoch', '-6 days', 'weekday 1')
  WHEN 'model' THEN provider || ' ' || model ELSE provider END AS k, coalesce(sum(sent + received), 0), coalesce(sum(money), 0), count(*) - count(money)
FROM model_call WHERE at >= :since AND at < :until AND purpose <> 'ask' AND (:provider IS NULL OR provider = :provider) GROUP BY k
