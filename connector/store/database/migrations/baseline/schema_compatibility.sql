-- How old a version's revision may be that works on this schema (deploy/adr/0017).  A migration that takes something
-- away from the version before sets it to its own revision.
CREATE TABLE schema_compatibility (
    singleton       boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    oldest_revision text NOT NULL
);
INSERT INTO schema_compatibility (oldest_revision) VALUES ('0001');
