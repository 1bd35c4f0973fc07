import type { Entry } from '@frost/lexicon'
import { expect, test } from 'vitest'
import { type Distribution, previewable } from './readable-copy.ts'

const record = (distributions: readonly Partial<Distribution>[], more: object = {}): Entry =>
  ({ title: 't', distributions, ...more }) as unknown as Entry

test('the original comes first, folders take the path inside, containers do not', () => {
  const { copies } = previewable(
    record([
      { id: 'b', uri: 'https://example.org/b.csv', format: 'csv', role: 'replica' },
      { id: 'a', uri: 's3://bucket/a.zarr/', format: 'zarr', path: '/inner', region: 'eu-central-1' },
      { id: 'c', uri: 'https://example.org/c.h5', format: 'hdf5', path: 'group' },
    ]),
  )
  expect(copies.map(({ source }) => source)).toEqual([
    { url: 's3://bucket/a.zarr/inner', region: 'eu-central-1' },
    { url: 'https://example.org/c.h5' },
    { url: 'https://example.org/b.csv' },
  ])
})

test('a pin that the store keeps is read, others are not made up', () => {
  const at = (pin: Distribution['pin']) =>
    previewable(record([{ id: 'a', uri: 's3://b/k', format: 'icechunk', pin }])).copies[0]?.source
  expect(at({ scheme: 'icechunk-snapshot', value: 'ABC' })).toEqual({ url: 's3://b/k', pin: 'snapshot:ABC' })
  expect(at({ scheme: 'digest', value: 'sha256:00' })).toEqual({ url: 's3://b/k' })
})

test.each([
  [record([]), /names no place/],
  [record([{ id: 'a', uri: 's3://b/k.csv', format: 'csv', requesterPays: true }]), /pays for the requests/],
  [
    record([{ id: 'a', uri: 's3://b/k.csv', format: 'csv' }], { access: { level: 'controlled' } }),
    /not open to everybody \(controlled\)\. A preview shows what anybody may read/,
  ],
  [
    record([{ id: 'a', uri: 's3://b/k.csv', format: 'csv', access: { level: 'commercial' } }]),
    /given for money/,
  ],
  [record([{ id: 'a', uri: 'ftp://example.org/k.csv', format: 'csv' }]), /cannot be read from here \(ftp\)/],
  [record([{ id: 'a', uri: 'https://example.org/k.bam', format: 'bam' }]), /no preview of bam data/],
  [record([{ id: 'a', uri: 'https://example.org/k.json', format: 'geojson' }]), /no preview of geojson data/],
  [record([{ id: 'a', uri: 'javascript:alert(1)', format: 'csv' }]), /cannot be read from here/],
] as const)('says why there is none: %#', (entry, why) => {
  expect(previewable(entry)).toEqual({ copies: [], why: expect.stringMatching(why) })
})

test('copies that do not answer come last, and an embargo that has ended closes nothing', () => {
  const copies = [
    { id: 'a', uri: 's3://b/k.csv', format: 'csv', role: 'primary' },
    { id: 'b', uri: 's3://c/k.csv', format: 'csv', role: 'replica' },
  ]
  const ended = record(copies, { access: { level: 'embargoed', embargoUntil: '2020' } })
  const order = (down: string[]) => previewable(ended, new Map(), new Set(down)).copies.map(({ id }) => id)
  expect([order([]), order(['a'])]).toEqual([
    ['a', 'b'],
    ['b', 'a'],
  ])
})
