-- name: session_by_uid
SELECT id, uid, namespace, external, agent, started, ended FROM session WHERE uid = :uid

-- name: session_insert
INSERT INTO session (uid, namespace, external, agent, started, ended, recorded, client, parent, cwd, branch, transcript, closed)
VALUES (:uid, :namespace, :external, :agent, :started, :ended, :recorded, :client, :parent, :cwd, :branch, :transcript, :closed)

-- name: session_extend
UPDATE session SET started = min(coalesce(started, :started), coalesce(:started, started)),
  ended = max(coalesce(ended, :ended), coalesce(:ended, ended)) WHERE id = :id

-- name: turn_insert
INSERT INTO turn (uid, session, position, external, speaker, role, time, recorded, entry, withdrawn, text, caption, event, detail, channel, digest)
VALUES (:uid, :session, :position, :external, :speaker, :role, :time, :recorded, :entry, :withdrawn, :text, :caption, :event, :detail, :channel, :digest)

-- name: turns_known
SELECT uid, text, caption, withdrawn FROM turn WHERE uid IN (SELECT value FROM json_each(:uids))

-- name: turn_return
UPDATE turn SET withdrawn = 0, entry = :entry WHERE uid = :uid AND withdrawn = 1

-- name: turn_make_way
UPDATE turn SET uid = uid || '.' || id WHERE uid = :uid AND withdrawn = 1

-- name: turn_place_taken
SELECT 1 FROM turn WHERE session = :session AND position = :position

-- name: turn_by_uid
SELECT t.id, t.uid, t.session, t.external, t.position, t.speaker, t.role, t.time, t.text, t.caption, s.external, n.path, t.withdrawn, t.recorded
FROM turn t JOIN session s ON s.id = t.session JOIN namespace n ON n.id = s.namespace WHERE t.uid = :uid

-- name: turns_of_session
SELECT id, uid, session, external, position, speaker, role, time, text, caption FROM turn
WHERE session = :session AND position >= :first AND withdrawn <= :withdrawn ORDER BY position

-- name: turn_last_position
SELECT coalesce(max(position), -1) FROM turn WHERE session = :session

-- name: turns_withdraw
UPDATE turn SET withdrawn = :withdrawn WHERE entry = :entry AND withdrawn <> :withdrawn

-- name: sessions_of_entry
SELECT DISTINCT session FROM turn WHERE entry = :entry

-- name: sessions_all
SELECT s.id, s.uid, s.namespace, s.external, s.agent, s.started, s.ended, s.recorded, n.path, s.client, p.uid, s.cwd, s.branch, s.transcript, s.closed
FROM session s JOIN namespace n ON n.id = s.namespace LEFT JOIN session p ON p.id = s.parent ORDER BY s.id

-- name: turns_all
SELECT t.uid, s.uid, t.position, t.external, t.speaker, t.role, t.time, t.recorded, t.withdrawn, t.text, t.caption, t.event, t.detail, t.channel,
  (SELECT json_group_array(uid) FROM (SELECT uid FROM sighting WHERE turn = t.id ORDER BY uid))
FROM turn t JOIN session s ON s.id = t.session ORDER BY t.id

-- name: session_ids
SELECT id FROM session ORDER BY id

-- name: turns_in_time
SELECT t.time, t.uid, substr(t.text, 1, 300), t.speaker, n.path FROM turn t JOIN session s ON s.id = t.session JOIN namespace n ON n.id = s.namespace
WHERE t.time >= :since AND t.time < :until AND t.withdrawn = 0 ORDER BY t.time LIMIT :limit

-- name: session_namespace
SELECT namespace FROM session WHERE id = :id

-- name: turn_empty
UPDATE turn SET text = '', caption = NULL, detail = NULL WHERE uid = :uid
