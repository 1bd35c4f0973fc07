import type { Consumer } from '@frost/sync'

/** What a labeler means by one of its labels, as its `app.bsky.labeler.service` record says. */
export interface LabelDefinition {
  readonly val: string
  /** inform | alert | none */
  readonly severity: string
  /** content | media | none */
  readonly blurs: string
  /** hide | warn | ignore */
  readonly proposed: string
  readonly names: readonly { readonly lang: string; readonly name: string; readonly description: string }[]
}

export interface LabelerIdentity {
  readonly handle?: string
  readonly displayName?: string
  readonly description?: string
  readonly definitions: readonly LabelDefinition[]
}

type Records = Pick<Consumer, 'recordOf' | 'handleOf'>
type Fields = Readonly<Record<string, unknown>>

const FRESH_MILLISECONDS = 3_600_000
/** A labeler that does not answer is asked again so soon. */
const RETRY_MILLISECONDS = 60_000
const MOST_HELD = 1000
const MOST_LABELS = 200
const MOST_LANGUAGES = 50

/** Who labelers are and what their labels mean, asked of their own servers and held for an hour. */
export class LabelerIdentities {
  readonly #records: Records
  readonly #onError: (error: unknown) => void
  readonly #held = new Map<string, { readonly identity: Promise<LabelerIdentity>; until: number }>()

  constructor(records: Records, onError: (error: unknown) => void) {
    this.#records = records
    this.#onError = onError
  }

  of(did: string): Promise<LabelerIdentity> {
    const held = this.#held.get(did)
    if (held && held.until > Date.now()) return held.identity
    if (this.#held.size >= MOST_HELD) this.#held.clear()
    const entry = { until: Date.now() + FRESH_MILLISECONDS, identity: this.#ask(did) }
    entry.identity = entry.identity.catch(error => {
      this.#onError(error)
      entry.until = Date.now() + RETRY_MILLISECONDS
      return { definitions: [] }
    })
    this.#held.set(did, entry)
    return entry.identity
  }

  async #ask(did: string): Promise<LabelerIdentity> {
    const [service, profile, handle] = await Promise.all([
      this.#records.recordOf(did, 'app.bsky.labeler.service', 'self'),
      this.#records.recordOf(did, 'app.bsky.actor.profile', 'self').catch(() => undefined),
      this.#records.handleOf(did).catch(() => undefined),
    ])
    const { displayName, description } = (profile ?? {}) as Fields
    return {
      ...(handle !== undefined && { handle }),
      ...(isText(displayName) && { displayName: displayName.slice(0, 640) }),
      ...(isText(description) && { description: description.slice(0, 3000) }),
      definitions: definitionsIn(service),
    }
  }
}

/** Reads an `app.bsky.labeler.service` record, of which nothing is certain. */
export function definitionsIn(record: unknown): LabelDefinition[] {
  const { policies } = (record ?? {}) as { policies?: Fields }
  const defined = new Map(
    objects(policies?.labelValueDefinitions).map(definition => [String(definition.identifier), definition]),
  )
  const values = Array.isArray(policies?.labelValues) ? policies.labelValues : []
  const vals = new Set([...values, ...defined.keys()].filter(val => isText(val) && isLabel(val)))
  return [...vals].slice(0, MOST_LABELS).map(val => {
    const { severity, blurs, defaultSetting, locales } = defined.get(val) ?? {}
    return {
      val,
      severity: known(severity, ['inform', 'alert', 'none'], 'inform'),
      blurs: known(blurs, ['content', 'media', 'none'], 'none'),
      proposed: known(defaultSetting, ['ignore', 'warn', 'hide'], 'warn'),
      names: objects(locales)
        .slice(0, MOST_LANGUAGES)
        .flatMap(({ lang, name, description }) =>
          isText(lang) && isText(name) && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(lang)
            ? [
                {
                  lang,
                  name: name.slice(0, 200),
                  description: (isText(description) ? description : '').slice(0, 5000),
                },
              ]
            : [],
        ),
    }
  })
}

const isLabel = (val: string) => /^!?[a-z][a-z-]{0,99}$/.test(val)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const known = (value: unknown, values: readonly string[], otherwise: string) =>
  isText(value) && values.includes(value) ? value : otherwise
const objects = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : []
