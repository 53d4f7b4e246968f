-- What is asked of entities and links. `:at` is the moment that a link has to be in force, `:known` the one whose knowledge
-- answers (far in the future for the present, then `:past` is 0); a link without a beginning begins when it was recorded.
-- `:name` and `:seen` hold each end of a link to what the caller sees, as in memories_listed. Links come strongest first
-- and the newest of equals, in the order of the index, so that a reader may stop after the first few of a hub's thousands.

-- name: graph_out
SELECT l.uid, l.kind, l.source, l.target, l.weight, l.valid_from, l.valid_until, l.recorded, l.recorded_until, l.evidence, l.target, e.merged
FROM link l LEFT JOIN memory m ON m.uid = l.target LEFT JOIN entity e ON e.uid = l.target
WHERE l.source = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
  AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))
  AND CASE WHEN m.id IS NOT NULL THEN
      CASE WHEN :past THEN m.state IN ('active', 'superseded', 'archived') AND EXISTS (SELECT 1 FROM revision r JOIN belief b ON b.revision = r.id
        WHERE r.memory = m.id AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known))
      ELSE m.state IN ('active', 'superseded') END
      AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
        AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
    ELSE e.id IS NOT NULL AND e.recorded <= :known AND (e.recorded_until IS NULL OR e.recorded_until > :known)
      AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))) END
ORDER BY l.weight DESC, l.uid DESC

-- name: graph_in
SELECT l.uid, l.kind, l.source, l.target, l.weight, l.valid_from, l.valid_until, l.recorded, l.recorded_until, l.evidence, l.source, e.merged
FROM link l LEFT JOIN memory m ON m.uid = l.source LEFT JOIN entity e ON e.uid = l.source
WHERE l.target = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
  AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
  AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))
  AND CASE WHEN m.id IS NOT NULL THEN
      CASE WHEN :past THEN m.state IN ('active', 'superseded', 'archived') AND EXISTS (SELECT 1 FROM revision r JOIN belief b ON b.revision = r.id
        WHERE r.memory = m.id AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known))
      ELSE m.state IN ('active', 'superseded') END
      AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
        AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
    ELSE e.id IS NOT NULL AND e.recorded <= :known AND (e.recorded_until IS NULL OR e.recorded_until > :known)
      AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))) END
ORDER BY l.weight DESC, l.uid DESC

-- name: graph_degree
SELECT (SELECT count(*) FROM link l WHERE l.source = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
    AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
    AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))))
  + (SELECT count(*) FROM link l WHERE l.target = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
    AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
    AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds))))

-- name: graph_degree_seen
SELECT (SELECT count(*) FROM link l LEFT JOIN memory m ON m.uid = l.target LEFT JOIN entity e ON e.uid = l.target
    WHERE l.source = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
    AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
    AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))
    AND CASE WHEN m.id IS NULL THEN :seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))
      ELSE (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
        AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))) END)
  + (SELECT count(*) FROM link l LEFT JOIN memory m ON m.uid = l.source LEFT JOIN entity e ON e.uid = l.source
    WHERE l.target = :node AND l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)
    AND coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at)
    AND l.weight >= :least AND (:kinds IS NULL OR l.kind IN (SELECT value FROM json_each(:kinds)))
    AND CASE WHEN m.id IS NULL THEN :seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))
      ELSE (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
        AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))) END)

-- name: graph_nodes
SELECT m.uid, 'memory', m.kind, m.state, m.namespace, n.path, r.title, substr(r.text, 1, 160), NULL, m.visibility, m.owner,
  CASE WHEN :past THEN m.state IN ('active', 'superseded', 'archived') AND EXISTS (SELECT 1 FROM revision h JOIN belief b ON b.revision = h.id
    WHERE h.memory = m.id AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known))
  ELSE m.state IN ('active', 'superseded') END
FROM json_each(:ids) i JOIN memory m ON m.uid = i.value JOIN namespace n ON n.id = m.namespace
JOIN revision r ON r.memory = m.id AND r.number = coalesce(
  (SELECT max(h.number) FROM revision h JOIN belief b ON b.revision = h.id WHERE h.memory = m.id AND b.recorded <= :known
    AND (b.recorded_until IS NULL OR b.recorded_until > :known) AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at)),
  (SELECT max(h.number) FROM revision h WHERE h.memory = m.id AND (h.number <= m.head OR :past) AND h.recorded <= :known), 1)
UNION ALL
SELECT e.uid, 'entity', e.kind, 'active', e.namespace, n.path, e.name, NULL, e.merged, 'unit', '',
  e.recorded <= :known AND (e.recorded_until IS NULL OR e.recorded_until > :known)
FROM json_each(:ids) i JOIN entity e ON e.uid = i.value JOIN namespace n ON n.id = e.namespace

-- name: graph_merged
SELECT 1 FROM entity WHERE merged IS NOT NULL LIMIT 1

-- name: graph_members
WITH RECURSIVE member (uid) AS (
  SELECT e.uid FROM entity e WHERE e.merged = :node AND e.recorded_until IS NULL
    AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen)))
  UNION
  SELECT e.uid FROM member m JOIN entity e ON e.merged = m.uid WHERE e.recorded_until IS NULL
    AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))))
SELECT uid FROM member

-- name: graph_root
WITH RECURSIVE above (uid, merged, depth) AS (
  SELECT e.uid, e.merged, 0 FROM entity e WHERE e.uid = :node
  UNION ALL
  SELECT e.uid, e.merged, a.depth + 1 FROM above a JOIN entity e ON e.uid = a.merged WHERE e.recorded_until IS NULL AND a.depth < 64
    AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen))))
SELECT uid FROM above ORDER BY depth DESC LIMIT 1

