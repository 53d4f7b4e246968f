-- name: memory_by_uid
SELECT id, uid, namespace, kind, state, layer, tier, importance, pinned, tags, created, head, uses, last_used, visibility, owner, expires, ttl, tier_uses, placed FROM memory WHERE uid = :uid

-- name: memory_by_id
SELECT id, uid, namespace, kind, state, layer, tier, importance, pinned, tags, created, head, uses, last_used, visibility, owner, expires, ttl, tier_uses, placed FROM memory WHERE id = :id

-- name: memory_insert
INSERT INTO memory (uid, namespace, kind, state, layer, tier, importance, pinned, tags, created, head, visibility, owner, expires, ttl, tier_uses, placed, scanned)
VALUES (:uid, :namespace, :kind, :state, :layer, :tier, :importance, :pinned, :tags, :created, :head, :visibility, :owner, :expires, :ttl, :tier_uses, :placed, :scanned)

-- name: memory_set_state
UPDATE memory SET state = :state WHERE id = :id

-- name: memory_set_head
UPDATE memory SET head = :head WHERE id = :id

-- name: memory_scanned
UPDATE memory SET scanned = :rules WHERE id = :id

-- name: memory_set_kind
UPDATE memory SET kind = :value WHERE id = :id

-- name: memory_set_layer
UPDATE memory SET layer = :value WHERE id = :id

-- name: memory_set_tier
UPDATE memory SET tier = :value WHERE id = :id

-- name: memory_set_importance
UPDATE memory SET importance = :value WHERE id = :id

-- name: memory_set_pinned
UPDATE memory SET pinned = :value WHERE id = :id

-- name: memory_set_tags
UPDATE memory SET tags = :value WHERE id = :id

-- name: tagging_keep
INSERT OR IGNORE INTO tagging (memory, digest, tags) VALUES (:memory, :digest, :tags)

-- name: tagging
SELECT tags FROM tagging WHERE memory = :memory AND digest = :digest

-- name: taggings_drop
DELETE FROM tagging WHERE memory = :memory

-- name: memory_set_visibility
UPDATE memory SET visibility = :value WHERE id = :id

-- name: memory_set_expires
UPDATE memory SET expires = :value WHERE id = :id

-- name: memory_set_ttl
UPDATE memory SET ttl = :value WHERE id = :id

-- name: memory_set_tier_uses
UPDATE memory SET tier_uses = :value WHERE id = :id

-- name: memory_set_placed
UPDATE memory SET placed = :value WHERE id = :id

-- name: memory_set_namespace
UPDATE memory SET namespace = :value WHERE id = :id

-- name: memory_used
UPDATE memory SET uses = uses + :count, last_used = max(coalesce(last_used, 0), :at),
  expires = CASE WHEN ttl IS NULL OR expires IS NULL THEN expires ELSE max(expires, :at + ttl) END
WHERE uid = :uid

-- name: memory_unused
UPDATE memory SET uses = max(0, uses - :count), last_used = CASE WHEN last_used IS :at THEN :last_used ELSE last_used END,
  expires = CASE WHEN expires IS :ends THEN :expires ELSE expires END
WHERE uid = :uid

-- name: memory_set_use
UPDATE memory SET uses = :uses, last_used = :last_used WHERE id = :id

-- name: memories_listed
SELECT id, uid, namespace, kind, state, layer, tier, importance, pinned, tags, created, head, uses, last_used, visibility, owner, expires, ttl, tier_uses, placed FROM memory
WHERE id IN (
  SELECT m.id FROM memory m
  WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
    AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier)
    AND (:pinned IS NULL OR m.pinned = :pinned) AND (:before IS NULL OR m.uid < :before)
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  ORDER BY m.uid DESC LIMIT :limit)
ORDER BY uid DESC

-- name: memories_count
SELECT count(*) FROM memory m
WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope) AND m.state = :state
  AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier)
    AND (:pinned IS NULL OR m.pinned = :pinned) AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))

