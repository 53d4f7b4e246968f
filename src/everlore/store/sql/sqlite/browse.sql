-- What front ends list: projects, sessions whole, the journal, titles, graphs. `:name` and `:seen` hold rows to what the caller
-- sees, as in memories_listed.

-- name: project_nodes
-- Each node with what it holds and what waits there; `last` is the end of its last session or when its newest memory was made.
SELECT n.id, n.path, coalesce(sum(t.memories), 0), coalesce(sum(t.sessions), 0), coalesce(sum(t.turns), 0),
  CASE WHEN :seen IS NULL OR ('unit' || n.id) IN (SELECT value FROM json_each(:seen)) THEN (SELECT max(s.ended) FROM session s WHERE s.namespace = n.id) END,
  (SELECT m.created FROM memory m WHERE m.namespace = n.id AND m.state = 'active'
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))) ORDER BY m.uid DESC LIMIT 1),
  CASE WHEN :seen IS NULL OR ('unit' || n.id) IN (SELECT value FROM json_each(:seen)) THEN
    (SELECT count(*) FROM handoff h WHERE h.namespace = n.id AND h.state = 'offered' AND h.expires > :now) ELSE 0 END
FROM namespace n LEFT JOIN tally t ON t.namespace = n.id AND (:name IS NULL OR (t.visibility = 'private' AND t.owner = :name) OR (t.visibility <> 'private'
  AND (:seen IS NULL OR t.visibility = 'collective' OR (t.visibility || t.namespace) IN (SELECT value FROM json_each(:seen)))))
WHERE (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND n.path <> :proofs
GROUP BY n.id

-- name: proposals_by_node
SELECT namespace, count(*) FROM proposal WHERE state = 'waiting' GROUP BY namespace

-- name: journal_lately
-- When the newest of the last entries of each path was written: it is read from the journal's end, never whole.
SELECT namespace, max(at) FROM (SELECT namespace, at FROM journal ORDER BY seq DESC LIMIT :limit) WHERE namespace IS NOT NULL GROUP BY namespace
