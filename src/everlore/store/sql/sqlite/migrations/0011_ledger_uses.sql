-- How many items an entry of the ledger has, and how many of them turned out to be used and how that shows, so that sums read no items.
ALTER TABLE ledger ADD COLUMN items INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN cited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN echoed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN feedback INTEGER NOT NULL DEFAULT 0;

UPDATE ledger SET items = u.items, cited = u.cited, echoed = u.echoed, feedback = u.feedback
FROM (SELECT entry, count(*) AS items, count(*) FILTER (WHERE used = 'cited') AS cited, count(*) FILTER (WHERE used = 'echoed') AS echoed,
  count(*) FILTER (WHERE used = 'feedback') AS feedback FROM ledger_item GROUP BY entry) u WHERE u.entry = ledger.id;

CREATE TRIGGER ledger_item_added AFTER INSERT ON ledger_item BEGIN
  UPDATE ledger SET items = items + 1, cited = cited + (NEW.used IS 'cited'), echoed = echoed + (NEW.used IS 'echoed'),
    feedback = feedback + (NEW.used IS 'feedback') WHERE id = NEW.entry;
END;
CREATE TRIGGER ledger_item_gone AFTER DELETE ON ledger_item BEGIN
  UPDATE ledger SET items = items - 1, cited = cited - (OLD.used IS 'cited'), echoed = echoed - (OLD.used IS 'echoed'),
    feedback = feedback - (OLD.used IS 'feedback') WHERE id = OLD.entry;
END;
CREATE TRIGGER ledger_item_changed AFTER UPDATE OF used ON ledger_item BEGIN
  UPDATE ledger SET cited = cited + (NEW.used IS 'cited') - (OLD.used IS 'cited'), echoed = echoed + (NEW.used IS 'echoed') - (OLD.used IS 'echoed'),
    feedback = feedback + (NEW.used IS 'feedback') - (OLD.used IS 'feedback') WHERE id = NEW.entry;
END;
