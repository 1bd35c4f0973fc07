import type { OAuthSession } from '@atproto/oauth-client-node'
import { tryGetContext } from 'hono/context-storage'
import { NO_READING, type Reading } from '../labels/reading.ts'
import type { SiteSession } from './store.ts'

/** Whoever looks at a page, where they are signed in. */
export interface Viewer {
  readonly did: string
  readonly handle?: string
  readonly session: SiteSession
}

export interface SiteEnv {
  Variables: {
    viewer?: Viewer
    signInIsOffered?: boolean
    /** Whether whoever looks runs the index. */
    isOperator?: boolean
    /** How whoever looks reads labels. */
    labels?: Reading
    /** How many notifications whoever looks has not seen, where it is known. */
    unread?: number
  }
}

/** A session of which nothing is left at its PDS: a new sign-in is needed. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded'
}

/** Somebody who acts: requests by `agent` go to their PDS with their rights. */
export interface Acting extends Viewer {
  readonly agent: OAuthSession
  /** Origin of their PDS. */
  readonly pds: string
}

/** Who looks at the page that is being made. */
export function viewer(): Viewer | undefined {
  return tryGetContext<SiteEnv>()?.get('viewer')
}

/** Address of the page that is being made, to come back to. */
export function currentPath(): string {
  const url = tryGetContext()?.req.url
  if (!url) return '/'
  const { pathname, search } = new URL(url)
  return pathname + search
}

export function signInIsOffered(): boolean {
  return tryGetContext<SiteEnv>()?.get('signInIsOffered') ?? false
}

export function isOperator(): boolean {
  return tryGetContext<SiteEnv>()?.get('isOperator') ?? false
}

export function labelReading(): Reading {
  return tryGetContext<SiteEnv>()?.get('labels') ?? NO_READING
}

/** Labelers that whoever looks has chosen; undefined where the AppView's own choice is theirs. */
export const acceptedLabelers = (): readonly string[] | undefined => labelReading().accepted

export function unreadNotifications(): number {
  return tryGetContext<SiteEnv>()?.get('unread') ?? 0
}
