import { setTimeout as delay } from 'node:timers/promises'
import type { DataciteAttributes } from '@frost/catalogs/citation/index'
import { withoutEnd } from '@frost/lexicon'
import { FrostError, systemReason, UsageError } from './errors.ts'
import { boundedText } from './http.ts'
import { isUsableService } from './settings.ts'

/** A repository account of DataCite's, with which DOIs under its prefix are registered. */
export interface DataciteAccount {
  /** Origin of the REST API: https://api.datacite.org, or https://api.test.datacite.org to try it. */
  readonly url: string
  /** Repository account ID, such as `CERN.ZENODO`. */
  readonly repository: string
  readonly password: string
  /** Prefix that belongs to the account, such as `10.5072`. */
  readonly prefix: string
}

/**
 * Reads the account from `FROST_DATACITE_REPOSITORY`, `FROST_DATACITE_PASSWORD`, `FROST_DATACITE_PREFIX` and `FROST_DATACITE_URL`.
 * @throws UsageError that names the variable which is missing or wrong
 */
export function dataciteAccountFromEnv(env: NodeJS.ProcessEnv = process.env): DataciteAccount {
  const required = (name: string) => {
    const value = env[name]?.trim()
    if (value) return value
    throw new UsageError(
      `${name} is not set: DOIs are minted with the account that DataCite gave your repository`,
    )
  }
  const repository = required('FROST_DATACITE_REPOSITORY')
  const password = required('FROST_DATACITE_PASSWORD')
  const prefix = required('FROST_DATACITE_PREFIX')
  if (!/^10\.\d{4,9}$/.test(prefix))
    throw new UsageError(`FROST_DATACITE_PREFIX is '${prefix}': a prefix reads 10.1234`)
  const url = withoutEnd(env.FROST_DATACITE_URL?.trim() || 'https://api.datacite.org', '/')
  if (!isUsableService(url))
    throw new UsageError(
      `FROST_DATACITE_URL is '${url}': give an https address, such as https://api.test.datacite.org`,
    )
  return { url, repository, password, prefix }
}

/** What DataCite holds of a DOI. `draft` can be deleted; `registered` resolves; `findable` is in the public index too. */
export interface RegisteredDoi {
  readonly doi: string
  readonly state: 'draft' | 'registered' | 'findable'
  readonly url?: string
}

export interface DataciteOptions {
  /** Told before a pause, with its length. */
  readonly onWait?: (milliseconds: number) => void
  /** First pause after a refusal, doubled each time (default 1 s). */
  readonly firstWaitMs?: number
}

const PATIENCE_MS = 30_000
const MOST_TRIES = 6
const LONGEST_WAIT_MS = 60_000
const JSON_API = 'application/vnd.api+json'

/** DataCite's REST API for DOIs (https://support.datacite.org/reference/introduction, OpenAPI 2.3.0). */
export class Datacite {
  readonly account: DataciteAccount
  readonly #options: DataciteOptions

  constructor(account: DataciteAccount, options: DataciteOptions = {}) {
    this.account = account
    this.#options = options
  }

  /** What is registered under a DOI; undefined where nothing is, or another account's draft. */
  async get(doi: string): Promise<RegisteredDoi | undefined> {
    const { status, body } = await this.#call('GET', pathOf(doi))
    return status === 404 ? undefined : registered(body)
  }

