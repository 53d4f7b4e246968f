-- The timeline reads revisions in the order in which what they say became true, from the end that is asked for.
CREATE INDEX revision_time ON revision (coalesce(valid_from, recorded));
