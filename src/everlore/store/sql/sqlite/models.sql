-- name: model_call_open
INSERT INTO model_call (at, run, provider, model, purpose, outcome, sent, received, money, prices)
VALUES (:at, :run, :provider, :model, :purpose, 'open', :sent, :received, :money, :prices)

-- name: model_call_close
UPDATE model_call SET outcome = :outcome, milliseconds = :now - at WHERE id = :id

-- name: model_call_used
UPDATE model_call SET sent = :sent, received = :received, cached = :cached, money = :money WHERE id = :id

-- name: model_spent
-- Requests, tokens both ways, money, and those of unknown price: of a run, or since a moment.
SELECT count(*), coalesce(sum(sent + received), 0), coalesce(sum(money), 0), count(*) - count(money), coalesce(sum(sent), 0), coalesce(sum(received), 0)
FROM model_call WHERE at >= :since AND (:run IS NULL OR run = :run)

-- name: model_last
SELECT outcome, at, purpose FROM model_call WHERE outcome <> 'open' ORDER BY id DESC LIMIT 1

-- name: model_breaker
SELECT failures, until, probing, outcome FROM model_breaker WHERE endpoint = :endpoint

-- name: model_breaker_set
INSERT OR REPLACE INTO model_breaker (endpoint, failures, until, probing, outcome) VALUES (:endpoint, :failures, :until, :probing, :outcome)

-- name: model_breaker_close
DELETE FROM model_breaker WHERE endpoint = :endpoint

-- name: model_read
SELECT digest, position, attempts, outcome FROM model_read WHERE purpose = :purpose AND item = :item

-- name: model_read_put
INSERT OR REPLACE INTO model_read (purpose, item, digest, position, attempts, outcome, at)
VALUES (:purpose, :item, :digest, :position, :attempts, :outcome, :at)

-- name: model_given_up
SELECT purpose, outcome, count(*) FROM model_read WHERE attempts >= :most GROUP BY purpose, outcome

-- name: model_refusal_put
INSERT INTO model_refusal (purpose, item, reason, at) VALUES (:purpose, :item, :reason, :at)

-- name: model_refusals
SELECT purpose, item, reason, at FROM model_refusal ORDER BY id DESC LIMIT :limit

-- name: tags_shared
SELECT lower(t.value), count(*) FROM memory m JOIN namespace n ON n.id = m.namespace, json_each(m.tags) t
WHERE m.state = 'active' AND m.visibility <> 'private' AND (' ' || n.lineage || ' ') LIKE :scope GROUP BY 1

-- name: sessions_unread
-- Sessions with turns that were not read for lessons, and that have been quiet; the one named need not be.
SELECT s.id, s.uid, s.namespace, coalesce(r.position, -1), coalesce(r.attempts, 0), r.digest FROM session s JOIN namespace n ON n.id = s.namespace
LEFT JOIN model_read r ON r.purpose = 'lessons' AND r.item = s.uid
WHERE s.id > :after AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND (:session IS NULL OR s.uid = :session OR s.external = :session)
  AND EXISTS (SELECT 1 FROM turn t WHERE t.session = s.id AND t.withdrawn = 0 AND t.position > coalesce(r.position, -1))
  AND (:session IS NOT NULL OR s.closed IS NOT NULL OR (SELECT max(t.recorded) FROM turn t WHERE t.session = s.id) < :quiet)
ORDER BY s.id LIMIT :limit

-- name: pages_with_sources
-- Pages, with a text that is the same as long as all that they cite is.
SELECT id, uid, group_concat(spelled, ' ') FROM (
  SELECT m.id, m.uid, s.uid || hex(r.digest) AS spelled FROM memory m JOIN namespace n ON n.id = m.namespace
  JOIN link l ON l.source = m.uid AND l.kind = 'derived_from' AND l.recorded_until IS NULL
  JOIN memory s ON s.uid = l.target AND s.state = 'active' AND s.visibility <> 'private' JOIN revision r ON r.memory = s.id AND r.number = s.head
  WHERE m.id > :after AND m.kind = 'page' AND m.state = 'active' AND m.visibility <> 'private' AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  ORDER BY m.id, s.uid
) GROUP BY id ORDER BY id LIMIT :limit

-- name: memories_unread
-- Memories whose text was not read for a use; of those that failed too often with this very text none.
SELECT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses, m.last_used,
  m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed
FROM memory m JOIN namespace n ON n.id = m.namespace JOIN revision h ON h.memory = m.id AND h.number = m.head
LEFT JOIN model_read r ON r.purpose = :purpose AND r.item = m.uid
WHERE m.id > :after AND m.state = 'active' AND m.kind NOT IN ('page', 'question') AND m.visibility <> 'private'
  AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (r.item IS NULL OR r.digest <> h.digest OR (r.outcome <> 'done' AND r.attempts < :most))
ORDER BY m.id LIMIT :limit
