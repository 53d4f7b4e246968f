-- name: proposal_insert
INSERT INTO proposal (uid, key, namespace, effect, operation, payload, targets, reason, evidence, confidence, origin, actor, state, needed, approvals, recorded, changed)
VALUES (:uid, :key, :namespace, :effect, :operation, :payload, :targets, :reason, :evidence, :confidence, :origin, :actor, 'waiting', :needed, '[]', :recorded, :recorded)

-- name: proposal_by_uid
SELECT uid, namespace, effect, operation, payload, targets, reason, evidence, confidence, origin, actor, state, needed, approvals, recorded, changed
FROM proposal WHERE uid = :uid

-- name: proposal_known
SELECT uid, state FROM proposal WHERE key = :key ORDER BY id DESC LIMIT 1

-- name: proposals_listed
SELECT p.uid, p.namespace, p.effect, p.operation, p.payload, p.targets, p.reason, p.evidence, p.confidence, p.origin, p.actor, p.state, p.needed, p.approvals, p.recorded, p.changed
FROM proposal p JOIN namespace n ON n.id = p.namespace
WHERE (:state IS NULL OR p.state = :state) AND (:scope IS NULL OR (' ' || n.lineage || ' ') LIKE :scope)
  AND (:effect IS NULL OR p.effect = :effect) AND (:origin IS NULL OR p.origin = :origin)
  AND (:before IS NULL OR p.id < (SELECT b.id FROM proposal b WHERE b.uid = :before))
ORDER BY p.id DESC

-- name: proposals_counted
SELECT count(*) FROM proposal WHERE state = 'waiting'

-- name: proposal_set_state
UPDATE proposal SET state = :state, changed = :changed WHERE uid = :uid AND state = :before

-- name: proposal_set_approvals
UPDATE proposal SET approvals = :approvals, changed = :changed WHERE uid = :uid

-- name: proposal_set_payload
UPDATE proposal SET payload = :payload, changed = :changed WHERE uid = :uid

-- name: proposal_set_targets
UPDATE proposal SET targets = :targets WHERE uid = :uid

-- name: proposals_saying
SELECT uid FROM proposal WHERE instr(payload, :text) > 0

-- name: proposals_about
SELECT uid FROM proposal WHERE instr(targets, :memory) > 0

-- name: proposals_of_session
SELECT DISTINCT p.uid FROM turn t JOIN proposal p ON instr(p.targets, t.uid) > 0 OR instr(p.payload, t.uid) > 0
WHERE t.session = :session AND p.payload <> '{}'

-- name: proposal_carried_out
SELECT 1 FROM proposal WHERE uid = :uid AND state = 'approved' AND approvals = :approvals

-- name: proposal_forget
UPDATE proposal SET payload = '{}', reason = '', evidence = '[]', state = CASE state WHEN 'waiting' THEN 'rejected' ELSE state END, changed = :changed WHERE uid = :uid
