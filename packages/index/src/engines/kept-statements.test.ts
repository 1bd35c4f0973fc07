import SQLite from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { keepingStatements } from './kept-statements.ts'

const database = new SQLite(':memory:')
afterEach(() => database.exec('drop table if exists one'))

test('prepares what it is asked for again only once the last used are others', () => {
  const asked: string[] = []
  const keeping = keepingStatements(
    {
      prepare: text => {
        asked.push(text)
        return database.prepare(text)
      },
      close: () => database,
    },
    2,
  )
  for (const text of ['select 1', 'select 2', 'select 1', 'select 3', 'select 1', 'select 2'])
    expect(keeping.prepare(text).all([])).toHaveLength(1)
  expect(asked).toEqual(['select 1', 'select 2', 'select 3', 'select 2'])
})

test('a kept statement sees what was written, other values and a column that came later', () => {
  const keeping = keepingStatements(database)
  const rows = (text: string, parameters: unknown[]) => keeping.prepare(text).all(parameters)
  database.exec('create table one (id integer primary key, name text)')
  expect(rows('select * from one where id >= ?', [1])).toEqual([])
  database.exec(`insert into one values (1, 'a'), (2, 'b')`)
  expect(rows('select * from one where id >= ?', [1])).toHaveLength(2)
  expect(rows('select * from one where id >= ?', [2])).toEqual([{ id: 2, name: 'b' }])
  database.exec('alter table one add column more text')
  expect(rows('select * from one where id >= ?', [2])).toEqual([{ id: 2, name: 'b', more: null }])
})
