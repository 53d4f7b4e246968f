-- name: namespace_by_uid
SELECT id, uid, path, lineage FROM namespace WHERE uid = :uid

-- name: namespace_by_key
SELECT id, uid, path, lineage FROM namespace WHERE key = :key

-- name: namespace_by_id
SELECT id, uid, path, lineage FROM namespace WHERE id = :id

-- name: namespace_insert
INSERT INTO namespace (uid, parent, path, key, lineage, recorded) VALUES (:uid, :parent, :path, :key, '', :recorded)

-- name: namespace_set_lineage
UPDATE namespace SET lineage = :lineage WHERE id = :id

-- name: namespace_like
SELECT id, uid, path, lineage FROM namespace WHERE path LIKE :pattern ESCAPE '\' ORDER BY length(path), path LIMIT :limit

-- name: namespaces
SELECT id, uid, path, lineage, recorded FROM namespace ORDER BY id

-- name: namespaces_named
SELECT id, uid, path, lineage FROM namespace WHERE id IN (SELECT value FROM json_each(:ids))

-- name: namespace_outside
SELECT 1 FROM namespace n WHERE (' ' || n.lineage || ' ') NOT LIKE :pattern
  AND (EXISTS (SELECT 1 FROM session s WHERE s.namespace = n.id) OR EXISTS (SELECT 1 FROM memory m WHERE m.namespace = n.id)) LIMIT 1

-- name: namespaces_below
SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :pattern

-- name: namespace_move
UPDATE namespace SET parent = :parent, path = :path, key = :key, lineage = :lineage WHERE id = :id

-- name: namespace_set_key
UPDATE namespace SET key = :key WHERE id = :id

-- name: namespaces_in
SELECT id, uid, path, lineage FROM namespace WHERE (' ' || lineage || ' ') LIKE :pattern ORDER BY length(lineage), id

-- name: sessions_of_node
SELECT id FROM session WHERE namespace = :namespace

-- name: standard_insert
INSERT INTO standard (uid, namespace, name, memory, recorded, recorded_until) VALUES (:uid, :namespace, :name, :memory, :recorded, :recorded_until)

-- name: standard_close
UPDATE standard SET recorded_until = :recorded_until WHERE uid = :uid

-- name: standards_of
SELECT s.uid, s.namespace, s.name, s.memory, s.recorded FROM standard s
WHERE s.namespace IN (SELECT value FROM json_each(:nodes)) AND s.recorded_until IS NULL ORDER BY s.name, s.recorded

-- name: standards_all
SELECT s.uid, n.path, s.name, s.memory, s.recorded, s.recorded_until, s.namespace FROM standard s JOIN namespace n ON n.id = s.namespace ORDER BY s.recorded, s.uid

-- name: standard_keep
INSERT OR IGNORE INTO standard (uid, namespace, name, memory, recorded, recorded_until) VALUES (:uid, :namespace, :name, :memory, :recorded, :recorded_until)

-- name: standard_by_uid
SELECT uid, namespace, name, memory, recorded, recorded_until FROM standard WHERE uid = :uid

-- name: standard_at
SELECT uid, namespace, name, memory, recorded FROM standard WHERE namespace = :namespace AND name = :name AND recorded_until IS NULL

-- name: tree
-- Nodes of a part of the tree in its order; for the deepest of them what lies below is counted with them, too.
SELECT n.uid, n.path, n.depth, coalesce(sum(t.memories), 0), coalesce(sum(t.sessions), 0), coalesce(sum(t.turns), 0), count(DISTINCT b.id),
  coalesce(sum(t.memories) FILTER (WHERE b.id = n.id), 0), coalesce(sum(t.sessions) FILTER (WHERE b.id = n.id), 0), coalesce(sum(t.turns) FILTER (WHERE b.id = n.id), 0)
FROM (SELECT id, uid, path, replace(key, '/', char(1)) AS place, length(path) - length(replace(path, '/', '')) AS depth FROM namespace) n
JOIN namespace b ON replace(b.key, '/', char(1)) >= n.place
  AND replace(b.key, '/', char(1)) < n.place || CASE n.depth WHEN :deepest THEN char(2) ELSE char(1) END
