-- name: slice_standing
-- Chosen from the index alone: layer 0, then rules, preferences and goals; the newest where there are too many.
SELECT m.uid FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active'
  AND (m.layer = 0 OR (m.layer IN (1, 2) AND m.kind IN ('convention', 'goal', 'preference')))
  AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now)
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY m.layer, m.pinned DESC, m.uid DESC LIMIT :limit

-- name: slice_stood
-- The same at another moment: what was held true then.
SELECT m.uid FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state NOT IN ('held', 'withdrawn', 'purged')
  AND (m.layer = 0 OR (m.layer IN (1, 2) AND m.kind IN ('convention', 'goal', 'preference')))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  AND EXISTS (SELECT 1 FROM revision r JOIN belief b ON b.revision = r.id WHERE r.memory = m.id AND b.recorded_until IS NULL
    AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at))
ORDER BY m.layer, m.pinned DESC, m.uid DESC LIMIT :limit

-- name: slice_latest
SELECT m.uid, s.branch, s.namespace FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head LEFT JOIN turn t ON t.uid = r.source LEFT JOIN session s ON s.id = t.session
WHERE m.id IN (SELECT m.id FROM memory m WHERE m.namespace IN (SELECT value FROM json_each(:nodes)) AND m.state = 'active' AND m.layer IN (1, 2)
    AND m.kind = :kind AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now)
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  ORDER BY m.uid DESC LIMIT :limit)
ORDER BY m.uid DESC

-- name: slice_files
SELECT m.uid, a.root, a.path, a.moved FROM (
  SELECT memory, root, path, moved FROM anchor WHERE path IN (SELECT value FROM json_each(:paths))
  UNION SELECT memory, root, path, moved FROM anchor WHERE moved IN (SELECT value FROM json_each(:paths))) a
JOIN memory m ON m.id = a.memory WHERE m.state = 'active' AND m.layer < 3 AND m.namespace IN (SELECT value FROM json_each(:nodes))
  AND (m.pinned = 1 OR m.expires IS NULL OR m.expires > :now)
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY m.uid DESC LIMIT :limit

-- name: slice_items
SELECT m.uid, m.head, m.kind, m.layer, m.state, n.path, r.title, r.text, coalesce(r.valid_from, r.recorded), r.valid_from, r.valid_until, m.scanned,
  m.pinned, m.expires, m.id
FROM json_each(:uids) j JOIN memory m ON m.uid = j.value JOIN namespace n ON n.id = m.namespace JOIN revision r ON r.memory = m.id AND r.number = m.head
ORDER BY j.key

-- name: slice_contradicted
-- The active memories that contradict some others, by the link in either direction.
SELECT j.value, m.uid FROM json_each(:uids) j JOIN link l ON l.source = j.value AND l.kind = 'contradicts' JOIN memory m ON m.uid = l.target
WHERE l.recorded_until IS NULL AND (l.valid_until IS NULL OR l.valid_until > :now) AND m.state = 'active'
UNION SELECT j.value, m.uid FROM json_each(:uids) j JOIN link l ON l.target = j.value AND l.kind = 'contradicts' JOIN memory m ON m.uid = l.source
WHERE l.recorded_until IS NULL AND (l.valid_until IS NULL OR l.valid_until > :now) AND m.state = 'active'
ORDER BY 1, 2

-- name: slice_replaced
SELECT l.target, l.source, l.recorded FROM link l JOIN memory m ON m.uid = l.source
WHERE l.target IN (SELECT value FROM json_each(:uids)) AND l.kind = 'supersedes' AND l.recorded_until IS NULL AND m.state = 'active' ORDER BY l.recorded

-- name: handoff_body
SELECT body FROM handoff WHERE uid = :uid

-- name: session_last_of
-- When a client last said anything in a project and what is below it, in another session than the one that asks.
SELECT max(coalesce(s.ended, s.recorded)) FROM session s
WHERE s.client = :client AND s.external IS NOT :external AND s.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)

-- name: sessions_since
SELECT count(*), coalesce(sum((SELECT count(*) FROM turn t WHERE t.session = s.id AND t.withdrawn = 0)), 0) FROM session s
WHERE coalesce(s.ended, s.recorded) >= :since AND s.parent IS NULL
  AND s.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)
  AND (:seen IS NULL OR ('unit' || s.namespace) IN (SELECT value FROM json_each(:seen)))

-- name: memories_ended_since
-- What was active and is no more, when it ended, and by which memory it was superseded, where one was.
SELECT e.uid, e.kind, e.state, e.title, e.text, e.ended, e.path, e.by, e.scanned FROM (
  SELECT m.uid, m.kind, m.state, r.title, r.text, n.path, m.scanned, l.source AS by, max(coalesce(l.recorded, r.recorded_until, 0)) AS ended
  FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head JOIN namespace n ON n.id = m.namespace
  LEFT JOIN link l ON l.target = m.uid AND l.kind = 'supersedes' AND l.recorded_until IS NULL
  WHERE m.state IN ('superseded', 'archived') AND m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  GROUP BY m.id) e
WHERE e.ended >= :since ORDER BY e.ended DESC, e.uid DESC LIMIT :limit

-- name: memories_written_since
SELECT m.uid, m.kind, r.number, r.title, r.text, r.recorded, n.path, m.scanned, r.number = 1, m.layer FROM memory m
JOIN revision r ON r.memory = m.id AND r.number = m.head JOIN namespace n ON n.id = m.namespace
WHERE m.state = 'active' AND m.layer < 3 AND m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)
  AND r.recorded >= :since AND (r.valid_until IS NULL OR r.valid_until > :now)
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY r.recorded DESC, m.uid DESC LIMIT :limit

-- name: memories_written_count
SELECT m.kind, count(*), sum(r.number = 1) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.state = 'active' AND m.layer < 3 AND m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope) AND r.recorded >= :since
  AND (r.valid_until IS NULL OR r.valid_until > :now) AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
GROUP BY m.kind ORDER BY count(*) DESC, m.kind

-- name: page_tagged
SELECT m.uid FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE r.source = :source AND m.kind = 'page' AND m.state = 'active' AND m.namespace = :namespace ORDER BY m.id LIMIT 1
