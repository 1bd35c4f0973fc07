import { expect, test } from 'vitest'
import { jobOf } from './params.ts'

const query = (text: string) => new URLSearchParams(text)

test('a query becomes a job', () => {
  expect(
    jobOf(
      'export',
      query(
        'url=s3://b/k&pin=tag:v1&endpoint=https://s3.example.org&region=eu-1&to=csv&columns=a,b&columns="c, d"&where=a>1&var=t&var=p&limit=5',
      ),
    ),
  ).toEqual({
    kind: 'export',
    to: 'csv',
    source: { location: 's3://b/k', pin: 'tag:v1', endpoint: 'https://s3.example.org', region: 'eu-1' },
    request: { columns: ['a', 'b', 'c, d'], where: 'a>1', variables: ['t', 'p'], limit: 5 },
  })
  expect(jobOf('describe', query('url=https://example.org/a.csv'))).toEqual({
    kind: 'describe',
    source: { location: 'https://example.org/a.csv' },
  })
})

test('names of columns may hold what separates them', () => {
  const columns = new URLSearchParams({ url: 'u', columns: 'a, "b ""c"", d",,e f' })
  expect(jobOf('preview', columns)).toMatchObject({ request: { columns: ['a', 'b "c", d', 'e f'] } })
})

test.each([
  ['describe', '', 'url= is missing: where the data lies'],
  ['describe', 'url=a&url=b', 'url=a is given 2 times'],
  ['describe', 'url=a&limit=1', 'limit=1 is no parameter here: there are url, pin, endpoint, region'],
  ['describe', 'url=a&pin=main', 'pin=main is no version: write branch:NAME'],
  ['describe', 'url=a&endpoint=file:///etc', 'endpoint=file:///etc is no address'],
  ['describe', `url=${'a'.repeat(4_001)}`, 'url is 4001 characters long'],
  ['preview', 'url=a&limit=-1', 'limit=-1 is no whole number from 0'],
  ['preview', 'url=a&limit=1e3', 'limit=1e3 is no whole number'],
  ['picture', 'url=a&side=5000', 'side=5000 is no whole number from 1 to 4096'],
  ['picture', 'url=a&map=rainbow', 'map=rainbow is no colour map: there are viridis'],
  ['preview', 'url=a&picture=rainbow', 'picture=rainbow is no colour map: there are auto, viridis'],
  ['export', 'url=a', 'to= is missing'],
] as const)('%s ? %s is refused in words', (kind, text, words) => {
  expect(() => jobOf(kind as 'describe', query(text))).toThrow(words)
})
