export { type Account, AccountStore } from './accounts.ts'
export { acknowledge, rolesOf } from './acknowledgement.ts'
export { AppView } from './appview.ts'
export { citationsOf, claimCitation, retractCitation } from './citations.ts'
export { findCitable } from './cite.ts'
export { acceptCorrection, changeOf, proposeCorrection, proposeFork, settleCorrection } from './correction.ts'
export { describeError } from './describe-error.ts'
export {
  comment,
  discussed,
  endorse,
  labelIssue,
  openIssue,
  setIssueState,
  unendorse,
} from './discussion.ts'
export { type EntryFields, entryFromFields, withFields } from './entry-fields.ts'
export { FrostError, UsageError } from './errors.ts'
export { follow, followSubject, unfollow } from './follow.ts'
export { moveHead } from './head.ts'
export { followBranch } from './head-follower.ts'
export { type Identity, resolveIdentity } from './identity.ts'
export { type ImportItem, type ImportReport, importItems } from './import/importer.ts'
export { type FoundRecord, findOwnEntry, findRecord, type LookupOptions } from './lookup.ts'
export { announceMirror } from './mirror.ts'
export { referenceFrom } from './normalise.ts'
export { resolveNotice, writeNotice } from './notice.ts'
export { freeSlug, publishEntry, replaceEntry, unpublishEntry } from './publish.ts'
export { parseReference, type Reference } from './reference.ts'
export { releaseVersion, versionsOf } from './release.ts'
export { Repository, type StoredRecord, type Write } from './repository.ts'
export { scopesToAsk } from './scopes.ts'
export { loginWithOAuth, loginWithPassword, logout, restoreSession, type Session } from './session.ts'
export { type Settings, settingsFromEnv } from './settings.ts'
export { checkedSlug, slugOf } from './slug.ts'
export { sourceReference } from './source-reference.ts'
export { checked, faultOf } from './validation.ts'
export { latestVersionOf, versionOf } from './versions.ts'
