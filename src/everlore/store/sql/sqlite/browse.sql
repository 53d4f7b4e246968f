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

-- name: hits_memories
SELECT m.uid, n.path, m.kind, m.state, m.tags, m.tier, m.layer, m.pinned FROM memory m JOIN namespace n ON n.id = m.namespace
WHERE m.uid IN (SELECT value FROM json_each(:ids))

-- name: hits_turns
SELECT t.uid, n.path, s.uid, t.position, t.speaker, t.role FROM turn t JOIN session s ON s.id = t.session JOIN namespace n ON n.id = s.namespace
WHERE t.uid IN (SELECT value FROM json_each(:ids))

-- name: grown
SELECT date(m.created / 1000, 'unixepoch', '-6 days', 'weekday 1'), count(*) FROM memory m
WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.created >= :since
  AND m.state NOT IN ('withdrawn', 'purged', 'held')
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
GROUP BY 1 ORDER BY 1

-- name: proposals_by_node
SELECT namespace, count(*) FROM proposal WHERE state = 'waiting' GROUP BY namespace

-- name: journal_lately
-- When the newest of the last entries of each path was written: it is read from the journal's end, never whole.
SELECT namespace, max(at) FROM (SELECT namespace, at FROM journal ORDER BY seq DESC LIMIT :limit) WHERE namespace IS NOT NULL GROUP BY namespace

-- name: session_whole
-- One session in the columns of sessions_listed.
SELECT s.uid, s.external, s.client, n.path, s.cwd, s.branch, s.started, s.ended, s.closed, (SELECT count(*) FROM turn t WHERE t.session = s.id AND t.withdrawn = 0),
  CASE WHEN :seen IS NULL OR ('unit' || p.namespace) IN (SELECT value FROM json_each(:seen)) THEN p.external END, (SELECT t.text FROM turn t WHERE t.session = s.id AND t.withdrawn = 0 AND t.role = 'user' ORDER BY t.position LIMIT 1)
FROM session s JOIN namespace n ON n.id = s.namespace LEFT JOIN session p ON p.id = s.parent WHERE s.id = :session

-- name: session_turns
SELECT uid, external, position, speaker, role, time, text, caption, event, detail FROM turn
WHERE session = :session AND position > :after AND withdrawn = 0 ORDER BY position LIMIT :limit

-- name: session_times
SELECT position, coalesce(time, recorded) FROM turn WHERE session = :session AND withdrawn = 0 ORDER BY position

-- name: session_learnt
-- Memories of which a revision was learnt from a turn of the session, by the first of those turns, as they read now.
SELECT m.uid, m.kind, m.state, r.title, substr(r.text, 1, :most), t.uid, min(t.position)
FROM turn t JOIN revision l ON l.source = t.uid JOIN memory m ON m.id = l.memory JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE t.session = :session AND t.withdrawn = 0 AND m.state NOT IN ('withdrawn', 'purged')
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
GROUP BY m.id ORDER BY 7, 1

-- name: session_told
-- What a conversation was told, oldest first, each item of it in a row; an entry without items has one row without.
SELECT l.uid, l.at, l.surface, l.operation, l.tokens, l.withheld, i.item, i.revision, i.tokens, i.role, i.why, i.used,
  coalesce(r.title, substr(r.text, 1, :most), substr(t.text, 1, :most), ''), coalesce(m.namespace, f.namespace), m.visibility, m.owner
FROM ledger l LEFT JOIN ledger_item i ON i.entry = l.id LEFT JOIN memory m ON m.uid = i.item
LEFT JOIN revision r ON r.memory = m.id AND r.number = coalesce(i.revision, m.head)
LEFT JOIN turn t ON t.uid = i.item AND t.withdrawn = 0 LEFT JOIN session f ON f.id = t.session
WHERE l.client = :client AND l.external = :external ORDER BY l.at, l.id, i.place

-- name: journal_listed
SELECT j.seq, j.uid, j.parent, j.at, j.actor, j.operation, j.namespace, j.reason, j.changes, u.uid FROM journal j LEFT JOIN journal u ON u.seq = j.undone_by
WHERE (:before IS NULL OR j.seq < :before) AND (:operation IS NULL OR j.operation = :operation)
  AND (:actor IS NULL OR j.actor = :actor OR substr(j.actor, 1, length(:actor) + 14) = :actor || ', approved by ')
  AND (:paths IS NULL OR j.namespace COLLATE NOCASE IN (SELECT value FROM json_each(:paths)))
  AND (:since IS NULL OR j.at >= :since) AND (:until IS NULL OR j.at <= :until) AND (:id IS NULL OR instr(j.changes, :id) > 0)
