import { toDatetimeString } from '@atproto/lex'
import { frost } from '@frost/lexicon'
import { type AppView, type ProfileView, Refused } from '../appview.ts'
import type { Texts } from '../social/parts.ts'
import type { KeysProps } from './keys-page.tsx'
import type { Operator } from './operator.ts'

/** What forms of operators can do, and what the page says afterwards. */
export const DEEDS = {
  takedown: 'Taken down.',
  restore: 'Shown again.',
  label: 'Labelled.',
  unlabel: 'The label is taken back.',
  dismiss: 'The report is settled.',
  plan: 'The plan is saved.',
  revoke: 'The key is revoked; it ends within half a minute.',
} as const
export type Done = keyof typeof DEEDS

const MOST_SUBJECTS = 1000

/**
 * Does what a form asks for.
 * @throws Refused that says what is wrong with what was typed
 */
export async function act(
  appview: AppView,
  operator: Operator,
  texts: Texts,
): Promise<{ readonly done: Done } | { readonly made: NonNullable<KeysProps['made']> }> {
  const { action = '', id = '', subject = '', subjects = subject, note, reason = note, val = '' } = texts
  switch (action) {
    case 'takedown': {
      const body = { subjects: await namedIn(appview, subjects), ...(reason && { reason }) }
      await operator.tell(frost.admin.takeDown, body)
      await settle(operator, id, `Taken down${reason ? `: ${reason}` : ''}`)
      return { done: 'takedown' }
    }
    case 'restore':
      await operator.tell(frost.admin.restore, { subjects: await namedIn(appview, subjects) })
      await settle(operator, id, `Shown again${reason ? `: ${reason}` : ''}`)
      return { done: 'restore' }
    case 'label': {
      const [about] = await namedIn(appview, subject)
      const neg = texts.neg !== undefined
      const label = {
        subject: about,
        val: val.toLowerCase(),
        ...(texts.cid && { cid: texts.cid }),
        ...(texts.until && { exp: endOf(texts.until) }),
      }
      await operator.tell(frost.admin.putLabel, { ...label, ...(neg && { neg }) })
      await settle(operator, id, `Labelled ${label.val}`)
      return { done: neg ? 'unlabel' : 'label' }
    }
    case 'dismiss':
      await settle(operator, id, note ?? '')
      return { done: 'dismiss' }
    case 'plan': {
      const limits = ['requestsPerWindow', 'requestsPerMonth', 'bytesPerMonth'].flatMap(name =>
        texts[name] ? [[name, wholeNumber(texts[name])] as const] : [],
      )
      if (!texts.name) throw new Refused('InvalidName', 'Give the plan a name.')
      await operator.tell(frost.admin.putPlan, { name: texts.name, ...Object.fromEntries(limits) })
      return { done: 'plan' }
    }
    case 'key': {
      const { name = '', plan = '' } = texts
      if (name === '') throw new Refused('InvalidName', 'Say whose the key is.')
      const { id: made, key } = await operator.tell(frost.admin.createKey, { name, plan })
      return { made: { id: made, key, name } }
    }
    case 'revoke':
      await operator.tell(frost.admin.revokeKey, { id })
      return { done: 'revoke' }
    default:
      throw new Refused('InvalidRequest', 'Nothing was asked for: go back and try again.')
  }
}

async function settle(operator: Operator, id: string, note: string): Promise<void> {
  if (!/^\d{1,15}$/.test(id)) return
  await operator.tell(frost.admin.resolveReport, { id: Number(id), ...(note && { note }) })
}

/** The accounts and records that somebody typed, one a line; handles by the DIDs that they lead to. */
async function namedIn(appview: AppView, text: string): Promise<string[]> {
  const names = text.split(/[\s,]+/).filter(Boolean)
  if (names.length === 0) throw new Refused('InvalidSubject', 'Name an account or a record.')
  if (names.length > MOST_SUBJECTS)
    throw new Refused('InvalidSubject', `${names.length} were named: give ${MOST_SUBJECTS} at once at most.`)
  return Promise.all(
    names.map(async name => {
      if (/^(did:|at:\/\/did:)/.test(name)) return name
      const actor = name.replace(/^@/, '')
      const found = (await appview.query(frost.actor.getProfile, { actor }).catch(error => {
        if (!(error instanceof Refused)) throw error
        throw new Refused(
          'InvalidSubject',
          `'${name.slice(0, 100)}' is no DID, no at-uri with a DID in it, and no handle that is known here.`,
        )
      })) as unknown as ProfileView
      return found.did
    }),
  )
}

/** Of a day, in UTC. */
function endOf(day: string) {
  const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN
  if (Number.isFinite(time)) return toDatetimeString(new Date(time + 86_400_000))
  throw new Refused('InvalidDate', `'${day.slice(0, 40)}' is no day: write 2026-12-31, or leave it empty.`)
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Refused(
    'InvalidNumber',
    `'${text.slice(0, 40)}' is no whole number: write 1000, or leave it empty.`,
  )
}