  /**
   * Registers a DOI, or brings what is registered up to date, so that the same call again changes nothing: it looks first, makes
   * a draft where there is none, and then publishes it. A draft that an interruption left is taken up.
   * @param findable false leaves a draft a draft
   * @throws FrostError `DoiRefused` with DataCite's own words, `BadCredentials`, `Unreachable`
   */
  async mint(
    attributes: DataciteAttributes & { readonly doi: string },
    { findable = true } = {},
  ): Promise<RegisteredDoi & { readonly created: boolean }> {
    const { doi } = attributes
    const held = await this.get(doi)
    const created = held === undefined && (await this.#create(attributes))
    if (created && !findable) return { ...(await this.#held(doi)), created }
    // What is findable stays so: only a draft or a hidden one is told to become it.
    const event = findable && held?.state !== 'findable' ? { event: 'publish' } : {}
    const { body } = await this.#call('PUT', pathOf(doi), document({ ...attributes, ...event }))
    return { ...registered(body), created }
  }

  /** Makes a draft; false where one came into being meanwhile, by an answer that got lost. */
  async #create(attributes: DataciteAttributes): Promise<boolean> {
    const { status } = await this.#call('POST', '/dois', document(attributes), isTaken)
    return status === 201
  }

  async #held(doi: string): Promise<RegisteredDoi> {
    const held = await this.get(doi)
    if (held) return held
    throw new FrostError(
      'DoiRefused',
      `${this.account.url} made a draft of ${doi} and does not know it: try again`,
    )
  }

  /** One call, tried again where the service is busy or away. @param allowed refusals that the caller deals with */
  async #call(
    method: string,
    path: string,
    body?: object,
    allowed: (status: number, body: unknown) => boolean = () => false,
  ): Promise<{ status: number; body: unknown }> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#try(method, path, body)
      const isLast = attempt >= MOST_TRIES
      if ('failure' in answer) {
        if (isLast) throw answer.failure
      } else {
        const { status } = answer
        if (answer.ok || (method === 'GET' && status === 404) || allowed(status, answer.body)) return answer
        if (isLast || !(status === 429 || status >= 500))
          throw this.#refusal(path, answer.status, answer.body)
      }
      await this.#pause(attempt, 'failure' in answer ? undefined : answer.retryAfter)
    }
  }

  async #try(method: string, path: string, body: object | undefined) {
    const { url, repository, password } = this.account
    const credentials = Buffer.from(`${repository}:${password}`).toString('base64')
    try {
      const response = await fetch(url + path, {
        method,
        // Whom the password is for, it is not carried on to.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          accept: JSON_API,
          authorization: `Basic ${credentials}`,
          ...(body && { 'content-type': JSON_API }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await boundedText(response, url)
      return {
        ok: response.ok,
        status: response.status,
        body: parsed(text),
        retryAfter: response.headers.get('retry-after') ?? undefined,
      }
    } catch (cause) {
      if (cause instanceof FrostError) throw cause
      const reason = systemReason(cause) ?? String((cause as Error).message)
      return {
        failure: new FrostError('Unreachable', `DataCite ${url} cannot be reached: ${reason}`, { cause }),
      }
    }
  }

  async #pause(attempt: number, retryAfter: string | undefined): Promise<void> {
    const { firstWaitMs = 1000, onWait } = this.#options
    const asked = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined
    const wait = asked ?? firstWaitMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
    const bounded = Math.min(wait, LONGEST_WAIT_MS)
    onWait?.(bounded)
    await delay(bounded)
  }

  #refusal(path: string, status: number, body: unknown): FrostError {
    const { url, repository } = this.account
    const said = errorsIn(body)
    if (status === 401)
      return new FrostError(
        'BadCredentials',
        `DataCite ${url} refused the password of '${repository}': check FROST_DATACITE_PASSWORD`,
      )
    if (status === 403)
      return new FrostError(
        'NotAllowed',
        `DataCite ${url} does not let '${repository}' register ${path.slice('/dois/'.length) || 'this DOI'}: check FROST_DATACITE_PREFIX (${said})`,
      )
    return new FrostError('DoiRefused', `DataCite ${url} refused: ${said} (${status})`)
  }
}

const pathOf = (doi: string) => `/dois/${encodeURIComponent(doi)}`

/** JSON:API (https://jsonapi.org/format/#crud-creating). */
function document({ doi, ...attributes }: DataciteAttributes & { event?: string }): object {
  return { data: { ...(doi && { id: doi }), type: 'dois', attributes: { doi, ...attributes } } }
}

function registered(body: unknown): RegisteredDoi {
  const { data } = (body ?? {}) as { data?: { id?: unknown; attributes?: Record<string, unknown> } }
  const { doi = data?.id, state, url } = data?.attributes ?? {}
  if (typeof doi === 'string' && (state === 'draft' || state === 'registered' || state === 'findable'))
    return { doi, state, ...(typeof url === 'string' && { url }) }
  throw new FrostError(
    'BadAnswer',
    'DataCite did not answer with a DOI and its state: is FROST_DATACITE_URL right?',
  )
}

const isTaken = (status: number, body: unknown) =>
  status === 422 && /already been taken/i.test(errorsIn(body))

/** `{errors: [{source, title}]}` as one line. */
function errorsIn(body: unknown): string {
  const { errors } = (body ?? {}) as { errors?: unknown }
  const list = Array.isArray(errors) ? (errors as { source?: unknown; title?: unknown }[]) : []
  const said = list.map(({ source, title }) => [source, title].filter(Boolean).join(': ')).filter(Boolean)
  return said.join('; ').replace(/\s+/g, ' ').slice(0, 500) || 'without saying why'
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