LEFT JOIN tally t ON t.namespace = b.id AND (:name IS NULL OR (t.visibility = 'private' AND t.owner = :name) OR (t.visibility <> 'private'
  AND (:seen IS NULL OR t.visibility = 'collective' OR (t.visibility || t.namespace) IN (SELECT value FROM json_each(:seen)))))
WHERE n.place >= :low AND n.place < :high AND n.depth <= :deepest
GROUP BY n.place

-- name: memories_by_node
SELECT namespace, count(*) FROM memory WHERE state = 'active' GROUP BY namespace

-- name: tally_clear
DELETE FROM tally

-- name: tally_fill
INSERT INTO tally (namespace, visibility, owner, memories, sessions, turns)
SELECT namespace, visibility, owner, sum(memories), sum(sessions), sum(turns) FROM (
  SELECT namespace, visibility, CASE visibility WHEN 'private' THEN owner ELSE '' END AS owner, count(*) AS memories, 0 AS sessions, 0 AS turns
  FROM memory WHERE state = 'active' GROUP BY 1, 2, 3
  UNION ALL SELECT namespace, 'unit', '', 0, count(*), 0 FROM session GROUP BY 1
  UNION ALL SELECT s.namespace, 'unit', '', 0, 0, count(*) FROM turn t JOIN session s ON s.id = t.session WHERE t.withdrawn = 0 GROUP BY 1
) GROUP BY 1, 2, 3

-- name: tally_wrong
WITH counted (namespace, visibility, owner, memories, sessions, turns) AS (
  SELECT namespace, visibility, CASE visibility WHEN 'private' THEN owner ELSE '' END, count(*), 0, 0 FROM memory WHERE state = 'active' GROUP BY 1, 2, 3
  UNION ALL SELECT namespace, 'unit', '', 0, count(*), 0 FROM session GROUP BY 1
  UNION ALL SELECT s.namespace, 'unit', '', 0, 0, count(*) FROM turn t JOIN session s ON s.id = t.session WHERE t.withdrawn = 0 GROUP BY 1
  UNION ALL SELECT namespace, visibility, owner, -memories, -sessions, -turns FROM tally)
SELECT n.path, sum(c.memories), sum(c.sessions), sum(c.turns) FROM counted c JOIN namespace n ON n.id = c.namespace
GROUP BY c.namespace, c.visibility, c.owner HAVING sum(c.memories) <> 0 OR sum(c.sessions) <> 0 OR sum(c.turns) <> 0 LIMIT 20

-- name: agent_insert
INSERT INTO agent (uid, name, origin, role, place, recorded, recorded_until) VALUES (:uid, :name, :origin, :role, :place, :recorded, :recorded_until)

-- name: agent_close
UPDATE agent SET recorded_until = :recorded_until WHERE uid = :uid

-- name: agent_named
SELECT uid, name, origin, role, place, recorded FROM agent WHERE name = :name AND recorded_until IS NULL

-- name: agents
SELECT a.uid, a.name, a.origin, a.role, n.path, a.recorded FROM agent a LEFT JOIN namespace n ON n.id = a.place
WHERE a.recorded_until IS NULL ORDER BY a.name

-- name: rule_insert
INSERT INTO rule (uid, namespace, effect, who, decision, approvals, recorded, recorded_until)
VALUES (:uid, :namespace, :effect, :who, :decision, :approvals, :recorded, :recorded_until)

-- name: rule_close
UPDATE rule SET recorded_until = :recorded_until WHERE uid = :uid

-- name: rules
SELECT r.uid, r.namespace, r.effect, r.who, r.decision, r.approvals, r.recorded, n.path FROM rule r LEFT JOIN namespace n ON n.id = r.namespace
WHERE r.recorded_until IS NULL ORDER BY n.path, r.effect, r.who

-- name: namespaces_top
SELECT path FROM namespace WHERE parent IS NULL ORDER BY path

-- name: namespace_children
SELECT path FROM namespace WHERE parent = :parent ORDER BY path
