import { FrostError, UsageError } from '@frost/client/errors'
import { resolveIdentity } from '@frost/client/identity'
import type { Settings } from '@frost/client/settings'
import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type C, type SocialParts, signInAddress, type Texts, textsOf, writerOf } from '../social/parts.ts'
import { LabelsPage, type LabelsPageProps } from './page.tsx'
import { type LabelerChoice, NO_READING, WAYS } from './reading.ts'
import type { Hearing, Readings } from './readings.ts'

export interface LabelParts extends SocialParts {
  readonly readings: Readings
  /** How accounts are found. */
  readonly settings: Settings
}

const DONE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    add: 'You hear it from now on.',
    remove: 'You do not hear it any more.',
    set: 'Saved.',
    usual: 'You see what everybody sees who has chosen nothing.',
  }),
)

/** Where people choose whose labels they see, and what becomes of what has them. */
export function labelRoutes(app: Hono<SiteEnv>, parts: LabelParts): void {
  const path = '/settings/labels'
  const page = (c: C, more: Omit<LabelsPageProps, 'reading'> = {}) =>
    c.html(<LabelsPage reading={c.get('labels') ?? NO_READING} {...more} />, more.problem ? 400 : 200)

  app.get(path, c => page(c, { done: DONE.get(c.req.query('done') ?? '') }))
  app.post(path, async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect(signInAddress(path), 303)
    const texts = await textsOf(c)
    try {
      const { acting } = await writerOf(c, parts)
      const body = await changedBy(parts, await parts.readings.chosenBy(acting.agent), texts)
      await parts.appview.callAs(acting.agent, frost.feed.putSettings, { body })
      parts.readings.forget(viewer.did)
      return c.redirect(`${path}?done=${texts.action}`, 303)
    } catch (error) {
      if (error instanceof FrostError || error instanceof Refused)
        return page(c, { problem: error.message, typed: texts.labeler })
      throw error
    }
  })
}

/** What a form asks for, as the AppView takes it. */
async function changedBy({ settings }: LabelParts, hearing: Hearing, texts: Texts) {
  const { action, did = '', labeler = '' } = texts
  const now = choicesOf(hearing)
  switch (action) {
    case 'usual':
      return { usualLabelers: true }
    case 'add': {
      const found = await labelerNamed(labeler, settings)
      return { labelers: now.some(one => one.did === found) ? now : [...now, { did: found, labels: [] }] }
    }
    case 'remove':
      return { labelers: now.filter(one => one.did !== did) }
    case 'set': {
      const labels = Object.entries(texts).flatMap(([name, show]) => {
        const val = /^label-(!?[a-z][a-z-]*)$/.exec(name)?.[1]
        return val && WAYS.some(way => way === show) ? [{ val, show }] : []
      })
      return { labelers: now.map(one => (one.did === did ? { ...one, labels } : one)) }
    }
    default:
      throw new UsageError('Nothing was asked for: go back and try again.')
  }
}

/** Whom somebody hears now, the index's choice being theirs until they change it. */
function choicesOf({ labelers, choices, accepted }: Hearing): LabelerChoice[] {
  return (accepted ?? [...labelers.keys()]).map(did => ({
    did: did as LabelerChoice['did'],
    labels: [...(choices.get(did) ?? [])].map(([val, show]) => ({ val, show })),
  }))
}

/** A labeler may be without a repository: a DID is taken as it is. */
async function labelerNamed(text: string, settings: Settings): Promise<LabelerChoice['did']> {
  const name = text.trim().replace(/^@/, '')
  if (/^did:[a-z]+:[\w.:%-]{1,2000}$/.test(name)) return name as LabelerChoice['did']
  return (await resolveIdentity(name, settings)).did as LabelerChoice['did']
}
