import { linkTo, news, projection, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** A dataset in a list: only the list's owner puts it there. Curators' numbers come first, then the order of adding. */
export const collectionItem = projection('dataset.collectionItem', ({ did, sortAt, heardAt, value }) => {
  const list = text(value.collection)
  if (!list || ownerOf(list) !== did) return {}
  const order = typeof value.order === 'number' ? String(value.order).padStart(16, '0') : '~'
  return {
    links: [
      ...linkTo('item', list, `${order} ${sortAt}`),
      ...linkTo('in-collection', value.subject, sortAt),
      ...news('activity', [list], heardAt),
    ],
  }
})
