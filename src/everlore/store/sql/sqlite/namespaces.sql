-- name: namespace_by_uid
SELECT id, uid, path, lineage FROM namespace WHERE uid = :uid

-- name: namespace_by_id
SELECT id, uid, path, lineage FROM namespace WHERE id = :id

-- name: namespace_insert
INSERT INTO namespace (uid, parent, path, lineage, recorded) VALUES (:uid, :parent, :path, '', :recorded)

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
