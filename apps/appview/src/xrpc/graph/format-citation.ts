import {
  citableOf,
  citationStyles,
  citedVersion,
  formatCitations,
  isCitationStyle,
} from '@frost/catalogs/citation/index'
import type { CitedState } from '@frost/index'
import { frost, rkeyOf } from '@frost/lexicon'
import { invalidRequest, XrpcError } from '../errors.ts'
import { method } from '../method.ts'

export const formatCitation = method(frost.graph.formatCitation, async ({ params }, { index, config }) => {
  const { uris, cid, style = 'apa' } = params
  if (!isCitationStyle(style)) {
    const known = Object.keys(citationStyles).join(', ')
    throw new XrpcError(400, 'InvalidStyle', `style is '${style}': choose one of ${known}`)
  }
  if (cid !== undefined && uris.length !== 1)
    throw invalidRequest(`cid pins one thing, and uris names ${uris.length}: ask for each by itself`)
  const states = await index.queries.citedStates({ uris, cid })
  const text = formatCitations(
    states.map(state => citableOfState(state, config.siteUrl)),
    style,
  )
  if (text === undefined)
    throw new XrpcError(
      400,
      'InvalidStyle',
      `${style} describes one thing a document: ask for each by itself`,
    )
  return {
    text,
    mediaType: citationStyles[style].mediaType,
    items: states.map(({ uri, cid, pinState }) => ({ uri, cid, pinState })),
  }
})

function citableOfState({ uri, cid, owner, entryUri, entry, version }: CitedState, site: string | undefined) {
  const slug = rkeyOf(entryUri)
  const context = {
    uri,
    cid,
    ...(site && { page: `${site}/d/${owner.did}/${encodeURIComponent(slug)}` }),
    account: owner.name ?? owner.handle,
  }
  if (!version) return citableOf(entry as never, context)
  const cited = citedVersion(entry, version)
  return citableOf(cited.entry as never, { ...context, version: cited.version })
}
