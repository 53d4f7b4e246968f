-- name: mirror_put
INSERT INTO mirror (memory, entry) SELECT id, :entry FROM memory
WHERE uid IN (SELECT value FROM json_each(:memories) UNION SELECT source FROM link WHERE uid IN (SELECT value FROM json_each(:links)))
ON CONFLICT (memory) DO UPDATE SET entry = excluded.entry

-- name: mirror_linking_to
INSERT OR IGNORE INTO mirror (memory, entry) SELECT m.id, 0 FROM link l JOIN memory m ON m.uid = l.source
WHERE l.target IN (SELECT value FROM json_each(:memories)) AND l.recorded_until IS NULL

-- name: mirror_all
INSERT OR IGNORE INTO mirror (memory, entry) SELECT id, 0 FROM memory WHERE state IN ('active', 'superseded')

-- name: mirror_again
INSERT OR IGNORE INTO mirror (memory, entry) VALUES (:memory, 0)

-- name: mirror_done
DELETE FROM mirror WHERE memory = :memory AND entry <= :entry

-- name: mirror_count
SELECT count(*) FROM mirror

-- name: mirror_clear
DELETE FROM mirror

-- name: mirrored
SELECT q.memory, q.entry, m.uid, m.kind, m.title, f.path, m.namespace_path FROM mirror q
JOIN (SELECT m.id, m.uid, m.kind, r.title, n.path AS namespace_path FROM memory m JOIN namespace n ON n.id = m.namespace
  JOIN revision r ON r.memory = m.id AND r.number = m.head) m ON m.id = q.memory
LEFT JOIN page_file f ON f.memory = m.uid

-- name: mirror_batch
SELECT q.memory, q.entry FROM mirror q ORDER BY q.memory LIMIT :limit

-- name: mirror_entries
SELECT seq, actor, operation, reason FROM journal WHERE seq IN (SELECT value FROM json_each(:entries)) ORDER BY seq

-- name: links_to_pages
SELECT l.source, l.kind, f.path FROM link l JOIN page_file f ON f.memory = l.target
WHERE l.source IN (SELECT value FROM json_each(:memories)) AND l.recorded_until IS NULL AND l.kind <> 'mentions' ORDER BY l.source, l.kind, f.path

-- name: links_superseding
SELECT l.target, 'superseded_by', f.path FROM link l JOIN page_file f ON f.memory = l.source
WHERE l.target IN (SELECT value FROM json_each(:memories)) AND l.kind = 'supersedes' AND l.recorded_until IS NULL ORDER BY l.target, f.path

-- name: page_file_of
SELECT memory, path, size, modified, digest, head, shown FROM page_file WHERE memory = :memory

-- name: page_file_at
SELECT memory, path, size, modified, digest, head, shown FROM page_file WHERE path = :path

-- name: page_files
SELECT memory, path, size, modified, length(digest) FROM page_file

-- name: page_files_count
SELECT count(*) FROM page_file WHERE head > 0

-- name: page_file_put
INSERT INTO page_file (memory, path, size, modified, digest, head, shown) VALUES (:memory, :path, :size, :modified, :digest, :head, :shown)
ON CONFLICT (memory) DO UPDATE SET path = excluded.path, size = excluded.size, modified = excluded.modified, digest = excluded.digest,
  head = excluded.head, shown = excluded.shown

-- name: page_file_move
UPDATE page_file SET path = :path WHERE memory = :memory

-- name: page_file_seen
UPDATE page_file SET size = :size, modified = :modified WHERE memory = :memory

-- name: page_file_drop
DELETE FROM page_file WHERE memory = :memory

-- name: page_files_clear
DELETE FROM page_file

-- name: page_paths_like
SELECT path FROM page_file WHERE path LIKE :pattern ESCAPE '\'

-- name: page_problems
SELECT path, size, modified, problem FROM page_problem ORDER BY path

-- name: page_problem_put
INSERT INTO page_problem (path, size, modified, problem) VALUES (:path, :size, :modified, :problem)
ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified, problem = excluded.problem

-- name: page_problems_clear
DELETE FROM page_problem

-- name: page_problem_drop
DELETE FROM page_problem WHERE path = :path

-- name: pages_in
SELECT kind, path, title, text, pinned, state FROM (
  SELECT m.kind, f.path, r.title, substr(r.text, 1, 200) AS text, m.pinned, m.state,
    row_number() OVER (PARTITION BY m.kind, m.state ORDER BY m.pinned DESC, m.importance DESC, m.id DESC) AS place
  FROM memory m JOIN page_file f ON f.memory = m.uid JOIN revision r ON r.memory = m.id AND r.number = m.head
  WHERE m.namespace = :namespace AND m.state IN ('active', 'superseded'))
WHERE place <= :limit ORDER BY kind, place

-- name: pages_counted
SELECT m.kind, count(*) FROM page_file f JOIN memory m ON m.uid = f.memory WHERE m.namespace = :namespace AND m.state = 'active' GROUP BY m.kind
