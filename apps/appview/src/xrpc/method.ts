import type { InferMethodInputBody, InferMethodParams, Main, Procedure, Query } from '@atproto/lex'
import { getMain } from '@atproto/lex'
import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import type { AppViewConfig } from '../config.ts'
import type { LabelService } from '../labels/service.ts'
import type { MailService } from '../mail/service.ts'
import type { Meter } from '../metering/meter.ts'
import type { Quotas } from '../metering/quotas.ts'
import type { Snapshots } from '../snapshots/snapshots.ts'

/** What every handler may use. */
export interface Services {
  readonly index: Index
  readonly consumer: Consumer
  readonly config: AppViewConfig
  readonly did: string
  /** Whose labels are read. */
  readonly labels?: LabelService
  /** Counts what consumers ask for, and what API keys may. */
  readonly meter?: Meter
  readonly quotas?: Quotas
  /** Where e-mail is sent. */
  readonly mail?: MailService
  /** Makes snapshots; absent where none are made. */
  readonly snapshots?: Snapshots
  /** Public origin. */
  readonly origin: string
}

/** One call of a method, its parameters and input already held against the lexicon. */
export interface Call<Method extends Query | Procedure> {
  readonly params: InferMethodParams<Method>
  readonly input: InferMethodInputBody<Method>
  /** DID of the caller, where it signed the call. */
  readonly viewer?: string
}

/** An output that is JSON text already: stored records are spliced into it rather than parsed and written again. */
export interface JsonText {
  readonly json: string
}

/** An output that is bytes, of the lexicon's encoding. */
export interface Bytes {
  readonly bytes: Uint8Array
}

export type Answer = JsonText | Bytes | Readonly<Record<string, unknown>>

/** A method of the lexicon and what answers it. */
export interface Route<Method extends Query | Procedure = Query | Procedure> {
  readonly method: Method
  /** True where the caller must be known. */
  readonly signedIn: boolean
  /** Whether, with such parameters, the caller must be an operator of this AppView. */
  operator(params: InferMethodParams<Method>): boolean
  handle(call: Call<Method>, services: Services): Promise<Answer>
}

/**
 * Binds a query or procedure of the lexicon to its handler.
 * @param main the generated method, e.g. `frost.dataset.getEntry`
 */
export function method<Method extends Query | Procedure>(
  main: Main<Method>,
  handle: Route<Method>['handle'],
  {
    signedIn = false,
    operator = false,
  }: { signedIn?: boolean; operator?: boolean | Route<Method>['operator'] } = {},
): Route {
  const isOperators = typeof operator === 'boolean' ? () => operator : operator
  return { method: getMain(main), signedIn, operator: isOperators, handle } as unknown as Route
}