-- name: memories_held_listed
SELECT id, uid, namespace, kind, state, layer, tier, importance, pinned, tags, created, head, uses, last_used, visibility, owner, expires, ttl, tier_uses, placed FROM memory
WHERE id IN (
  SELECT m.id FROM memory m
  WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope)
    AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier)
    AND (:pinned IS NULL OR m.pinned = :pinned) AND (:before IS NULL OR m.uid < :before)
    AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
    AND m.state NOT IN ('withdrawn', 'purged') AND EXISTS (SELECT 1 FROM revision r JOIN belief b ON b.revision = r.id WHERE r.memory = m.id
      AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known) AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at))
  ORDER BY m.uid DESC LIMIT :limit)
ORDER BY uid DESC

-- name: memories_held_count
SELECT count(*) FROM memory m
WHERE m.namespace IN (SELECT id FROM namespace WHERE :scope IS NULL OR (' ' || lineage || ' ') LIKE :scope)
    AND (:kind IS NULL OR m.kind = :kind) AND (:layer IS NULL OR m.layer = :layer) AND (:tier IS NULL OR m.tier = :tier)
    AND (:pinned IS NULL OR m.pinned = :pinned) AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value = :tag))
    AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
      AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
    AND m.state NOT IN ('withdrawn', 'purged') AND EXISTS (SELECT 1 FROM revision r JOIN belief b ON b.revision = r.id WHERE r.memory = m.id
      AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known) AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at))

-- name: memories_all
SELECT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses, m.last_used, m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed, n.path
FROM memory m JOIN namespace n ON n.id = m.namespace ORDER BY m.id

-- name: revision_insert
INSERT INTO revision (memory, number, title, text, digest, valid_from, valid_until, recorded, recorded_until, actor, source)
VALUES (:memory, :number, :title, :text, :digest, :valid_from, :valid_until, :recorded, :recorded_until, :actor, :source)

-- name: revision_by_number
SELECT id, memory, number, title, text, digest, valid_from, valid_until, recorded, recorded_until, actor, source
FROM revision WHERE memory = :memory AND number = :number

-- name: revision_by_id
SELECT id, memory, number, title, text, digest, valid_from, valid_until, recorded, recorded_until, actor, source
FROM revision WHERE id = :id

-- name: revisions_of
SELECT id, memory, number, title, text, digest, valid_from, valid_until, recorded, recorded_until, actor, source
FROM revision WHERE memory = :memory ORDER BY number

-- name: revision_last_number
SELECT max(number) FROM revision WHERE memory = :memory

-- name: revision_close
UPDATE revision SET recorded_until = :recorded_until WHERE id = :id

-- name: revision_set_valid_until
UPDATE revision SET valid_until = :valid_until WHERE id = :id

-- name: revision_set_valid_from
UPDATE revision SET valid_from = :valid_from WHERE id = :id

-- name: memories_with_digest
SELECT m.uid, r.number FROM revision r JOIN memory m ON m.id = r.memory
WHERE r.digest = :digest AND m.namespace = :namespace AND m.head = r.number AND m.state = :state

-- name: memories_ever_with_digest
SELECT DISTINCT m.uid FROM revision r JOIN memory m ON m.id = r.memory
WHERE r.digest = :digest AND m.namespace = :namespace AND m.state NOT IN ('withdrawn', 'purged')

-- name: link_insert
INSERT INTO link (uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence)
VALUES (:uid, :kind, :source, :target, :weight, :valid_from, :valid_until, :recorded, :recorded_until, :evidence)

-- name: link_keep
INSERT OR IGNORE INTO link (uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence)
VALUES (:uid, :kind, :source, :target, :weight, :valid_from, :valid_until, :recorded, :recorded_until, :evidence)

-- name: link_close
UPDATE link SET recorded_until = :recorded_until WHERE uid = :uid

-- name: links_of
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link
WHERE (source = :uid OR target = :uid) AND recorded_until IS NULL ORDER BY recorded, uid

-- name: links_held
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link
WHERE (source = :uid OR target = :uid) AND recorded <= :known AND (recorded_until IS NULL OR recorded_until > :known)
  AND coalesce(valid_from, recorded) <= :at AND (valid_until IS NULL OR valid_until > :at) ORDER BY recorded, uid

