-- name: vector_put
INSERT OR REPLACE INTO vector (passage, model, code) VALUES (:passage, :model, :code)

-- name: vectors_of
SELECT passage, code FROM vector WHERE model = :model AND passage IN (SELECT value FROM json_each(:ids))

-- name: passages_beside
SELECT p.id,
  coalesce((SELECT max(q.id) FROM passage q WHERE q.turn = p.turn AND q.id < p.id),
    (SELECT max(q.id) FROM turn u JOIN passage q ON q.turn = u.id WHERE u.session = t.session AND u.position = t.position - 1)),
  coalesce((SELECT min(q.id) FROM passage q WHERE q.turn = p.turn AND q.id > p.id),
    (SELECT min(q.id) FROM turn u JOIN passage q ON q.turn = u.id WHERE u.session = t.session AND u.position = t.position + 1))
FROM json_each(:ids) i JOIN passage p ON p.id = i.value JOIN turn t ON t.id = p.turn

-- name: vectors_after
SELECT id, passage, code FROM vector WHERE id > :after AND model = :model ORDER BY id LIMIT :limit

-- name: vector_last
SELECT coalesce(max(id), 0) FROM vector

-- name: vector_passage
SELECT passage FROM vector WHERE id = :id

-- name: vector_count
SELECT count(*) FROM vector WHERE model = :model

-- name: vector_delete
DELETE FROM vector WHERE passage = :passage

-- name: passages_without_vector
SELECT p.id FROM passage p WHERE p.id > :after AND NOT EXISTS (SELECT 1 FROM vector v WHERE v.model = :model AND v.passage = p.id)
ORDER BY p.id LIMIT :limit

-- name: vectors_drop_strays
DELETE FROM vector WHERE passage NOT IN (SELECT id FROM passage)

-- name: vector_orphans
SELECT count(*) FROM vector v WHERE NOT EXISTS (SELECT 1 FROM passage p WHERE p.id = v.passage)

-- name: piece_add
INSERT INTO piece (model, id, df) VALUES (:model, :id, :df) ON CONFLICT (model, id) DO UPDATE SET df = df + excluded.df

-- name: piece_frequencies
SELECT id, df FROM piece WHERE model = :model AND id IN (SELECT value FROM json_each(:ids))

