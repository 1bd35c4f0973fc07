import { projection } from '../projection.ts'

/** A curator's list: it says nothing of other things itself; its items do. */
export const collection = projection('dataset.collection', () => ({}))