ORDER BY j.seq DESC

-- name: purges_any
SELECT 1 FROM journal WHERE operation IN ('purge', 'purge-session', 'purge-project') LIMIT 1

-- name: purged_among
SELECT m.uid FROM json_each(:ids) i JOIN memory m ON m.uid = i.value WHERE m.state = 'purged'

-- name: titles_count
SELECT count(*) FROM memory m WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
  AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier) AND (:pinned IS NULL OR m.pinned = :pinned)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))

-- name: titles_tally
SELECT coalesce(sum(t.memories), 0) FROM tally t WHERE t.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope)
  AND (:name IS NULL OR (t.visibility = 'private' AND t.owner = :name) OR (t.visibility <> 'private'
    AND (:seen IS NULL OR t.visibility = 'collective' OR (t.visibility || t.namespace) IN (SELECT value FROM json_each(:seen)))))

-- name: titles_place
SELECT r.id, coalesce(r.title, substr(r.text, 1, 80)) FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head WHERE m.uid = :uid

-- name: titles_few
-- Where few match they are found by their place and then sorted; `:title` is that of the one to go on after where titles are in order.
SELECT m.uid, m.kind, m.state, m.layer, m.tier, m.pinned, m.tags, n.path, r.title, substr(r.text, 1, 80), r.recorded FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head JOIN namespace n ON n.id = m.namespace
WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
  AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier) AND (:pinned IS NULL OR m.pinned = :pinned)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  AND CASE WHEN :title IS NULL THEN r.id < :revision ELSE (coalesce(r.title, substr(r.text, 1, 80)) COLLATE NOCASE > :title OR (coalesce(r.title, substr(r.text, 1, 80)) = :title COLLATE NOCASE AND r.id < :revision)) END
ORDER BY CASE WHEN :by_title THEN coalesce(r.title, substr(r.text, 1, 80)) END COLLATE NOCASE, r.id DESC LIMIT :limit

-- name: titles_latest
-- Where many match, revisions are read from the newest one on until enough are found: nothing is sorted.
SELECT m.uid, m.kind, m.state, m.layer, m.tier, m.pinned, m.tags, n.path, r.title, substr(r.text, 1, 80), r.recorded FROM revision r CROSS JOIN memory m ON m.id = r.memory AND m.head = r.number JOIN namespace n ON n.id = m.namespace
WHERE r.id < :revision AND m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
  AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier) AND (:pinned IS NULL OR m.pinned = :pinned)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY r.id DESC LIMIT :limit

-- name: titles_sorted
-- Where many match and titles are in order, revisions are read as they lie and not one by one.
SELECT m.uid, m.kind, m.state, m.layer, m.tier, m.pinned, m.tags, n.path, r.title, substr(r.text, 1, 80), r.recorded FROM revision r CROSS JOIN memory m ON m.id = r.memory AND m.head = r.number JOIN namespace n ON n.id = m.namespace
WHERE (:title IS NULL OR (coalesce(r.title, substr(r.text, 1, 80)) COLLATE NOCASE > :title OR (coalesce(r.title, substr(r.text, 1, 80)) = :title COLLATE NOCASE AND r.id < :revision))) AND m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
  AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier) AND (:pinned IS NULL OR m.pinned = :pinned)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY coalesce(r.title, substr(r.text, 1, 80)) COLLATE NOCASE, r.id DESC LIMIT :limit

-- name: drawn_hubs
-- The ends of links in force with how many each has, the best linked first, and how many ends there are; read from the two indexes of links alone.
SELECT uid, sum(links), count(*) OVER () FROM (
  SELECT l.source AS uid, count(*) AS links FROM link l WHERE l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))) GROUP BY l.source
  UNION ALL SELECT l.target, count(*) FROM link l WHERE l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))) GROUP BY l.target)
GROUP BY uid ORDER BY 2 DESC, uid DESC LIMIT :most

-- name: drawn_hubs_within
-- The same of what lies in a part of the tree, from each node to its links.
SELECT uid, links, count(*) OVER () FROM (
  SELECT i.uid, (SELECT count(*) FROM link l WHERE l.source = i.uid AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))))
    + (SELECT count(*) FROM link l WHERE l.target = i.uid AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))) AS links
  FROM (SELECT uid, namespace FROM memory UNION ALL SELECT uid, namespace FROM entity) i
  WHERE i.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope))
WHERE links > 0 ORDER BY links DESC, uid DESC LIMIT :most

