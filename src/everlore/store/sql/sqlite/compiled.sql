-- name: compiled_put
INSERT OR REPLACE INTO compiled (session, turns, version) VALUES (:session, :turns, :version)

-- name: sessions_uncompiled
SELECT s.uid FROM session s JOIN namespace n ON n.id = s.namespace LEFT JOIN compiled c ON c.session = s.id
WHERE s.client IS NOT NULL AND s.parent IS NULL AND (s.closed IS NOT NULL OR s.ended < :quiet)
  AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND (:seen IS NULL OR ('unit' || s.namespace) IN (SELECT value FROM json_each(:seen)))
  AND (c.session IS NULL OR c.version <> :version OR c.turns <> (SELECT count(*) FROM turn t WHERE t.session = s.id AND t.withdrawn = 0))
ORDER BY coalesce(s.started, s.recorded), s.id LIMIT :limit

-- name: page_from
SELECT m.uid FROM revision r JOIN memory m ON m.id = r.memory WHERE r.source = :source AND m.kind = 'page' ORDER BY m.id LIMIT 1

-- name: pages_from
SELECT DISTINCT m.uid FROM revision r JOIN memory m ON m.id = r.memory WHERE r.source = :source AND m.kind = 'page' AND m.state <> 'purged'

-- name: proposals_to_remember
SELECT payload FROM proposal WHERE namespace = :namespace AND operation = 'remember' ORDER BY id DESC LIMIT :limit

-- name: memories_for_playbook
SELECT m.uid, m.kind, r.text, coalesce(r.valid_from, r.recorded), r.source FROM memory m JOIN revision r ON r.memory = m.id AND r.number = m.head
WHERE m.namespace = :namespace AND m.state = 'active' AND m.visibility <> 'private' AND m.kind IN ('convention', 'preference', 'procedure', 'failure', 'decision')
  AND (r.valid_until IS NULL OR r.valid_until > :now)
ORDER BY coalesce(r.valid_from, r.recorded) DESC, m.id DESC LIMIT :limit

-- name: commands_ran
SELECT s.uid, t.uid, t.position, t.role, t.event, t.text, t.time, t.detail FROM turn t JOIN session s ON s.id = t.session
WHERE s.namespace = :namespace AND s.parent IS NULL AND t.withdrawn = 0 AND t.role = 'tool' AND t.event <> 'tool_call'
  AND json_extract(t.detail, '$.command') IS NOT NULL
ORDER BY t.id DESC LIMIT :limit