-- name: contradicting
SELECT m.uid FROM (SELECT target AS uid FROM link WHERE source = :uid AND kind = 'contradicts' AND recorded_until IS NULL AND (valid_until IS NULL OR valid_until > :now)
  UNION SELECT source FROM link WHERE target = :uid AND kind = 'contradicts' AND recorded_until IS NULL AND (valid_until IS NULL OR valid_until > :now)) l
JOIN memory m ON m.uid = l.uid WHERE m.state = 'active' ORDER BY m.uid

-- name: link_ends
SELECT source, target FROM link WHERE uid = :uid

-- name: links_from
SELECT target FROM link WHERE source = :uid AND kind = :kind AND recorded_until IS NULL ORDER BY recorded

-- name: texts_replaced
-- What some memories said before: their earlier revisions, and the texts of those whose place they took, and of those before these.
WITH RECURSIVE earlier (uid, id, depth) AS (
  SELECT m.uid, m.id, 0 FROM json_each(:uids) j JOIN memory m ON m.uid = j.value
  UNION SELECT e.uid, p.id, e.depth + 1 FROM earlier e JOIN memory m ON m.id = e.id JOIN link l ON l.source = m.uid AND l.kind = 'supersedes'
    AND l.recorded_until IS NULL JOIN memory p ON p.uid = l.target WHERE e.depth < 8
)
SELECT e.uid, r.text FROM earlier e JOIN memory m ON m.id = e.id JOIN revision r ON r.memory = m.id WHERE e.depth > 0 OR r.number < m.head

-- name: links_to
SELECT uid FROM link WHERE target = :uid AND kind = :kind AND recorded_until IS NULL ORDER BY recorded

-- name: links_all
SELECT uid, kind, source, target, weight, valid_from, valid_until, recorded, recorded_until, evidence FROM link ORDER BY uid

-- name: entities_all
SELECT e.uid, n.path, e.kind, e.name, e.recorded, e.recorded_until, e.merged, e.namespace FROM entity e JOIN namespace n ON n.id = e.namespace ORDER BY e.id

-- name: aliases_all
SELECT e.uid, a.name, a.recorded, a.recorded_until FROM alias a JOIN entity e ON e.id = a.entity ORDER BY e.id, a.name

-- name: entity_insert
INSERT OR IGNORE INTO entity (uid, namespace, kind, name, recorded, recorded_until)
VALUES (:uid, :namespace, :kind, :name, :recorded, :recorded_until)

-- name: alias_insert
INSERT OR IGNORE INTO alias (entity, name, recorded, recorded_until) SELECT id, :name, :recorded, :recorded_until FROM entity WHERE uid = :entity

-- name: entity_namespace
SELECT namespace FROM entity WHERE uid = :uid

-- name: entity_close
UPDATE entity SET recorded_until = :recorded_until WHERE uid = :uid

-- name: entity_set_merged
UPDATE entity SET merged = :merged WHERE uid = :uid

-- name: alias_close
UPDATE alias SET recorded_until = :recorded_until WHERE name = :name AND entity = (SELECT id FROM entity WHERE uid = :uid)

-- name: revisions_in_time
SELECT coalesce(r.valid_from, r.recorded), m.uid, r.number, r.title, substr(r.text, 1, 300), m.kind, m.state, n.path, r.valid_from, r.valid_until, r.recorded
FROM revision r JOIN memory m ON m.id = r.memory JOIN namespace n ON n.id = m.namespace
WHERE coalesce(r.valid_from, r.recorded) >= :since AND coalesce(r.valid_from, r.recorded) < :until AND m.state NOT IN ('held', 'withdrawn', 'purged')
  AND (:name IS NULL OR (m.visibility = 'private' AND m.owner = :name) OR (m.visibility <> 'private'
    AND (:seen IS NULL OR m.visibility = 'collective' OR (m.visibility || m.namespace) IN (SELECT value FROM json_each(:seen)))))
  AND (r.recorded_until IS NULL OR r.recorded_until > r.recorded) AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (:ids IS NULL OR m.uid IN (SELECT value FROM json_each(:ids)))
