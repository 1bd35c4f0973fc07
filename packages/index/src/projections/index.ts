import type { Projection } from '../projection.ts'
import { acknowledgement } from './acknowledgement.ts'
import { citation } from './citation.ts'
import { collection } from './collection.ts'
import { collectionItem } from './collection-item.ts'
import { comment } from './comment.ts'
import { correction } from './correction.ts'
import { endorsement } from './endorsement.ts'
import { entry } from './entry.ts'
import { follow } from './follow.ts'
import { gate } from './gate.ts'
import { head } from './head.ts'
import { issue } from './issue.ts'
import { issueState } from './issue-state.ts'
import { mirror } from './mirror.ts'
import { model } from './model.ts'
import { notice } from './notice.ts'
import { offer } from './offer.ts'
import { profile } from './profile.ts'
import { version } from './version.ts'

const all = [
  acknowledgement,
  citation,
  collection,
  collectionItem,
  comment,
  correction,
  endorsement,
  entry,
  follow,
  gate,
  head,
  issue,
  issueState,
  mirror,
  model,
  notice,
  offer,
  profile,
  version,
]

/** The projection of each record type, by collection. */
export const projections: ReadonlyMap<string, Projection> = new Map(
  all.map(projection => [projection.collection, projection]),
)
