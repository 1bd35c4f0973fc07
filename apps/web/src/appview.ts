import { type InferMethodOutputBody, type Main, type Query, XrpcError, xrpc } from '@atproto/lex'
import type { Collection, Entry, frost, Profile, Version } from '@frost/lexicon'

type WithRecord<View, Item> = Omit<View, 'record'> & { readonly record: Item }

/** Views carry records verbatim; here they get the types of their lexicons, every field of which may be missing. */
export type EntryView = WithRecord<frost.dataset.defs.EntryView, Entry>
export type VersionView = WithRecord<frost.dataset.defs.VersionView, Version>
export type CollectionView = WithRecord<frost.dataset.defs.CollectionView, Collection>
export type ProfileView = Omit<frost.actor.defs.ProfileView, 'record'> & { readonly record?: Profile }
export type Facet = frost.dataset.defs.Facet
export type SearchAnswer = { entries: EntryView[]; total: number; totalIsExact?: boolean; cursor?: string }

/** An answer that the AppView refused: its name and message are for the person who asked. */
export class Refused extends Error {
  readonly error: string
  constructor(error: string, message: string) {
    super(message)
    this.error = error
  }
}

const TIMEOUT_MILLISECONDS = 15_000

/** The site knows an AppView only by its XRPC. */
export class AppView {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /**
   * Calls one query.
   * @throws Refused if the AppView says that the request is at fault; other errors if it is down or answers nonsense
   */
  async query<Method extends Query>(
    method: Main<Method>,
    params: object,
  ): Promise<InferMethodOutputBody<Method>> {
    try {
      const { body } = await xrpc(this.url, method, {
        params,
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        validateResponse: false,
      } as never)
      return body as unknown as InferMethodOutputBody<Method>
    } catch (error) {
      if (error instanceof XrpcError && isRefusal(error)) throw new Refused(error.error, error.message)
      throw error
    }
  }
}

function isRefusal(error: XrpcError): boolean {
  const { status } = error as { status?: number }
  return status !== undefined && status >= 400 && status < 500
}
