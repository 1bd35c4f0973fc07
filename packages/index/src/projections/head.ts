import { linkTo, news, projection, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** The moving pointer of living data: only the owner moves it. */
export const head = projection('dataset.head', ({ did, heardAt, value }) => {
  const dataset = text(value.dataset)
  return dataset && ownerOf(dataset) === did
    ? {
        links: [
          ...linkTo('head', dataset, text(value.updatedAt) ?? ''),
          ...news('activity', [dataset], heardAt),
        ],
      }
    : {}
})
