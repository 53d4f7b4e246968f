-- name: journal_last
SELECT seq, uid, hash FROM journal ORDER BY seq DESC LIMIT 1

-- name: journal_insert
INSERT INTO journal (seq, uid, parent, at, actor, operation, namespace, reason, changes, previous, hash)
VALUES (:seq, :uid, :parent, :at, :actor, :operation, :namespace, :reason, :changes, :previous, :hash)

-- name: newest
SELECT coalesce((SELECT max(seq) FROM journal), 0) || ' ' || coalesce((SELECT max(id) FROM ledger), 0) || ' ' || coalesce((SELECT max(id) FROM turn), 0)

-- name: journal_by_uid
SELECT seq, uid, parent, at, actor, operation, namespace, reason, changes, undone_by FROM journal WHERE uid = :uid

-- name: journal_undoable
SELECT seq, uid, parent, at, actor, operation, namespace, reason, changes, undone_by FROM journal
WHERE undone_by IS NULL AND changes <> '[]' AND operation NOT IN ('undo', 'capture', 'handoff') ORDER BY seq DESC

-- name: journal_parts
SELECT seq, uid, parent, at, actor, operation, namespace, reason, changes, undone_by FROM journal WHERE parent = :uid ORDER BY seq

-- name: journal_undone_by
SELECT seq FROM journal WHERE undone_by = :seq

-- name: journal_since
SELECT seq, uid, parent, at, actor, operation, namespace, reason, changes, undone_by FROM journal
WHERE at >= :since AND at < :until AND (:ids IS NULL OR EXISTS (SELECT 1 FROM json_each(:ids) i WHERE instr(changes, i.value) > 0))
ORDER BY seq DESC LIMIT :limit

-- name: journal_mark_undone
UPDATE journal SET undone_by = :by WHERE seq = :seq

-- name: journal_all
SELECT seq, uid, parent, at, actor, operation, namespace, reason, changes, previous, hash FROM journal ORDER BY seq

-- name: job_put
INSERT INTO job (kind, key, payload, run_at) VALUES (:kind, :key, :payload, :run_at)
ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload, dead = 0, lease_owner = NULL,
  run_at = CASE WHEN dead THEN excluded.run_at WHEN attempts > 0 THEN run_at ELSE min(run_at, excluded.run_at) END,
  attempts = CASE WHEN dead THEN 0 ELSE attempts END

-- name: job_due
SELECT id, kind, key, payload, attempts FROM job WHERE dead = 0 AND run_at <= :now AND lease_until <= :now ORDER BY run_at, id LIMIT :limit

-- name: job_lease
UPDATE job SET lease_until = :until, lease_owner = :owner, attempts = attempts + 1 WHERE id = :id AND lease_until <= :now AND dead = 0

-- name: job_done
DELETE FROM job WHERE id = :id AND lease_owner = :owner

-- name: job_release
UPDATE job SET lease_until = 0, lease_owner = NULL, attempts = 0 WHERE id = :id AND (lease_owner = :owner OR lease_owner IS NULL)

-- name: job_failed
UPDATE job SET lease_until = 0, run_at = :run_at, error = :error, dead = :dead AND lease_owner IS NOT NULL, lease_owner = NULL
WHERE id = :id AND (lease_owner = :owner OR lease_owner IS NULL)

-- name: job_bury
UPDATE job SET dead = 1, error = coalesce(error, :error), lease_owner = NULL, lease_until = 0
WHERE dead = 0 AND lease_until <= :now AND lease_owner IS NOT NULL AND attempts >= :most

-- name: job_unput
DELETE FROM job WHERE kind = :kind AND key = :key AND lease_owner IS NULL

-- name: job_next
SELECT min(max(run_at, lease_until)) FROM job WHERE dead = 0

-- name: job_counts
SELECT kind, dead, count(*) FROM job GROUP BY kind, dead
