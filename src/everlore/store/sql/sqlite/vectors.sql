-- name: vector_put
INSERT OR REPLACE INTO vector (passage, model, scale, pooled, tokens) VALUES (:passage, :model, :scale, :pooled, :tokens)

-- name: vectors_of
SELECT passage, scale, pooled, tokens FROM vector WHERE model = :model AND passage IN (SELECT value FROM json_each(:ids))

-- name: vectors_after
SELECT passage, scale, pooled FROM vector WHERE model = :model AND passage > :after ORDER BY passage LIMIT :limit

-- name: vector_count
SELECT count(*) FROM vector WHERE model = :model

-- name: vector_delete
DELETE FROM vector WHERE passage = :passage

-- name: passages_without_vector
SELECT p.id FROM passage p LEFT JOIN vector v ON v.passage = p.id AND v.model = :model
WHERE p.id > :after AND v.passage IS NULL ORDER BY p.id LIMIT :limit

-- name: vector_orphans
SELECT count(*) FROM vector v WHERE NOT EXISTS (SELECT 1 FROM passage p WHERE p.id = v.passage)
