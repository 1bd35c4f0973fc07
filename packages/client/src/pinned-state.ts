import { frost, nsid } from '@frost/lexicon'
import type { AppView } from './appview.ts'
import { type LookupOptions, recordOf } from './lookup.ts'
import { parseReference } from './reference.ts'

/** The at-uri that REF stands for, also where its record is gone. */
export async function uriOf(ref: string, lookup: LookupOptions): Promise<string> {
  const { authority, collection, rkey } = await recordOf(parseReference(ref), ref, lookup)
  return `at://${authority}/${collection}/${rkey}`
}

/** What the AppView knows of one state of a record: the record as it was, and what became of it since. */
export async function pinnedState(appview: AppView, uri: string, cid: string) {
  return appview.call(frost.dataset.getState.main, {
    uri: uri as `at://${string}/${string}.${string}.${string}`,
    cid,
  })
}

/** In words, what became of a record that somebody pinned. */
export function pinStateText(pinState: string, uri: string): string {
  const kind = uri.includes(`/${nsid('dataset.version')}/`) ? 'version' : 'record'
  switch (pinState) {
    case 'unchanged':
      return `unchanged: the ${kind} still says this`
    case 'changed-since':
      return `changed since: the ${kind} says something else now`
    case 'gone':
      return `gone: its owner deleted the ${kind}`
    default:
      return `unavailable: the ${kind} is not held by this AppView, or its account is away`
  }
}
