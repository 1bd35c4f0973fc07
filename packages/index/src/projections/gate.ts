import { atUri, nsid, rkeyOf } from '@frost/lexicon'
import { projection } from '../projection.ts'

/** The owner's moderation of the entry that has the same record key. */
export const gate = projection('discussion.gate', ({ uri, did, sortAt }) => ({
  links: [
    {
      kind: 'gate',
      subject: atUri(did, nsid('dataset.entry'), rkeyOf(uri)),
      sortKey: sortAt,
    },
  ],
}))