-- name: graph_events
WITH mine (uid, since, until, taken) AS MATERIALIZED (
  SELECT l.uid, coalesce(l.valid_from, l.recorded), l.valid_until, CASE WHEN l.recorded_until <= :known THEN l.recorded_until END
  FROM json_each(:nodes) i JOIN link l ON l.source = i.value WHERE l.recorded <= :known
  UNION
  SELECT l.uid, coalesce(l.valid_from, l.recorded), l.valid_until, CASE WHEN l.recorded_until <= :known THEN l.recorded_until END
  FROM json_each(:nodes) i JOIN link l ON l.target = i.value WHERE l.recorded <= :known)
SELECT uid, since, 'linked' FROM mine WHERE since >= :since AND since <= :until
UNION ALL SELECT uid, until, 'ceased' FROM mine WHERE until >= :since AND until <= :until AND taken IS NULL
UNION ALL SELECT uid, taken, 'taken back' FROM mine WHERE taken >= :since AND taken <= :until
ORDER BY 2 DESC, 1 DESC LIMIT :limit OFFSET :skip

-- name: graph_links
SELECT l.uid, l.kind, l.source, l.target, l.weight, l.valid_from, l.valid_until, l.recorded, l.recorded_until, l.evidence,
  CASE WHEN l.recorded_until IS NOT NULL THEN (SELECT n.uid FROM link n WHERE n.source = l.source AND n.target = l.target AND n.kind = l.kind AND n.recorded = l.recorded_until
    AND n.uid <> l.uid AND n.recorded <= :known LIMIT 1) END
FROM json_each(:ids) i JOIN link l ON l.uid = i.value

-- name: graph_between
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link
WHERE source = :source AND target = :target AND kind = :kind AND recorded_until IS NULL ORDER BY coalesce(valid_from, recorded), uid

-- name: graph_link
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link WHERE uid = :uid

-- name: graph_all_links
SELECT l.uid, l.kind, l.source, l.target, l.weight, coalesce(l.valid_from, l.recorded) <= :at AND (l.valid_until IS NULL OR l.valid_until > :at),
  l.evidence IS NOT NULL
FROM link l WHERE l.recorded <= :known AND (l.recorded_until IS NULL OR l.recorded_until > :known)

-- name: graph_all_nodes
SELECT m.uid, 'memory', m.kind, m.state, m.namespace, '', NULL,
  (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen))))),
  :scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope
FROM memory m JOIN namespace n ON n.id = m.namespace
UNION ALL
SELECT e.uid, 'entity', e.kind, CASE WHEN e.recorded_until IS NULL THEN 'active' ELSE 'withdrawn' END, e.namespace, e.name, e.merged,
  :seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen)), :scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope
FROM entity e JOIN namespace n ON n.id = e.namespace

-- name: entity_by_uid
SELECT id, uid, namespace, kind, name, recorded, recorded_until, merged FROM entity WHERE uid = :uid

-- name: entities_called
SELECT id, uid, namespace, kind, name, recorded, recorded_until, merged FROM entity
WHERE name = :name COLLATE NOCASE AND recorded_until IS NULL AND namespace IN (SELECT value FROM json_each(:nodes))
UNION
SELECT e.id, e.uid, e.namespace, e.kind, e.name, e.recorded, e.recorded_until, e.merged FROM alias a JOIN entity e ON e.id = a.entity
WHERE a.name = :name AND a.recorded_until IS NULL AND e.recorded_until IS NULL AND e.namespace IN (SELECT value FROM json_each(:nodes))
ORDER BY 1

-- name: entities_listed
SELECT e.id, e.uid, e.namespace, e.kind, e.name, e.recorded, e.recorded_until, e.merged, n.path FROM entity e JOIN namespace n ON n.id = e.namespace
WHERE e.recorded_until IS NULL AND (:kind IS NULL OR e.kind = :kind) AND (:before IS NULL OR e.uid < :before)
  AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND (:merged OR e.merged IS NULL)
  AND (:seen IS NULL OR ('unit' || e.namespace) IN (SELECT value FROM json_each(:seen)))
  AND (:part IS NULL OR instr(lower(e.name), lower(:part)) > 0
    OR EXISTS (SELECT 1 FROM alias a WHERE a.entity = e.id AND a.recorded_until IS NULL AND instr(lower(a.name), lower(:part)) > 0))
ORDER BY e.uid DESC LIMIT :limit

-- name: aliases_of
SELECT name, recorded, recorded_until FROM alias WHERE entity = :entity ORDER BY recorded, name

-- name: mentions_of
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link
WHERE source = :node AND kind = 'mentions' AND recorded_until IS NULL AND valid_until IS NULL

-- name: mentioned_of
SELECT digest, version FROM mentioned WHERE memory = :memory

-- name: mentioned_put
INSERT INTO mentioned (memory, digest, version) VALUES (:memory, :digest, :version)
ON CONFLICT (memory) DO UPDATE SET digest = excluded.digest, version = excluded.version

-- name: mentioned_together
SELECT l.target, l.source FROM link l JOIN memory m ON m.uid = l.source AND m.state = 'active'
WHERE l.kind = 'mentions' AND l.recorded_until IS NULL AND l.valid_until IS NULL AND m.visibility <> 'private'
  AND m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope)
ORDER BY l.target, l.source

-- name: linked_pairs
SELECT source, target FROM link WHERE source IN (SELECT value FROM json_each(:ids)) AND target IN (SELECT value FROM json_each(:ids))

-- name: entity_ends
SELECT l.source FROM json_each(:ids) i JOIN link l ON l.target = i.value WHERE l.recorded_until IS NULL
UNION SELECT l.target FROM json_each(:ids) i JOIN link l ON l.source = i.value WHERE l.recorded_until IS NULL
