import { FrostError } from '@frost/client/errors'
import { fetchJson } from '@frost/client/http'
import { type AgentIdentifier, agentIdentifier } from '@frost/client/people'
import type { EntryForm } from './form.ts'
import { isObject, listOf, textOf } from './values.ts'

/** Origins of the public APIs that know who an id stands for; one that is absent is not asked. */
export interface RegisterUrls {
  readonly orcid?: string
  readonly ror?: string
}

/** People of one form that are looked up, and answers that are kept. */
const MOST_PEOPLE = 20
const MOST_KEPT = 2_000
const PATIENCE_MILLISECONDS = 3_000

/** Who an id stands for: all the names that its register has; none where it knows no such id; undefined where it does not say. */
type Names = readonly string[] | undefined

/** The registers of people (https://info.orcid.org/documentation/api-tutorials) and of institutions (https://ror.readme.io/v2). */
export class Registers {
  readonly #urls: RegisterUrls
  readonly #kept = new Map<string, Promise<Names>>()

  constructor(urls: RegisterUrls) {
    this.#urls = urls
  }

  /** What the registers say otherwise of the people that a form names; a register that is away says nothing. */
  async adviceFor({
    people,
    publisher,
    publisherId,
  }: Pick<EntryForm, 'publisher' | 'publisherId'> & {
    readonly people: readonly { readonly name: string; readonly id: string }[]
  }) {
    const named = [...people, { name: publisher, id: publisherId }]
      .filter(({ name, id }) => name !== '' && id !== '')
      .slice(0, MOST_PEOPLE)
    const said = await Promise.all(named.map(({ name, id }) => this.#adviceOf(name, id)))
    return said.flat()
  }

  async #adviceOf(name: string, id: string): Promise<string[]> {
    const identifier = readIdentifier(id)
    const names = identifier && (await this.#namesOf(identifier))
    if (!identifier || !names) return []
    const register = identifier.scheme === 'orcid' ? 'ORCID' : 'ROR'
    if (names.length === 0) return [`${register} knows nobody by ${id}: is it the id of ${name}?`]
    if (names.some(known => isAlike(known, name))) return []
    return [`By ${register}, ${id} is ${names[0]!.slice(0, 200)}, and not ${name}.`]
  }

  #namesOf({ scheme, value }: AgentIdentifier): Promise<Names> {
    const url = this.#urls[scheme]
    if (!url) return Promise.resolve(undefined)
    const known = this.#kept.get(value)
    if (known) return known
    const asked = (scheme === 'orcid' ? orcidNames(url, value) : rorNames(url, value)).catch(() => {
      // Asked again next time: a register that was away is no answer.
      this.#kept.delete(value)
      return undefined
    })
    this.#kept.set(value, asked)
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return asked
  }
}

function readIdentifier(text: string): AgentIdentifier | undefined {
  try {
    return agentIdentifier(text)
  } catch (error) {
    if (error instanceof FrostError) return undefined
    throw error
  }
}

async function orcidNames(url: string, orcid: string): Promise<Names> {
  const person = await ask(`${url}/v3.0/${orcid}/personal-details`)
  if (person === undefined) return []
  const part = (value: unknown) => (isObject(value) ? textOf(value.value) : '')
  const name = isObject(person.name) ? person.name : {}
  const others = isObject(person['other-names']) ? listOf(person['other-names']['other-name']) : []
  const full = `${part(name['given-names'])} ${part(name['family-name'])}`.trim()
  const names = [full, part(name['credit-name']), ...others.map(({ content }) => textOf(content))].filter(
    Boolean,
  )
  // Somebody who shows no name to the public is known all the same.
  return names.length > 0 ? names : undefined
}

async function rorNames(url: string, ror: string): Promise<Names> {
  const institution = await ask(`${url}/v2/organizations/${ror.slice(ror.lastIndexOf('/') + 1)}`)
  if (institution === undefined) return []
  const names = listOf(institution.names)
  const isShown = ({ types }: { types?: unknown }) => Array.isArray(types) && types.includes('ror_display')
  return [...names.filter(isShown), ...names.filter(name => !isShown(name))]
    .map(({ value }) => textOf(value))
    .filter(Boolean)
}

/** @returns undefined where there is nothing at the address. @throws Error where it does not answer as it should */
async function ask(address: string) {
  const { response, body } = await fetchJson(address, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
  })
  if (response.status === 404) return undefined
  if (!response.ok || !isObject(body)) throw new Error(`${address} answered ${response.status}`)
  return body
}

/** Two spellings of one name share a word of more than two letters: a family name, an acronym in full. */
function isAlike(one: string, other: string): boolean {
  const words = (text: string) =>
    text
      .normalize('NFKD')
      .replace(/\p{Mark}/gu, '')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter(word => word.length > 2)
  const [here, there] = [new Set(words(one)), words(other)]
  return here.size === 0 || there.length === 0 || there.some(word => here.has(word))
}
