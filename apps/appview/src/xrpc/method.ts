import type { Index } from '@frost/index'
import type { Consumer } from '@frost/sync'
import type { AppViewConfig } from '../config.ts'

/** What every handler may use. */
export interface Services {
  readonly index: Index
  readonly consumer: Consumer
  readonly config: AppViewConfig
  readonly did: string
}

/** One call of a method, its parameters and input already held against the lexicon. */
export interface Call<Params, Input = undefined> {
  readonly params: Params
  readonly input: Input
  /** DID of the caller, where it signed the call. */
  readonly viewer?: string
  readonly services: Services
}
