-- name: transcripts_known
SELECT path, client, position, size, modified, mark, state, attempts, next_try, dead, turns FROM transcript

-- name: transcript_read
-- `turns` is -1 while what stood in a file at the first look has been passed over.
INSERT INTO transcript (path, client, position, size, modified, mark, state, turns, recorded)
VALUES (:path, :client, :position, :size, :modified, :mark, :state, min(0, :passed), :now)
ON CONFLICT (path) DO UPDATE SET position = excluded.position, size = excluded.size, modified = excluded.modified, mark = excluded.mark,
  state = excluded.state, turns = min(0, turns + :passed), attempts = 0, next_try = 0, error = NULL, dead = 0, recorded = excluded.recorded

-- name: transcript_failed
INSERT INTO transcript (path, client, attempts, next_try, error, dead, recorded) VALUES (:path, :client, 1, :next_try, :error, 0, :now)
ON CONFLICT (path) DO UPDATE SET attempts = attempts + 1, next_try = excluded.next_try, error = excluded.error, dead = attempts + 1 >= :most

-- name: transcripts_retry
UPDATE transcript SET attempts = 0, next_try = 0, dead = 0 WHERE attempts > 0

-- name: sessions_listed
SELECT s.uid, s.external, s.client, n.path, s.cwd, s.branch, s.started, s.ended, s.closed, (SELECT count(*) FROM turn t WHERE t.session = s.id AND t.withdrawn = 0),
  CASE WHEN :seen IS NULL OR ('unit' || p.namespace) IN (SELECT value FROM json_each(:seen)) THEN p.external END, (SELECT t.text FROM turn t WHERE t.session = s.id AND t.withdrawn = 0 AND t.role = 'user' ORDER BY t.position LIMIT 1)
FROM session s JOIN namespace n ON n.id = s.namespace LEFT JOIN session p ON p.id = s.parent
WHERE s.id IN (SELECT s.id FROM session s JOIN namespace n ON n.id = s.namespace
  WHERE (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope) AND (:client IS NULL OR s.client = :client)
    AND (:before IS NULL OR coalesce(s.ended, 0) < :before OR (coalesce(s.ended, 0) = :before AND s.id < :under))
    AND (n.path <> :proofs OR :scope IS NOT NULL) AND (:seen IS NULL OR ('unit' || s.namespace) IN (SELECT value FROM json_each(:seen)))
  ORDER BY s.ended DESC, s.id DESC LIMIT :limit)
ORDER BY s.ended DESC, s.id DESC