-- name: drawn_degrees
SELECT i.value, (SELECT count(*) FROM link l WHERE l.source = i.value AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))))
  + (SELECT count(*) FROM link l WHERE l.target = i.value AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))) FROM json_each(:ids) i

-- name: drawn_from
SELECT l.uid, coalesce(l.valid_from, l.recorded) FROM json_each(:ids) i JOIN link l ON l.source = i.value WHERE l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)

-- name: drawn_to
SELECT l.uid, l.weight FROM json_each(:ids) i JOIN link l ON l.target = i.value WHERE l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known) AND coalesce(l.valid_from, l.recorded) <= :at AND (:ended OR l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))

-- name: drawn_links
SELECT l.uid, l.kind, l.source, l.target, l.weight, l.valid_from, l.valid_until, l.recorded, l.recorded_until, l.evidence
FROM json_each(:ids) i JOIN link l ON l.uid = i.value

-- name: drawn_valid
SELECT m.uid, r.valid_from, r.valid_until FROM json_each(:ids) i JOIN memory m ON m.uid = i.value JOIN revision r ON r.memory = m.id AND r.number = m.head

-- name: health_oldest
-- Of the oldest memories of a part of the tree: whether each is over, stale, and an orphan, as the same words mean in lint.
SELECT m.uid, coalesce(r.title, substr(r.text, 1, 80)),
  r.valid_until IS NOT NULL AND r.valid_until <= :now,
  NOT m.pinned AND max(r.recorded, coalesce(m.last_used, 0)) < :stale,
  NOT m.pinned AND m.uses = 0 AND m.created <= :new AND instr(r.text, '[[') = 0
    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.source = m.uid AND l.recorded_until IS NULL)
    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.target = m.uid AND l.recorded_until IS NULL)
FROM (SELECT m.id FROM memory m WHERE m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope) AND m.state = 'active' AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))) ORDER BY m.uid LIMIT :most) o JOIN memory m ON m.id = o.id JOIN revision r ON r.memory = m.id AND r.number = m.head ORDER BY m.uid

-- name: health_oldest_of_all
SELECT m.uid, coalesce(r.title, substr(r.text, 1, 80)),
  r.valid_until IS NOT NULL AND r.valid_until <= :now,
  NOT m.pinned AND max(r.recorded, coalesce(m.last_used, 0)) < :stale,
  NOT m.pinned AND m.uses = 0 AND m.created <= :new AND instr(r.text, '[[') = 0
    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.source = m.uid AND l.recorded_until IS NULL)
    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.target = m.uid AND l.recorded_until IS NULL)
FROM (SELECT m.id FROM memory m WHERE +m.state = 'active' AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))) ORDER BY m.id LIMIT :most) o JOIN memory m ON m.id = o.id JOIN revision r ON r.memory = m.id AND r.number = m.head ORDER BY m.uid

-- name: health_drifted
-- Memories of which the code they speak of has changed or gone since they were written.
SELECT DISTINCT m.uid, coalesce(r.title, substr(r.text, 1, 80)) FROM anchor a CROSS JOIN memory m ON m.id = a.memory JOIN revision r ON r.memory = m.id AND r.number = m.head
JOIN anchored d ON d.memory = m.id AND d.digest = r.digest
WHERE a.state <> 'fresh' AND m.state = 'active' AND (:scope IS NULL OR m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)) AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))) ORDER BY m.uid

-- name: health_contradictions
-- Pairs that are said to contradict each other, of which both sides are held true and one at least lies there.
WITH said (uid) AS MATERIALIZED (SELECT l.uid FROM link l INDEXED BY link_source WHERE l.kind = 'contradicts' AND l.recorded_until IS NULL AND (l.valid_until IS NULL OR l.valid_until > :now))
SELECT m.uid, coalesce(r.title, substr(r.text, 1, 80)), o.uid FROM said s CROSS JOIN link l ON l.uid = s.uid CROSS JOIN memory m ON m.uid = l.source CROSS JOIN memory o ON o.uid = l.target
JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.state = 'active' AND o.state = 'active'
  AND (:scope IS NULL OR m.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope) OR o.namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)) AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))) AND (:name IS NULL OR (o.visibility = 'private' AND o.owner = :name) OR (o.visibility <> 'private'
    AND (:seen IS NULL OR o.visibility = 'collective' OR (o.visibility || o.namespace) IN (SELECT value FROM json_each(:seen))))) ORDER BY m.uid

-- name: proposals_by_effect
SELECT p.effect, count(*) FROM proposal p JOIN namespace n ON n.id = p.namespace
WHERE p.state = 'waiting' AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) GROUP BY p.effect
