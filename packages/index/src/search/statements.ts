/** Every statement of the search's store, prepared once. */
import type Database from 'better-sqlite3'

export function prepare(database: Database.Database) {
  const one = (sql: string) => database.prepare(sql)
  const among = '(SELECT value FROM json_each(?))'
  return {
    getMeta: one('SELECT value FROM meta WHERE key = ?').pluck(),
    setMeta: one('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    highest: one(`SELECT seq FROM sqlite_sequence WHERE name = 'documents'`).pluck(),
    byUri: one('SELECT id, first_id AS firstId, digest FROM documents WHERE uri = ?'),
    insert:
      one(`INSERT INTO documents (id, first_id, uri, digest, title, west, south, east, north, boxes, from_year, until_year, created_at, used)
      VALUES (:id, :firstId, :uri, :digest, :title, :west, :south, :east, :north, :boxes, :from, :until, :createdAt, :used)`),
    drop: one('DELETE FROM documents WHERE id = ?'),
    rows: one(
      `SELECT id, first_id AS firstId, uri, boxes, west, south, east, north, created_at AS createdAt, used FROM documents WHERE id IN ${among}`,
    ),
    spans: one(`SELECT from_year, until_year FROM documents WHERE id IN ${among}`).raw(),
    features: one(`SELECT id, terms FROM features WHERE id IN ${among}`).raw(),
    addFeatures: one('INSERT INTO features VALUES (?, ?)'),
    dropFeatures: one('DELETE FROM features WHERE id = ?'),
    tagsOfOne: one('SELECT tags FROM document_tags WHERE id = ?').pluck(),
    addTags: one('INSERT INTO document_tags VALUES (?, ?)'),
    dropTags: one('DELETE FROM document_tags WHERE id = ?'),
    addTitle: one('INSERT INTO titles (rowid, title) VALUES (?, ?)'),
    dropTitle: one('DELETE FROM titles WHERE rowid = ?'),
    rowsAfter: one(`SELECT d.id, f.terms AS features, g.tags, west, south, east, north,
        from_year AS "from", until_year AS until, created_at AS createdAt, used
      FROM documents d JOIN features f ON f.id = d.id JOIN document_tags g ON g.id = d.id
      WHERE d.id > ? ORDER BY d.id LIMIT ?`),
    segments: one('SELECT segment FROM segments ORDER BY rows DESC, segment').pluck(),
    addSegment: one('INSERT INTO segments VALUES (?, ?)'),
    dropSegment: one('DELETE FROM segments WHERE segment = ?'),
    living: one(`SELECT id FROM documents WHERE id IN ${among}`).pluck(),
    mask: one('INSERT OR IGNORE INTO masked VALUES (?)'),
    masked: one('SELECT id FROM masked').pluck(),
    unmask: one(`DELETE FROM masked WHERE id IN ${among}`),
  }
}
