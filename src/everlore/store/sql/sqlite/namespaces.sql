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
SELECT path FROM namespace WHERE path LIKE :pattern ESCAPE '\' ORDER BY length(path), path LIMIT 5

-- name: namespaces
SELECT id, uid, path, lineage, recorded FROM namespace ORDER BY id

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