ORDER BY 1 DESC, m.uid DESC, r.number DESC LIMIT :limit

-- name: memory_source
SELECT n.path, r.title, t.external, s.external, s.namespace, r.valid_from, r.valid_until FROM memory m JOIN namespace n ON n.id = m.namespace
JOIN revision r ON r.memory = m.id AND r.number = :number LEFT JOIN turn t ON t.uid = r.source LEFT JOIN session s ON s.id = t.session
WHERE m.uid = :uid

-- name: belief_open
SELECT id, valid_from, valid_until, recorded FROM belief WHERE revision = :revision AND recorded_until IS NULL

-- name: belief_before
SELECT valid_until FROM belief WHERE revision = :revision AND recorded_until IS NOT NULL ORDER BY id DESC LIMIT 1

-- name: belief_insert
INSERT INTO belief (revision, valid_from, valid_until, recorded, recorded_until) VALUES (:revision, :valid_from, :valid_until, :recorded, :recorded_until)

-- name: belief_close
UPDATE belief SET recorded_until = :recorded_until WHERE id = :id

-- name: belief_delete
DELETE FROM belief WHERE id = :id

-- name: beliefs_of
SELECT r.number, b.valid_from, b.valid_until, b.recorded, b.recorded_until FROM belief b JOIN revision r ON r.id = b.revision
WHERE r.memory = :memory ORDER BY b.id

-- name: believed
SELECT r.id, b.valid_from, b.valid_until, b.recorded FROM json_each(:revisions) i JOIN revision r ON r.id = i.value JOIN belief b ON b.revision = r.id
WHERE b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known) AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :since)

-- name: believed_over
SELECT r.id FROM json_each(:revisions) i JOIN revision r ON r.id = i.value
WHERE EXISTS (SELECT 1 FROM revision n JOIN belief b ON b.revision = n.id
  WHERE n.memory = r.memory AND n.number > r.number AND (n.recorded_until IS NULL OR n.recorded_until > n.recorded)
    AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known) AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at))

-- name: believed_of
SELECT r.id, r.memory, r.number, r.title, r.text, r.digest, b.valid_from, b.valid_until, r.recorded, r.recorded_until, r.actor, r.source
FROM revision r JOIN belief b ON b.revision = r.id
WHERE r.memory = :memory AND b.recorded <= :known AND (b.recorded_until IS NULL OR b.recorded_until > :known)
  AND b.valid_from <= :at AND (b.valid_until IS NULL OR b.valid_until > :at)
ORDER BY r.number DESC LIMIT 1

-- name: memories_of_node
SELECT uid FROM memory WHERE namespace = :namespace

-- name: feedback_insert
INSERT INTO feedback (uid, memory, verdict, actor, note, recorded, recorded_until) VALUES (:uid, :memory, :verdict, :actor, :note, :recorded, :recorded_until)

-- name: feedback_close
UPDATE feedback SET recorded_until = :recorded_until WHERE uid = :uid

-- name: feedback_of
SELECT uid, verdict, actor, note, recorded FROM feedback WHERE memory = :memory AND recorded_until IS NULL ORDER BY recorded, uid

-- name: layer_zero_count
SELECT count(*) FROM memory WHERE namespace = :namespace AND layer = 0 AND state = 'active'

-- name: revision_empty
UPDATE revision SET title = NULL, text = '', digest = x'' WHERE id = :id

-- name: memory_empty
UPDATE memory SET tags = '[]', placed = NULL WHERE id = :id

-- name: standards_empty
UPDATE standard SET name = '' WHERE memory = :memory AND name <> ''

-- name: derived_of
WITH RECURSIVE derived (uid) AS (
  SELECT source FROM link WHERE target = :memory AND kind = 'derived_from'
  UNION SELECT l.source FROM link l JOIN derived d ON l.target = d.uid WHERE l.kind = 'derived_from')
SELECT m.uid FROM derived JOIN memory m ON m.uid = derived.uid WHERE m.uid <> :memory ORDER BY m.uid

