-- How old a version's revision may be that works on this schema (deploy/adr/0017).  A migration that takes something
-- away from the version before sets it to its own revision.
CREATE TABLE schema_floor (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    oldest text NOT NULL
);
INSERT INTO schema_floor (oldest) VALUES ('0001');
