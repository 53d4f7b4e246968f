-- name: handoff_insert
INSERT INTO handoff (uid, namespace, session, client, recipient, occasion, state, text, body, recorded, expires, changed)
VALUES (:uid, :namespace, :session, :client, :recipient, :occasion, :state, :text, :body, :recorded, :expires, :changed)

-- name: handoff_by_uid
SELECT h.id, h.uid, h.state, n.path, h.client, s.external, h.recipient, h.occasion, h.text, h.recorded, h.expires, h.changed, c.external, h.namespace, h.session
FROM handoff h JOIN namespace n ON n.id = h.namespace LEFT JOIN session s ON s.id = h.session LEFT JOIN session c ON c.id = h.claimed_by
WHERE h.uid = :uid

-- name: handoffs_listed
SELECT h.id, h.uid, h.state, n.path, h.client, s.external, h.recipient, h.occasion, h.text, h.recorded, h.expires, h.changed, c.external, h.namespace, h.session
FROM handoff h JOIN namespace n ON n.id = h.namespace LEFT JOIN session s ON s.id = h.session LEFT JOIN session c ON c.id = h.claimed_by
WHERE (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND (:state IS NULL OR h.state = :state) AND h.state <> 'withdrawn'
  AND (:seen IS NULL OR ('unit' || h.namespace) IN (SELECT value FROM json_each(:seen)))
  AND (:before IS NULL OR (h.recorded, h.id) < (SELECT b.recorded, b.id FROM handoff b WHERE b.uid = :before))
ORDER BY h.recorded DESC, h.id DESC LIMIT :limit

-- name: handoff_waiting
SELECT h.id, h.uid, h.state, n.path, h.client, s.external, h.recipient, h.occasion, h.text, h.recorded, h.expires, h.changed, c.external, h.namespace, h.session
FROM handoff h JOIN namespace n ON n.id = h.namespace LEFT JOIN session s ON s.id = h.session LEFT JOIN session c ON c.id = h.claimed_by
WHERE h.namespace = :namespace AND h.state = 'offered' AND h.expires > :now AND (h.recipient IS NULL OR :client IS NULL OR h.recipient = :client)
  AND (:session IS NULL OR h.session IS NULL OR h.session <> :session)
ORDER BY h.recorded DESC, h.id DESC LIMIT 1

-- name: handoff_set_state
UPDATE handoff SET state = :state, changed = :changed, claimed_by = CASE WHEN :state = 'offered' THEN NULL ELSE coalesce(:claimed_by, claimed_by) END, expires = coalesce(:expires, expires) WHERE uid = :uid AND state = :before

-- name: handoffs_to_replace
SELECT uid, state FROM handoff WHERE namespace = :namespace AND state = 'offered' AND uid <> :uid
  AND recipient IS :recipient AND (session IS NOT NULL OR :session IS NULL)

-- name: handoffs_overdue
SELECT uid FROM handoff WHERE state = 'offered' AND expires <= :now

-- name: handoffs_claimed_by
SELECT uid FROM handoff WHERE claimed_by = :session AND state = 'claimed'

-- name: handoff_taken_up
SELECT text FROM handoff WHERE claimed_by = :session AND state IN ('claimed', 'done') ORDER BY changed DESC LIMIT 1

-- name: handoff_last_of_session
SELECT recorded, uid, state FROM handoff WHERE session = :session AND state <> 'withdrawn' ORDER BY recorded DESC, id DESC LIMIT 1

-- name: session_latest
SELECT s.id, s.uid, s.external, s.client, s.cwd, s.branch, s.started, s.ended, s.closed, s.transcript,
  (SELECT max(t.recorded) FROM turn t WHERE t.session = s.id AND t.withdrawn = 0) AS last
FROM session s WHERE s.namespace = :namespace AND s.client IS NOT NULL AND s.parent IS NULL AND s.id <> :session AND s.ended >= :since
  AND EXISTS (SELECT 1 FROM turn t WHERE t.session = s.id AND t.withdrawn = 0 AND t.event = 'prompt')
ORDER BY s.ended DESC, s.id DESC LIMIT 1

-- name: session_facts
SELECT s.id, s.uid, s.external, s.client, s.cwd, s.branch, s.started, s.ended, s.closed, s.transcript FROM session s WHERE s.id = :session

-- name: turns_told
SELECT t.uid, t.position, t.role, t.event, t.text, t.time, t.detail, t.recorded FROM turn t
WHERE t.session = :session AND t.withdrawn = 0 ORDER BY coalesce(t.time, t.recorded), t.position

-- name: session_did
SELECT 1 FROM turn WHERE session = :session AND withdrawn = 0 AND role = 'tool' LIMIT 1

-- name: session_parent
SELECT parent FROM session WHERE id = :session

-- name: handoffs_all
SELECT h.uid, n.path, s.uid, h.client, h.recipient, h.occasion, h.state, h.text, h.body, h.recorded, h.expires, h.changed, c.uid, h.namespace
FROM handoff h JOIN namespace n ON n.id = h.namespace LEFT JOIN session s ON s.id = h.session LEFT JOIN session c ON c.id = h.claimed_by ORDER BY h.id

-- name: handoff_keep
INSERT INTO handoff (uid, namespace, session, client, recipient, occasion, state, text, body, recorded, expires, changed, claimed_by)
VALUES (:uid, :namespace, :session, :client, :recipient, :occasion, :state, :text, :body, :recorded, :expires, :changed, :claimed_by)
ON CONFLICT (uid) DO NOTHING
