-- What is asked to look after memories: all that holds in a part of the tree, names, links by number; and what empties or
-- moves all that belongs to a session or a node. `:name` and `:seen` are as in memories_listed.

-- name: care_memories
SELECT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses, m.last_used,
  m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed,
  r.id, r.memory, r.number, r.title, r.text, r.digest, r.valid_from, r.valid_until, r.recorded, r.recorded_until, r.actor, r.source, n.lineage
FROM memory m JOIN namespace n ON n.id = m.namespace JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.state = 'active' AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
ORDER BY m.uid DESC LIMIT :limit

-- name: care_links
SELECT uid, sum(links), max(cites) FROM (
  SELECT source AS uid, count(*) AS links, max(kind = 'derived_from') AS cites FROM link WHERE recorded_until IS NULL GROUP BY source
  UNION ALL SELECT target, count(*), max(kind = 'supports') FROM link WHERE recorded_until IS NULL GROUP BY target) GROUP BY uid

-- name: care_names
SELECT n.lineage, r.title FROM memory m JOIN namespace n ON n.id = m.namespace JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.state IN ('active', 'superseded') AND r.title IS NOT NULL
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
UNION ALL SELECT n.lineage, e.name FROM entity e JOIN namespace n ON n.id = e.namespace WHERE e.recorded_until IS NULL
  AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen)))
UNION ALL SELECT n.lineage, a.name FROM alias a JOIN entity e ON e.id = a.entity JOIN namespace n ON n.id = e.namespace
WHERE e.recorded_until IS NULL AND a.recorded_until IS NULL AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen)))

-- name: care_titled
SELECT m.uid, m.kind, r.title FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.namespace = :namespace AND m.state IN ('active', 'held') AND r.title IS NOT NULL ORDER BY m.uid

-- name: care_busy
SELECT DISTINCT namespace FROM session UNION SELECT DISTINCT parent FROM namespace WHERE parent IS NOT NULL

-- name: memories_of_tree
SELECT m.uid FROM memory m JOIN namespace n ON n.id = m.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope AND m.state <> 'purged' ORDER BY m.id

-- name: sessions_of_tree
SELECT s.id, s.uid FROM session s JOIN namespace n ON n.id = s.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope ORDER BY s.id

-- name: memories_of_session
SELECT DISTINCT m.uid FROM revision r JOIN memory m ON m.id = r.memory JOIN turn t ON t.uid = r.source WHERE t.session = :session AND m.state <> 'purged' ORDER BY m.uid

-- name: sessions_called
SELECT s.id, s.uid, s.namespace FROM session s WHERE s.uid = :name OR s.external = :name ORDER BY s.id

-- name: turns_empty
UPDATE turn SET text = '', caption = NULL, detail = NULL, speaker = '' WHERE session = :session AND (text <> '' OR caption IS NOT NULL OR detail IS NOT NULL OR speaker <> '')

-- name: happenings_empty
UPDATE happening SET detail = NULL WHERE session = :session AND detail IS NOT NULL

-- name: transcript_forget
UPDATE transcript SET state = NULL, error = NULL WHERE path = (SELECT transcript FROM session WHERE id = :session)

-- name: session_empty
UPDATE session SET cwd = NULL, branch = NULL, transcript = NULL WHERE id = :session

-- name: handoffs_empty
UPDATE handoff SET text = '', body = '{}', state = CASE state WHEN 'offered' THEN 'cancelled' ELSE state END, changed = :changed
WHERE session = :session AND text <> ''

-- name: handoffs_of_tree_empty
UPDATE handoff SET text = '', body = '{}', state = CASE state WHEN 'offered' THEN 'cancelled' ELSE state END, changed = :changed
WHERE text <> '' AND namespace IN (SELECT id FROM namespace WHERE (' ' || lineage || ' ') LIKE :scope)

-- name: entities_of_tree
SELECT e.uid FROM entity e JOIN namespace n ON n.id = e.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope AND e.name <> '' ORDER BY e.id

-- name: proposals_of_tree
SELECT p.uid FROM proposal p JOIN namespace n ON n.id = p.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope AND p.payload <> '{}'

-- name: standards_of_tree
SELECT s.uid FROM standard s JOIN namespace n ON n.id = s.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope AND s.recorded_until IS NULL

-- name: tree_counts
SELECT (SELECT count(*) FROM memory m JOIN namespace n ON n.id = m.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope),
  (SELECT count(*) FROM session s JOIN namespace n ON n.id = s.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope),
  (SELECT count(*) FROM turn t JOIN session s ON s.id = t.session JOIN namespace n ON n.id = s.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope),
  (SELECT count(*) FROM entity e JOIN namespace n ON n.id = e.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope),
  (SELECT count(*) FROM handoff h JOIN namespace n ON n.id = h.namespace WHERE (' ' || n.lineage || ' ') LIKE :scope),
  (SELECT count(*) FROM namespace n WHERE (' ' || n.lineage || ' ') LIKE :scope)

-- name: node_memories
SELECT uid FROM memory WHERE namespace = :namespace AND state <> 'purged' ORDER BY id

-- name: node_session
SELECT uid FROM session WHERE namespace = :namespace ORDER BY id

-- name: node_entity
SELECT uid FROM entity WHERE namespace = :namespace ORDER BY id

-- name: node_handoff
SELECT uid FROM handoff WHERE namespace = :namespace ORDER BY id

-- name: node_place
SELECT root FROM place WHERE namespace = :namespace ORDER BY root

-- name: node_standard
SELECT uid, name FROM standard WHERE namespace = :namespace AND recorded_until IS NULL ORDER BY uid

-- name: node_ruled
SELECT 'rule ' || effect FROM rule WHERE namespace = :namespace AND recorded_until IS NULL
UNION ALL SELECT 'agent ' || name FROM agent WHERE place = :namespace AND recorded_until IS NULL

-- name: session_home
SELECT namespace FROM session WHERE uid = :uid

-- name: session_set_home
UPDATE session SET namespace = :namespace WHERE uid = :uid

-- name: entity_home
SELECT namespace FROM entity WHERE uid = :uid

-- name: entity_set_home
UPDATE entity SET namespace = :namespace WHERE uid = :uid

-- name: handoff_home
SELECT namespace FROM handoff WHERE uid = :uid

-- name: handoff_set_home
UPDATE handoff SET namespace = :namespace WHERE uid = :uid

-- name: place_home
SELECT namespace FROM place WHERE root = :uid

-- name: place_set_home
UPDATE place SET namespace = :namespace WHERE root = :uid

-- name: standard_home
SELECT namespace FROM standard WHERE uid = :uid

-- name: standard_set_home
UPDATE standard SET namespace = :namespace WHERE uid = :uid

-- name: tally_take_session
UPDATE tally SET sessions = sessions - 1, turns = turns - (SELECT count(*) FROM turn WHERE session = :session AND withdrawn = 0)
WHERE namespace = :namespace AND visibility = 'unit' AND owner = ''

-- name: tally_give_session
INSERT INTO tally (namespace, visibility, owner, sessions, turns) VALUES (:namespace, 'unit', '', 1, (SELECT count(*) FROM turn WHERE session = :session AND withdrawn = 0))
ON CONFLICT (namespace, visibility, owner) DO UPDATE SET sessions = sessions + 1, turns = turns + excluded.turns

-- name: vectors_forget
DELETE FROM vector WHERE model = :model

-- name: pieces_forget
DELETE FROM piece WHERE model = :model
