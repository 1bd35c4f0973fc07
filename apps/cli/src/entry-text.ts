import { accessNow, rkeyOf } from '@frost/lexicon'
import { type NoticeView, noticeLine } from './notice-text.ts'
import { fields, styled } from './text.ts'

interface Shown {
  readonly uri: string
  readonly cid: string
  readonly author: { readonly did: string; readonly handle?: string }
  readonly record: EntryRecord
  readonly notices?: readonly NoticeView[]
}

interface EntryRecord {
  readonly title: string
  readonly description?: string
  readonly creators?: readonly { readonly name: string }[]
  readonly publisher?: { readonly name: string }
  readonly rights?: readonly { readonly spdx?: string; readonly name?: string; readonly uri?: string }[]
  readonly subjects?: readonly { readonly term: string }[]
  readonly identifiers?: readonly { readonly scheme: string; readonly value: string }[]
  readonly landingPage?: string
  readonly access?: { readonly level: string; readonly requestUri?: string; readonly terms?: string }
  readonly distributions?: readonly {
    readonly uri: string
    readonly format?: string
    readonly region?: string
    readonly cloud?: string
    readonly digests?: readonly { readonly algorithm: string; readonly value: string }[]
  }[]
  readonly coverage?: {
    readonly spatial?: readonly {
      readonly bbox?: Record<'west' | 'south' | 'east' | 'north', string>
      readonly place?: { readonly term: string }
    }[]
    readonly temporal?: readonly {
      readonly start?: string
      readonly end?: string
      readonly ongoing?: boolean
    }[]
  }
  readonly models?: readonly {
    readonly dims?: readonly { readonly name: string; readonly size?: number }[]
    readonly variables?: readonly {
      readonly name: string
      readonly units?: string
      readonly longName?: string
      readonly role?: string
    }[]
    readonly columns?: readonly { readonly name: string; readonly type?: string; readonly units?: string }[]
  }[]
  readonly derivedFrom?: readonly {
    readonly ref?: { readonly uri?: string; readonly scheme?: string; readonly value?: string }
  }[]
}

const MOST_LINES = 25

/** A dataset for people: title, facts in aligned rows, then the description. */
export function describeEntry({ uri, author, record, notices }: Shown): string {
  const slug = rkeyOf(uri)
  const { coverage, models = [] } = record
  const facts = fields([
    ['notice', notices?.map(noticeLine).join('\n')],
    ['reference', `${author.handle ?? author.did}/${slug}`],
    ['creators', record.creators?.map(({ name }) => name).join('; ')],
    ['publisher', record.publisher?.name],
    ['licence', record.rights?.map(({ spdx, name, uri: address }) => spdx ?? name ?? address).join(', ')],
    ['access', accessText(record.access)],
    ['identifiers', record.identifiers?.map(({ scheme, value }) => `${scheme}:${value}`).join(', ')],
    ['keywords', record.subjects?.map(({ term }) => term).join(', ')],
    [
      'place',
      coverage?.spatial
        ?.map(({ bbox, place }) => (bbox ? boxText(bbox) : (place?.term ?? '')))
        .filter(Boolean)
        .join('; '),
    ],
    ['time', coverage?.temporal?.map(periodText).filter(Boolean).join('; ')],
    ['data', record.distributions?.slice(0, MOST_LINES).map(distributionText).join('\n')],
    [
      'dimensions',
      models
        .flatMap(({ dims = [] }) =>
          dims.map(({ name, size }) => (size === undefined ? name : `${name}=${size}`)),
        )
        .join(' × '),
    ],
    [
      'variables',
      some(
        models.flatMap(({ variables = [] }) =>
          variables.filter(({ role }) => role === undefined || role === 'data').map(variableText),
        ),
      ),
    ],
    [
      'columns',
      some(
        models.flatMap(({ columns = [] }) =>
          columns.map(({ name, type, units }) => [name, type, units].filter(Boolean).join(' ')),
        ),
      ),
    ],
    [
      'made from',
      record.derivedFrom?.map(({ ref }) => ref?.uri ?? `${ref?.scheme}:${ref?.value}`).join('\n'),
    ],
    ['page', record.landingPage],
    ['record', uri],
  ])
  const description = record.description ? `\n\n${fields([['about', record.description]])}` : ''
  return `${styled('bold', record.title)}\n\n${facts}${description}`
}

/** Nothing of data that is simply open. */
function accessText(access: EntryRecord['access']): string | undefined {
  const { level, isOpen, opensAt, openedAt } = accessNow(access)
  const day = (date: Date) => date.toISOString().slice(0, 10)
  if (openedAt) return `open since ${day(openedAt)}, when its embargo ended`
  if (isOpen) return access?.terms
  return [
    opensAt ? `${level} until ${day(opensAt)}` : level,
    access?.requestUri && `ask at ${access.requestUri}`,
    access?.terms,
  ]
    .filter(Boolean)
    .join('\n')
}

function some(lines: readonly string[]): string {
  const more = lines.length - MOST_LINES
  return [...lines.slice(0, MOST_LINES), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}

function boxText({ west, south, east, north }: Record<'west' | 'south' | 'east' | 'north', string>): string {
  return `${west}, ${south} to ${east}, ${north}`
}

function periodText({ start, end, ongoing }: { start?: string; end?: string; ongoing?: boolean }): string {
  if (!start && !end) return ''
  return `${start ?? '?'} to ${end ?? (ongoing ? 'now' : '?')}`
}

function distributionText({
  uri,
  format,
  cloud,
  region,
  digests = [],
}: NonNullable<EntryRecord['distributions']>[number]): string {
  const facts = [format, [cloud, region].filter(Boolean).join(' ')].filter(Boolean).join(', ')
  return [
    facts ? `${uri}  (${facts})` : uri,
    ...digests.map(({ algorithm, value }) => `  ${algorithm}:${value}`),
  ].join('\n')
}

function variableText({
  name,
  units,
  longName,
}: {
  name: string
  units?: string
  longName?: string
}): string {
  return `${name}${units ? ` [${units}]` : ''}${longName ? `  ${longName}` : ''}`
}
