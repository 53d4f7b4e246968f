-- name: memories_standing
-- The first are chosen from the index alone, with some to spare for those whose head is true no more.
SELECT m.uid, m.kind, r.title, r.text, coalesce(r.valid_from, r.recorded), m.scanned, r.valid_from, r.valid_until, m.layer FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.id IN (SELECT m.id FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active'
    AND (m.layer = 0 OR (m.layer < 3 AND m.kind IN ('convention', 'preference'))) AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now)
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  ORDER BY m.layer, m.pinned DESC, m.uid DESC LIMIT 16 * :limit)
  AND (r.valid_until IS NULL OR r.valid_until > :now)
ORDER BY m.layer, m.pinned DESC, m.uid DESC LIMIT :limit

-- name: memories_by_kind
SELECT m.kind, count(*) FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active' AND m.layer < 3
  AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now) AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
GROUP BY m.kind ORDER BY count(*) DESC, m.kind

-- name: memories_newest
SELECT m.uid, m.kind, r.title, r.text, coalesce(r.valid_from, r.recorded), m.scanned, r.valid_from, r.valid_until FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.id IN (SELECT m.id FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active' AND m.layer < 3
  AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now) AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  ORDER BY m.uid DESC LIMIT :limit)
ORDER BY m.uid DESC

-- name: turns_of_passages
SELECT DISTINCT t.uid, t.text, t.speaker, t.time, t.role FROM json_each(:passages) j JOIN passage p ON p.id = j.value JOIN turn t ON t.id = p.turn
WHERE t.withdrawn = 0

-- name: turns_around
-- Lines that people and agents said near some turns, given by session and position; longer ones are left out.
SELECT DISTINCT t.session, t.position, t.uid, t.speaker, t.role, CASE WHEN t.caption IS NULL THEN t.text ELSE t.text || char(10) || t.caption END
FROM json_each(:places) i JOIN turn t ON t.session = i.value ->> 0 AND t.position BETWEEN (i.value ->> 1) - :reach AND (i.value ->> 1) + :reach
WHERE t.withdrawn = 0 AND (t.role IS NULL OR t.role <> 'tool') AND length(t.text) BETWEEN 1 AND :longest

-- name: prompts_last
SELECT text FROM turn WHERE session = :session AND role = 'user' AND withdrawn = 0 ORDER BY position DESC LIMIT :limit

-- name: memory_told
SELECT m.uid, m.kind, r.title, r.text, coalesce(r.valid_from, r.recorded), m.scanned, r.valid_from, r.valid_until, r.number
FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.uid = :uid AND m.state = 'active' AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now) AND (r.valid_until IS NULL OR r.valid_until > :now)
