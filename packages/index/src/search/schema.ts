import type Database from 'better-sqlite3'

/** Tables of the database that search keeps beside its segments. A change of shape raises the number: search is derived, and is then made anew. */
export const schemaVersion = 6

export const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
-- One row per dataset. A changed dataset gets a new id; first_id stays, so that pages under way keep their members.
CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  first_id INTEGER NOT NULL,
  uri TEXT NOT NULL UNIQUE,
  digest BLOB NOT NULL,
  title TEXT NOT NULL,
  west REAL, south REAL, east REAL, north REAL,
  boxes BLOB,
  from_year REAL, until_year REAL,
  created_at REAL NOT NULL,
  used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS features (id INTEGER PRIMARY KEY, terms BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS document_tags (id INTEGER PRIMARY KEY, tags BLOB NOT NULL);
-- Values of filters and facets.
CREATE TABLE IF NOT EXISTS tags (
  tag INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  label TEXT NOT NULL,
  count INTEGER NOT NULL,
  UNIQUE (kind, value)
);
CREATE INDEX IF NOT EXISTS tags_top ON tags (kind, count);
CREATE VIRTUAL TABLE IF NOT EXISTS titles USING fts5 (
  title, content='', contentless_delete=1, detail=none, prefix='1 2',
  tokenize="unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE IF NOT EXISTS title_words USING fts5vocab (titles, row);
CREATE VIRTUAL TABLE IF NOT EXISTS tag_words USING fts5 (
  value, content='', contentless_delete=1, detail=none, prefix='1 2',
  tokenize="unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE IF NOT EXISTS tag_terms USING fts5vocab (tag_words, row);
-- Complete segments in files, and rows of theirs that no longer count.
CREATE TABLE IF NOT EXISTS segments (segment INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS masked (id INTEGER PRIMARY KEY);
`

/** Takes away what any version of this made. */
export function dropAll(database: Database.Database): void {
  const tables = database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%' ORDER BY name IN ('title_words', 'tag_terms') DESC`,
    )
    .pluck()
    .all() as string[]
  for (const table of tables) database.exec(`DROP TABLE "${table}"`)
  for (const table of [
    'meta',
    'documents',
    'features',
    'document_tags',
    'tags',
    'recent_tags',
    'segments',
    'adopted',
    'masked',
  ])
    database.exec(`DROP TABLE IF EXISTS ${table}`)
}