-- name: feedback_empty
UPDATE feedback SET note = NULL WHERE memory = :memory AND note IS NOT NULL

-- name: links_empty
UPDATE link SET evidence = NULL WHERE (source = :memory OR target = :memory) AND evidence IS NOT NULL

-- name: entities_only_of
SELECT e.uid FROM entity e WHERE e.uid IN (SELECT target FROM link WHERE source = :memory AND kind = 'mentions')
  AND NOT EXISTS (SELECT 1 FROM link l WHERE (l.target = e.uid OR l.source = e.uid) AND l.source <> :memory AND l.target <> :memory)

-- name: entity_empty
UPDATE entity SET name = '' WHERE uid = :uid

-- name: aliases_empty
DELETE FROM alias WHERE entity = (SELECT id FROM entity WHERE uid = :uid)

-- name: memories_to_sweep
SELECT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses, m.last_used,
  m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed
FROM memory m JOIN namespace n ON n.id = m.namespace
WHERE m.state = 'active' AND m.pinned = 0 AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (m.tier <> 'long' OR m.expires IS NOT NULL OR :below > 0)
ORDER BY m.id

-- name: memories_archived_before
SELECT m.uid FROM memory m JOIN namespace n ON n.id = m.namespace JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.state = 'archived' AND m.pinned = 0 AND r.recorded_until <= :before AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
ORDER BY m.id LIMIT :limit

-- name: memories_uncurated
SELECT m.id, m.uid, m.namespace, m.kind, m.state, m.layer, m.tier, m.importance, m.pinned, m.tags, m.created, m.head, m.uses, m.last_used,
  m.visibility, m.owner, m.expires, m.ttl, m.tier_uses, m.placed
FROM memory m JOIN namespace n ON n.id = m.namespace JOIN revision r ON r.memory = m.id AND r.number = m.head
LEFT JOIN curated c ON c.memory = m.id
WHERE m.state = 'active' AND m.id > :after AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (c.memory IS NULL OR c.digest <> r.digest OR c.version <> :version)
ORDER BY m.id LIMIT :limit

-- name: curated_put
INSERT OR REPLACE INTO curated (memory, digest, version) VALUES (:memory, :digest, :version)

-- name: tags_known
SELECT lower(t.value), count(*) FROM memory m JOIN namespace n ON n.id = m.namespace, json_each(m.tags) t
WHERE m.state = 'active' AND (' ' || n.lineage || ' ') LIKE :scope GROUP BY 1

-- name: links_dead
SELECT l.uid, l.kind, l.source, l.target FROM link l LEFT JOIN memory s ON s.uid = l.source LEFT JOIN memory t ON t.uid = l.target
LEFT JOIN entity e ON e.uid = l.source LEFT JOIN entity f ON f.uid = l.target
WHERE l.recorded_until IS NULL AND ((s.id IS NULL AND e.id IS NULL) OR (t.id IS NULL AND f.id IS NULL)
  OR s.state IN ('withdrawn', 'purged') OR t.state IN ('withdrawn', 'purged'))
LIMIT :limit

-- name: clusters
SELECT l.target, e.name, e.namespace, m.namespace, group_concat(m.uid, ' ') FROM link l JOIN memory m ON m.uid = l.source JOIN entity e ON e.uid = l.target
WHERE l.kind = 'mentions' AND l.recorded_until IS NULL AND e.recorded_until IS NULL AND m.state = 'active' AND m.kind <> 'page'
GROUP BY l.target, m.namespace HAVING count(*) >= :fewest AND count(*) <= :most

-- name: page_titled
SELECT m.uid FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.namespace = :namespace AND m.kind = 'page' AND m.state = 'active' AND r.title = :title COLLATE NOCASE LIMIT 1

-- name: feedback_all
SELECT uid, memory, verdict, actor, note, recorded, recorded_until FROM feedback ORDER BY uid

-- name: feedback_keep
INSERT OR IGNORE INTO feedback (uid, memory, verdict, actor, note, recorded, recorded_until) VALUES (:uid, :memory, :verdict, :actor, :note, :recorded, :recorded_until)
