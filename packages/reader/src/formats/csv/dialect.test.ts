import { expect, test } from 'vitest'
import { sniffDialect } from './dialect.ts'

test('a comma within quotes in every record is no delimiter', () => {
  const rows = Array.from({ length: 100 }, (_, at) => `${at},"n, ${at}"`)
  expect(sniffDialect(['id,name', ...rows, ''].join('\n'), true)).toMatchObject({
    dialect: { delimiter: ',', quote: '"' },
    columns: 2,
    agreement: 1,
  })
})

test('inches are no quotes', () => {
  const rows = Array.from({ length: 100 }, (_, at) => `${at},"${at} inch,x`)
  expect(sniffDialect(['id,size,name', ...rows, ''].join('\n'), true)).toMatchObject({
    dialect: { delimiter: ',', quote: undefined },
    columns: 3,
  })
})
