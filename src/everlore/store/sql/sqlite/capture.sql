-- name: session_of_client
SELECT id, uid, namespace, cwd, branch, transcript, closed FROM session WHERE client = :client AND external = :external

-- name: session_describe
UPDATE session SET client = coalesce(client, :client), agent = coalesce(agent, :client), parent = coalesce(parent, :parent), cwd = coalesce(cwd, :cwd),
  branch = coalesce(:branch, branch), transcript = coalesce(:transcript, transcript) WHERE id = :id

-- name: session_close
UPDATE session SET closed = :closed WHERE id = :id

-- name: session_channels
SELECT DISTINCT channel FROM turn WHERE session = :session AND channel IS NOT NULL

-- name: turns_seen
SELECT uid FROM turn WHERE uid IN (SELECT value FROM json_each(:uids)) AND withdrawn = 0
UNION SELECT uid FROM sighting WHERE uid IN (SELECT value FROM json_each(:uids))

-- name: turns_said
SELECT t.id, t.external, t.channel, t.time, EXISTS (SELECT 1 FROM sighting s WHERE s.turn = t.id) FROM turn t
WHERE t.session = :session AND t.digest = :digest AND t.withdrawn = 0 ORDER BY t.position

-- name: sighting_insert
INSERT OR IGNORE INTO sighting (uid, turn) VALUES (:uid, :turn)

-- name: happening_insert
INSERT OR IGNORE INTO happening (uid, session, kind, name, at, detail) VALUES (:uid, :session, :kind, :name, :at, :detail)

-- name: happenings_of_session
SELECT kind, name, at, detail FROM happening WHERE session = :session ORDER BY at

-- name: place_by_root
SELECT p.namespace, p.identity, n.path FROM place p JOIN namespace n ON n.id = p.namespace WHERE p.root = :root

-- name: places_of
SELECT p.root, p.identity FROM place p WHERE p.namespace = :namespace

-- name: place_insert
INSERT INTO place (root, namespace, identity, recorded) VALUES (:root, :namespace, :identity, :recorded)
ON CONFLICT (root) DO UPDATE SET namespace = excluded.namespace, identity = excluded.identity

-- name: turn_row
SELECT id FROM turn WHERE uid = :uid
