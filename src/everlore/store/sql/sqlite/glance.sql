-- name: glance_namespaces
SELECT path, '' FROM namespace WHERE substr(path, 1, length(:start)) = :start ORDER BY path LIMIT :limit

-- name: glance_memories
SELECT m.uid, coalesce(r.title, substr(r.text, 1, 80)) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE substr(m.uid, 1, length(:start)) = :start ORDER BY m.uid DESC LIMIT :limit
