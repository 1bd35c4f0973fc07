/** The same walk as a recursive query of SQLite and of PostgreSQL over the same arcs, each with the index that it needs. */
import type { ArcList } from '@frost/index/graph/adjacency'
import SQLite from 'better-sqlite3'
import pg from 'pg'
import { databaseServer } from '../test/index/engines.ts'

/** Milliseconds of each walk downstream, one after another. */
export type Walks = readonly number[]

const CHUNK = 100_000

const walk = (parameter: string, limit: number) =>
  `with recursive walk(node) as (select ${parameter} union select edge.made from walk join edge on edge.source = walk.node)
   select node from walk limit ${limit}`

/** In memory, so that no disk is measured. */
export function walkInSqlite(arcs: ArcList, starts: readonly number[], limit: number): Walks {
  const database = new SQLite(':memory:')
  try {
    database.exec('create table edge (made integer not null, source integer not null)')
    const insert = database.prepare('insert into edge values (?, ?)')
    database.transaction(() => {
      for (let arc = 0; arc < arcs.length; arc++) insert.run(arcs.from[arc], arcs.to[arc])
    })()
    database.exec('create index edge_source on edge (source, made)')
    const query = database.prepare(walk('?', limit))
    return starts.map(start => {
      const begun = performance.now()
      query.all(start)
      return performance.now() - begun
    })
  } finally {
    database.close()
  }
}

/** On the server that `FROST_DATABASE_URL` names, or on the embedded one; everything analysed and read once before. */
export async function walkInPostgres(
  arcs: ArcList,
  starts: readonly number[],
  limit: number,
): Promise<Walks> {
  await using server = await databaseServer()
  const client = new pg.Client({ connectionString: await server.create('graph') })
  await client.connect()
  try {
    await client.query('create unlogged table edge (made integer not null, source integer not null)')
    for (let from = 0; from < arcs.length; from += CHUNK) {
      const to = Math.min(arcs.length, from + CHUNK)
      await client.query('insert into edge select * from unnest($1::integer[], $2::integer[])', [
        [...arcs.from.subarray(from, to)],
        [...arcs.to.subarray(from, to)],
      ])
    }
    await client.query('create index edge_source on edge (source, made)')
    await client.query('vacuum analyze edge')
    const ask = (start: number) =>
      client.query({ name: 'walk', text: walk('$1::integer', limit), values: [start] })
    for (const start of starts) await ask(start)
    const took: number[] = []
    for (const start of starts) {
      const begun = performance.now()
      await ask(start)
      took.push(performance.now() - begun)
    }
    return took
  } finally {
    await client.end()
  }
}
