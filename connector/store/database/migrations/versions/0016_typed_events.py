"""What an event says of its item, and where a command was given, as columns instead of texts.

Revision ID: 0016
"""

from __future__ import annotations

from typing import LiteralString

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP: LiteralString = """
ALTER TABLE inbox ADD COLUMN item_deleted boolean NOT NULL DEFAULT false;

ALTER TABLE statement
    ADD COLUMN origin text, ADD COLUMN origin_id text, ADD COLUMN ordinal integer, ADD COLUMN submitted_id bigint;
-- A rewrite of the columns and no UPDATE: these rows take none.
ALTER TABLE statement
    ALTER COLUMN origin TYPE text USING coalesce(substring(source FROM '^comment (page|approval):'), 'comment'),
    ALTER COLUMN origin_id TYPE text
        USING regexp_replace(source, '^comment ((page|approval):)?(.*) command \\d+$', '\\3'),
    ALTER COLUMN ordinal TYPE integer USING coalesce(substring(source FROM ' command (\\d+)$')::integer, 1),
    ALTER COLUMN submitted_id TYPE bigint USING substring(source FROM '^comment page:(\\d+) ')::bigint,
    ALTER COLUMN content TYPE jsonb USING CASE WHEN content = '{}' THEN content ELSE
        content || jsonb_build_object('source', jsonb_build_object(
            'origin', coalesce(substring(source FROM '^comment (page|approval):'), 'comment'),
            'id', regexp_replace(source, '^comment ((page|approval):)?(.*) command \\d+$', '\\3'),
            'ordinal', coalesce(substring(source FROM ' command (\\d+)$')::integer, 1))) END;
ALTER TABLE statement
    ALTER COLUMN origin SET NOT NULL,
    ALTER COLUMN origin_id SET NOT NULL,
    ALTER COLUMN ordinal SET NOT NULL,
    ALTER COLUMN ordinal SET DEFAULT 1,
    ADD CONSTRAINT statement_origin CHECK (origin IN ('comment', 'page', 'approval')),
    ADD CONSTRAINT statement_submitted_page CHECK ((origin = 'page') = (submitted_id IS NOT NULL)),
    ADD CONSTRAINT statement_submitted_id_fkey FOREIGN KEY (submitted_id) REFERENCES utterance (id);
DROP INDEX statement_of_measure;
CREATE INDEX statement_of_measure ON statement (measure_id, origin, origin_id, ordinal, id);
CREATE UNIQUE INDEX statement_submitted ON statement (submitted_id) WHERE submitted_id IS NOT NULL;
ALTER TABLE statement DROP COLUMN source;

UPDATE schema_floor SET oldest = '0016';
"""

DOWN: LiteralString = """
ALTER TABLE statement ADD COLUMN source text;
ALTER TABLE statement
    ALTER COLUMN source TYPE text USING
        'comment ' || CASE origin WHEN 'comment' THEN '' ELSE origin || ':' END || origin_id || ' command ' || ordinal,
    ALTER COLUMN content TYPE jsonb USING CASE WHEN content = '{}' THEN content ELSE
        content || jsonb_build_object('source', 'comment ' || CASE origin WHEN 'comment' THEN '' ELSE origin || ':' END
                                                || origin_id || ' command ' || ordinal) END;
ALTER TABLE statement ALTER COLUMN source SET NOT NULL;
DROP INDEX statement_of_measure;
CREATE INDEX statement_of_measure ON statement (measure_id, source, id);
ALTER TABLE statement DROP COLUMN origin, DROP COLUMN origin_id, DROP COLUMN ordinal, DROP COLUMN submitted_id;
ALTER TABLE inbox DROP COLUMN item_deleted;
"""


def upgrade() -> None:
    _run(UP)


def downgrade() -> None:
    _run(DOWN)


def _run(script: LiteralString) -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(script)  # type: ignore[union-attr]  # there is a driver while a migration runs
