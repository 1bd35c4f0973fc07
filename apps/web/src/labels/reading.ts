/** What labels mean to whoever looks at a page, and what becomes of what has them. */

import type { frost } from '@frost/lexicon'
import { shownNameOf } from '../account-name.ts'

export type Labeler = frost.service.listLabelers.Labeler
export type Definition = frost.service.listLabelers.Definition
export type LabelerChoice = frost.feed.defs.LabelerChoice

/** What may become of what has a label. */
export const WAYS = ['hide', 'warn', 'inform', 'ignore'] as const
export type Way = (typeof WAYS)[number]

/** A label as views hold it. */
export interface Label {
  readonly src: string
  readonly uri: string
  readonly val: string
}

/** A label as it is shown. */
export interface Said {
  readonly val: string
  readonly name: string
  readonly description: string
  readonly by: string
  /** Whose profile says more. */
  readonly src: string
  /** Everybody must heed it: nothing can be uncovered. */
  readonly isBinding: boolean
}

export interface Verdict {
  readonly hide: readonly Said[]
  readonly warn: readonly Said[]
  readonly inform: readonly Said[]
}

/** How whoever looks reads labels. */
export interface Reading {
  /** Labelers that they hear, with what their labels mean. */
  readonly labelers: ReadonlyMap<string, Labeler>
  /** What they decided, by labeler and label. */
  readonly choices: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** DIDs to ask the AppView for; absent where its own choice is good. */
  readonly accepted?: readonly string[]
  /** Languages that they read, best first. */
  readonly languages: readonly string[]
  readonly isSignedIn: boolean
}

export const NO_READING: Reading = {
  labelers: new Map(),
  choices: new Map(),
  languages: [],
  isSignedIn: false,
}

const NOTHING: Verdict = { hide: [], warn: [], inform: [] }

/** Labels that mean the same whoever says them. https://atproto.com/specs/label#global-label-values */
const EVERYWHERE: ReadonlyMap<string, { readonly name: string; readonly description: string }> = new Map(
  Object.entries({
    '!hide': { name: 'hidden', description: 'It is not to be shown.' },
    '!warn': { name: 'with a warning', description: 'It is to be shown after a warning only.' },
    '!takedown': { name: 'taken down', description: 'The labeler has taken it down.' },
    '!no-unauthenticated': {
      name: 'for people who are signed in',
      description: 'Its author wants it to be shown only to people who are signed in.',
    },
    porn: { name: 'adult content', description: 'Explicit sexual images.' },
    sexual: { name: 'sexually suggestive', description: 'Sexual content without nudity.' },
    nudity: { name: 'nudity', description: 'Nudity that is not sexual, such as in art or medicine.' },
    'graphic-media': { name: 'graphic media', description: 'Explicit or disturbing images.' },
    spam: { name: 'spam', description: 'Unwanted, repeated or unrelated.' },
  }),
)

/** What becomes of something that has these labels, for whoever looks. */
export function verdictOn(labels: readonly Label[] | undefined, reading: Reading): Verdict {
  if (!labels || labels.length === 0) return NOTHING
  const verdict = { hide: [] as Said[], warn: [] as Said[], inform: [] as Said[] }
  const seen = new Set<string>()
  for (const label of labels) {
    const labeler = reading.labelers.get(label.src)
    const key = `${label.src} ${label.val}`
    if (!labeler || seen.has(key)) continue
    seen.add(key)
    const way = wayOf(label, labeler, reading)
    if (way !== 'ignore') verdict[way].push(saidOf(label.val, labeler, reading))
  }
  return verdict
}

function wayOf({ src, val }: Label, labeler: Labeler, reading: Reading): Way {
  if (val === '!hide' || val === '!takedown') return 'hide'
  if (val === '!no-unauthenticated') return reading.isSignedIn ? 'ignore' : 'hide'
  const chosen = reading.choices.get(src)?.get(val)
  return WAYS.find(way => way === chosen) ?? proposedWay(val, definitionOf(labeler, val))
}

/** What a labeler proposes for one of its labels, as a way of this site. */
export function proposedWay(val: string, definition: Definition | undefined): Way {
  if (val === '!warn') return 'warn'
  if (!definition) return 'inform'
  const { proposed, blurs } = definition
  if (proposed === 'hide') return 'hide'
  if (proposed === 'ignore') return 'ignore'
  // What is not to be covered is told beside the thing.
  return blurs === 'none' ? 'inform' : 'warn'
}

export const isBinding = (val: string): boolean => ['!hide', '!takedown', '!no-unauthenticated'].includes(val)

export const definitionOf = ({ definitions }: Labeler, val: string): Definition | undefined =>
  definitions.find(definition => definition.val === val)

/** A label in the reader's language. */
export function saidOf(val: string, labeler: Labeler, { languages }: Pick<Reading, 'languages'>): Said {
  const names = definitionOf(labeler, val)?.names ?? []
  const own = [...languages, 'en'].flatMap(wanted => names.find(({ lang }) => speaks(lang, wanted)) ?? [])[0]
  const { name, description } = own ??
    names[0] ??
    EVERYWHERE.get(val) ?? { name: words(val), description: '' }
  return { val, name, description, by: shownNameOf(labeler), src: labeler.did, isBinding: isBinding(val) }
}

/** `pt-BR` is spoken by who wants `pt`, and the other way round. */
const speaks = (lang: string, wanted: string): boolean =>
  lang.split('-')[0]!.toLowerCase() === wanted.split('-')[0]!.toLowerCase()

/** `not-peer-reviewed` → `not peer reviewed`. */
const words = (val: string) => val.replace(/^!/, '').replaceAll('-', ' ')

/** Languages of an Accept-Language header, best first. RFC 9110, 12.5.4 */
export function languagesIn(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .map(item => {
      const [lang = '', ...parameters] = item.trim().split(';')
      const quality = Number(
        parameters
          .find(one => one.trim().startsWith('q='))
          ?.trim()
          .slice(2) ?? 1,
      )
      return { lang: lang.trim(), quality: Number.isFinite(quality) ? quality : 0 }
    })
    .filter(({ lang, quality }) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(lang) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ lang }) => lang)
}
