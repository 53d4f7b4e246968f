-- name: ledger_insert
INSERT INTO ledger (uid, at, surface, operation, namespace, client, external, platform, provider, model, tokens, repeated, milliseconds, withheld)
VALUES (:uid, :at, :surface, :operation, :namespace, :client, :external, :platform, :provider, :model, :tokens, :repeated, :milliseconds, :withheld)

-- name: ledger_item_insert
INSERT INTO ledger_item (entry, place, item, revision, tokens, role, why) VALUES (:entry, :place, :item, :revision, :tokens, :role, :why)

-- name: told_to
SELECT i.item, max(i.revision) FROM ledger l JOIN ledger_item i ON i.entry = l.id
WHERE l.client = :client AND l.external = :external AND l.compacted = 0 GROUP BY i.item

-- name: told_compacted
UPDATE ledger SET compacted = 1 WHERE client = :client AND external = :external

-- name: told_forget
UPDATE ledger SET client = NULL, external = NULL WHERE (client, external) = (SELECT client, external FROM session WHERE id = :session)

-- name: conversation_of
SELECT client, external FROM session WHERE id = :session
