/** A synthetic catalogue of any size: Zipfian words, facets with the skew of real ones, the same for the same seed. */
import type { Box, SearchDocument } from '@frost/index/search/engine'
import { nsid } from '@frost/lexicon'

/** Mulberry32: 32 bits of state, even enough for synthetic text. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Ranks from 0 with probability ∝ 1 / (rank + 2.7)^exponent (Zipf–Mandelbrot), by inversion of the cumulative sum. */
export function zipf(count: number, exponent: number): (uniform: number) => number {
  const cumulative = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 2.7) ** exponent
    cumulative[rank] = sum
  }
  return uniform => {
    const target = uniform * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (cumulative[middle]! < target) low = middle + 1
      else high = middle
    }
    return low
  }
}

const onsets = [
  'b',
  'c',
  'd',
  'f',
  'g',
  'h',
  'k',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  't',
  'v',
  'st',
  'tr',
  'pl',
  'gr',
  'cl',
]
const vowels = ['a', 'e', 'i', 'o', 'u', 'ea', 'io', 'ou']
const codas = ['', 'n', 'r', 's', 'l', 't', 'm', 'nd', 'st', 'x']

/** The word of a rank: pronounceable, unique, frequent words shorter. */
export function word(rank: number): string {
  let rest = rank
  let text = ''
  do {
    text += onsets[rest % onsets.length]
    rest = Math.floor(rest / onsets.length)
    text += vowels[rest % vowels.length]
    rest = Math.floor(rest / vowels.length)
  } while (rest > 0)
  return text + codas[(rank * 7) % codas.length] + (text.length < 3 ? 'q' : '')
}

export const vocabularySize = 120_000
const formats = [
  'zarr',
  'netcdf',
  'cog',
  'parquet',
  'csv',
  'hdf5',
  'icechunk',
  'geoparquet',
  'grib2',
  'json',
  'iceberg',
  'fits',
  'vcf',
  'bam',
]
const licenses = [
  'CC-BY-4.0',
  'CC0-1.0',
  'PDDL-1.0',
  'ODbL-1.0',
  'CC-BY-SA-4.0',
  'MIT',
  'CC-BY-NC-4.0',
  'Apache-2.0',
  'OGL-UK-3.0',
  'other',
]

/** Documents `start` … `start + count - 1` of the catalogue; document n is the same whatever the range asked for. */
export function* documents(count: number, start = 0, seed = 1): Generator<SearchDocument> {
  const wordRank = zipf(vocabularySize, 1.05)
  const keywordRank = zipf(20_000, 1)
  const variableRank = zipf(30_000, 1)
  const publisherRank = zipf(5_000, 1)
  const formatRank = zipf(formats.length, 1)
  const licenseRank = zipf(licenses.length, 1.4)
  for (let index = start; index < start + count; index++) {
    const random = randomNumbers(Math.imul(index + 1, 2_654_435_761) ^ seed)
    const many = <T>(least: number, most: number, one: () => T) =>
      Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, one)
    const words = (least: number, most: number) => many(least, most, () => word(wordRank(random()))).join(' ')
    const publisher = publisherRank(random())
    const did = `did:plc:publisher${publisher.toString(36).padStart(15, '0')}`
    const keywords = [...new Set(many(2, 7, () => `${word(keywordRank(random()))} ${word(publisher % 50)}`))]
    const variables = [
      ...new Set(many(2, 14, () => `${word(variableRank(random()))}_${word(Math.floor(random() * 30))}`)),
    ]
    const slug = `${word(wordRank(random()))}-${word(index % vocabularySize)}`
    const global = random() < 0.25
    const west = random() * 360 - 180
    const south = random() * 170 - 90
    const width = random() ** 4 * 120
    const east = west + width
    const box: Box = global
      ? { west: -180, south: -90, east: 180, north: 90 }
      : { west, south, east: east > 180 ? east - 360 : east, north: Math.min(90, south + random() ** 3 * 60) }
    const from = 2026 - random() ** 2 * 90
    const format = formats[formatRank(random())]!
    yield {
      uri: `at://${did}/${nsid('dataset.entry')}/${slug}-${index}`,
      did,
      title: words(4, 10),
      slugWords: slug.replaceAll('-', ' '),
      subjects: keywords,
      creators: many(
        1,
        4,
        () => `${word(Math.floor(random() * 5000))} ${word(Math.floor(random() * 20000))}`,
      ),
      publisher: `${word(publisher)} institute of ${word(publisher % 40)}`,
      distributionTitles: many(1, 3, () => words(2, 5)),
      variables,
      description: words(40, 120),
      formats: random() < 0.2 ? [format, formats[formatRank(random())]!] : [format],
      licenses: [licenses[licenseRank(random())]!],
      models: [
        format === 'parquet' || format === 'csv' || format === 'iceberg'
          ? 'table'
          : random() < 0.8
            ? 'array'
            : 'file',
      ],
      keywords,
      publisherId: did,
      boxes: [box],
      from,
      until: random() < 0.3 ? Number.POSITIVE_INFINITY : from + random() * (2026 - from),
      createdAt: 1_700_000_000_000 + Math.floor(random() * 80_000_000_000),
      used: Math.floor(random() ** 20 * 1000),
    }
  }
}

/** Queries of `length` words drawn from a middle of the vocabulary that real queries use: neither "the" nor hapaxes. */
export function* queries(count: number, length = 3, seed = 7): Generator<string> {
  const random = randomNumbers(seed)
  const rank = zipf(vocabularySize, 0.9)
  for (let index = 0; index < count; index++)
    yield Array.from({ length }, () => word(30 + (rank(random()) % (vocabularySize - 30)))).join(' ')
}
