import type { Selected } from '../gateway.ts'

/** What a preview shows, as the address says it: every state can be linked to. */
export interface PreviewState {
  /** Id of the distribution. */
  readonly copy?: string
  readonly variable?: string
  /** Indices of dimensions, by name. */
  readonly at: ReadonlyMap<string, number>
  /** A selection as text, for what sliders cannot say: `lat=30:60,lon=-20:40`. */
  readonly select?: string
  /** Rows of a table. */
  readonly where?: string
  readonly offset?: number
  /** Colour map. */
  readonly map?: string
}

const MOST_DIMENSIONS = 32
const LONGEST = 1_000
const AT = 'at.'

/** Anything that makes no sense is left out: an address is typed, cut and mended by people. */
export function readPreviewState(query: URLSearchParams): PreviewState {
  const text = (name: string) => query.get(name)?.trim().slice(0, LONGEST) || undefined
  const indices = [...query]
    .filter(([name, value]) => name.startsWith(AT) && name.length > AT.length && /^\d{1,12}$/.test(value))
    .map(([name, value]): [string, number] => [name.slice(AT.length, 200), Number(value)])
    .slice(0, MOST_DIMENSIONS)
  const offset = query.get('offset') ?? ''
  return {
    copy: text('copy'),
    variable: text('var'),
    at: new Map(indices),
    select: text('select'),
    where: text('where'),
    offset: /^\d{1,12}$/.test(offset) && Number(offset) > 0 ? Number(offset) : undefined,
    map: text('map'),
  }
}

/** The query of an address, without a question mark; empty for the plain preview. */
export function previewQuery({ copy, variable, at, select, where, offset, map }: PreviewState): string {
  const query = new URLSearchParams()
  const put = (name: string, value: string | number | undefined) => {
    if (value !== undefined) query.set(name, String(value))
  }
  put('copy', copy)
  put('var', variable)
  for (const [dimension, index] of at) put(AT + dimension, index)
  put('select', select)
  put('where', where)
  put('offset', offset)
  put('map', map)
  return String(query)
}

/** What the gateway is asked for. A dimension that the text selects is not also taken from a slider. */
export function selectedOf({ variable, at, select, where, offset }: PreviewState): Selected {
  const own = select ?? ''
  const terms = [...at]
    .filter(([dimension]) => !own.split(',').some(term => term.split('=')[0]!.trim() === dimension))
    .map(([dimension, index]) => `${nameTerm(dimension)}=#${index}`)
  const all = [...terms, own].filter(Boolean).join(',')
  return {
    ...(variable && { var: variable }),
    ...(all && { select: all }),
    ...(where && { where }),
    ...(offset && { offset }),
  }
}

/** A name as the grammar of selections takes it: quoted where it holds what separates. */
function nameTerm(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
