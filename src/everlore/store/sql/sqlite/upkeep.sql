-- name: schema_version
PRAGMA user_version

-- name: count_memories
SELECT state, count(*) FROM memory GROUP BY state

-- name: count_turns
SELECT count(*) FROM turn WHERE withdrawn = 0

-- name: count_sessions
SELECT count(*) FROM session

-- name: count_namespaces
SELECT count(*) FROM namespace

-- name: count_links
SELECT count(*) FROM link WHERE recorded_until IS NULL

-- name: count_journal
SELECT count(*) FROM journal

-- name: text_bytes
SELECT (SELECT coalesce(sum(length(CAST(text AS BLOB)) + coalesce(length(CAST(caption AS BLOB)), 0)), 0) FROM turn)
  + (SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM revision)

-- name: setting_get
SELECT value FROM setting WHERE name = :name

-- name: setting_set
INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: foreign_key_problems
SELECT "table", rowid FROM pragma_foreign_key_check() LIMIT 20
