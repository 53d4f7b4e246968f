-- Which memories speak of a file that is open or changed.
CREATE INDEX IF NOT EXISTS anchor_path ON anchor (path);
CREATE INDEX IF NOT EXISTS anchor_moved ON anchor (moved) WHERE moved IS NOT NULL;
