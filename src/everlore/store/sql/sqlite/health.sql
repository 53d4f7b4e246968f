-- name: jobs_dead
SELECT kind, key, attempts, error FROM job WHERE dead = 1 ORDER BY id LIMIT :limit

-- name: transcripts_failed
SELECT path, client, attempts, error, dead FROM transcript WHERE attempts > 0 ORDER BY dead DESC, recorded DESC LIMIT :limit

-- name: sessions_by_client
SELECT s.client, count(*), max(s.ended) FROM session s JOIN namespace n ON n.id = s.namespace
WHERE s.client IS NOT NULL AND s.parent IS NULL AND n.path <> :except GROUP BY s.client

-- name: hooks_by_client
SELECT s.client, max(t.recorded) FROM session s JOIN namespace n ON n.id = s.namespace JOIN turn t ON t.session = s.id
WHERE s.client IS NOT NULL AND t.channel = 'hook' AND n.path <> :except GROUP BY s.client

-- name: sessions_named
SELECT s.id, n.path FROM session s JOIN namespace n ON n.id = s.namespace WHERE s.external = :external

-- name: turns_move_entry
UPDATE turn SET entry = :entry WHERE session = :session AND withdrawn = 0
