-- name: memories_standing
SELECT m.uid, m.kind, r.title, r.text, coalesce(r.valid_from, r.recorded) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active' AND (m.layer = 0 OR (m.layer < 3 AND m.kind IN ('convention', 'preference')))
  AND (r.valid_until IS NULL OR r.valid_until > :now)
ORDER BY m.layer, m.pinned DESC, m.uid DESC LIMIT :limit

-- name: memories_by_kind
SELECT kind, count(*) FROM memory WHERE namespace IN (SELECT value FROM json_each(:nodes)) AND state = 'active' AND layer < 3
GROUP BY kind ORDER BY count(*) DESC, kind

-- name: memories_newest
SELECT m.uid, m.kind, r.title, r.text, coalesce(r.valid_from, r.recorded) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.id IN (SELECT id FROM memory WHERE namespace IN (SELECT value FROM json_each(:nodes)) AND state = 'active' AND layer < 3 ORDER BY uid DESC LIMIT :limit)
ORDER BY m.uid DESC

-- name: turns_of_passages
SELECT DISTINCT t.uid, t.text, t.speaker, t.time FROM json_each(:passages) j JOIN passage p ON p.id = j.value JOIN turn t ON t.id = p.turn
WHERE t.withdrawn = 0
