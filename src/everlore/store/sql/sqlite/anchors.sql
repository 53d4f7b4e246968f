-- name: checkout_put
INSERT INTO checkout (namespace, root, recorded) VALUES (:namespace, :root, :recorded) ON CONFLICT DO NOTHING

-- name: checkouts
-- The one that was told last comes first, and before what sessions were seen in.
SELECT namespace, root, 1 AS told, recorded FROM checkout UNION ALL SELECT namespace, root, 0, recorded FROM place ORDER BY 3 DESC, 4 DESC, 2

-- name: checkout_any
SELECT 1 WHERE EXISTS (SELECT 1 FROM checkout) OR EXISTS (SELECT 1 FROM place)

-- name: seed_put
INSERT INTO seed (namespace, origin, key, memory, digest, lasting) VALUES (:namespace, :origin, :key, :memory, :digest, :lasting)
ON CONFLICT (namespace, origin, key) DO UPDATE SET memory = excluded.memory, digest = excluded.digest, lasting = excluded.lasting

-- name: seed_drop
DELETE FROM seed WHERE namespace = :namespace AND origin = :origin AND key = :key

-- name: seeded_before
SELECT m.uid FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.namespace = :namespace AND m.state = 'active' AND m.kind = :kind AND r.title = :title
  AND EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = 'bootstrap') AND NOT EXISTS (SELECT 1 FROM seed s WHERE s.memory = m.id) LIMIT 1

-- name: seeds_of
SELECT s.key, m.uid, m.state, r.digest, s.digest, s.lasting FROM seed s JOIN memory m ON m.id = s.memory
JOIN revision r ON r.memory = m.id AND r.number = m.head WHERE s.namespace = :namespace AND s.origin = :origin

-- name: memories_unanchored
SELECT m.id, m.namespace, r.title, r.text, r.digest FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
LEFT JOIN anchored a ON a.memory = m.id
WHERE m.state IN ('active', 'held') AND m.namespace IN (SELECT value FROM json_each(:nodes))
  AND (a.memory IS NULL OR a.digest <> r.digest OR a.version <> :version)
ORDER BY m.id LIMIT :limit

-- name: anchored_put
INSERT OR REPLACE INTO anchored (memory, digest, version) VALUES (:memory, :digest, :version)

-- name: anchored_drop
DELETE FROM anchored WHERE memory = :memory

-- name: anchors_drop
DELETE FROM anchor WHERE memory = :memory

-- name: anchor_put
INSERT OR REPLACE INTO anchor (memory, root, path, spot, digest, made, state, changed, moved)
VALUES (:memory, :root, :path, :spot, :digest, :made, 'fresh', NULL, NULL)

-- name: anchor_found
UPDATE anchor SET state = :state, changed = :changed, moved = :moved
WHERE memory = :memory AND root = :root AND path = :path AND spot = :spot

-- name: anchors_in
SELECT a.memory, a.root, a.path, a.spot, a.digest, a.made, a.state, a.changed, a.moved FROM anchor a JOIN memory m ON m.id = a.memory
WHERE m.state IN ('active', 'held') AND (:nodes IS NULL OR m.namespace IN (SELECT value FROM json_each(:nodes)))
ORDER BY a.root, a.path, a.spot, a.memory

-- name: memories_anchored_at
SELECT DISTINCT m.uid FROM anchor a JOIN memory m ON m.id = a.memory
WHERE (a.path = :path OR a.moved = :path) AND m.state = 'active' AND m.layer < 3 AND m.namespace IN (SELECT value FROM json_each(:nodes))
ORDER BY m.layer, m.uid DESC LIMIT :limit

-- name: anchors_of
SELECT m.uid, m.head, a.state, a.path, a.spot, a.changed, a.made, a.moved FROM memory m
JOIN revision r ON r.memory = m.id AND r.number = m.head JOIN anchored d ON d.memory = m.id AND d.digest = r.digest JOIN anchor a ON a.memory = m.id
WHERE m.uid IN (SELECT value FROM json_each(:uids)) ORDER BY a.state = 'fresh', a.state = 'drifted', a.path, a.spot

-- name: memories_anchored
SELECT DISTINCT m.uid FROM anchor a JOIN memory m ON m.id = a.memory
WHERE m.state IN ('active', 'held') AND (:nodes IS NULL OR m.namespace IN (SELECT value FROM json_each(:nodes)))

-- name: memories_said
SELECT m.uid, m.state, r.title, r.text FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head WHERE m.state = 'active' ORDER BY m.id
