import { getProfile } from './actor/get-profile.ts'
import { searchActors } from './actor/search-actors.ts'
import { createKey } from './admin/create-key.ts'
import { getStatus } from './admin/get-status.ts'
import { listKeys } from './admin/list-keys.ts'
import { listPlans } from './admin/list-plans.ts'
import { listReports } from './admin/list-reports.ts'
import { listTakedowns } from './admin/list-takedowns.ts'
import { listUsage } from './admin/list-usage.ts'
import { putLabel } from './admin/put-label.ts'
import { putPlan } from './admin/put-plan.ts'
import { resolveReport } from './admin/resolve-report.ts'
import { restore } from './admin/restore.ts'
import { revokeKey } from './admin/revoke-key.ts'
import { takeDown } from './admin/take-down.ts'
import { countFacets } from './dataset/count-facets.ts'
import { countTimeline } from './dataset/count-timeline.ts'
import { diffVersions } from './dataset/diff-versions.ts'
import { getCollection } from './dataset/get-collection.ts'
import { getEntries } from './dataset/get-entries.ts'
import { getEntry } from './dataset/get-entry.ts'
import { getState } from './dataset/get-state.ts'
import { getTombstone } from './dataset/get-tombstone.ts'
import { getVersion } from './dataset/get-version.ts'
import { listCollectionItems } from './dataset/list-collection-items.ts'
import { listCollections } from './dataset/list-collections.ts'
import { listEntries } from './dataset/list-entries.ts'
import { listHeadStates } from './dataset/list-head-states.ts'
import { listHeads } from './dataset/list-heads.ts'
import { listMirrors } from './dataset/list-mirrors.ts'
import { listNotices } from './dataset/list-notices.ts'
import { listOffers } from './dataset/list-offers.ts'
import { listVersions } from './dataset/list-versions.ts'
import { resolveEntry } from './dataset/resolve-entry.ts'
import { searchEntries } from './dataset/search-entries.ts'
import { suggest } from './dataset/suggest.ts'
import { getThread } from './discussion/get-thread.ts'
import { listCorrections } from './discussion/list-corrections.ts'
import { listEndorsements } from './discussion/list-endorsements.ts'
import { listIssues } from './discussion/list-issues.ts'
import { getActorFeed } from './feed/get-actor-feed.ts'
import { getSettings } from './feed/get-settings.ts'
import { getTimeline } from './feed/get-timeline.ts'
import { listNotifications } from './feed/list-notifications.ts'
import { putSettings } from './feed/put-settings.ts'
import { updateSeen } from './feed/update-seen.ts'
import { formatCitation } from './graph/format-citation.ts'
import { getCredit } from './graph/get-credit.ts'
import { getImpact } from './graph/get-impact.ts'
import { getLineage } from './graph/get-lineage.ts'
import { listCitations } from './graph/list-citations.ts'
import { listFollowers } from './graph/list-followers.ts'
import { listFollows } from './graph/list-follows.ts'
import { listMutes } from './graph/list-mutes.ts'
import { muteActor } from './graph/mute-actor.ts'
import { unmuteActor } from './graph/unmute-actor.ts'
import { queryLabels } from './label/query-labels.ts'
import type { Route } from './method.ts'
import { createReport } from './moderation/create-report.ts'
import { describeService } from './service/describe-service.ts'
import { exportSnapshot } from './service/export-snapshot.ts'
import { getProof } from './service/get-proof.ts'
import { getRepository } from './service/get-repository.ts'
import { listDigests } from './service/list-digests.ts'
import { listLabelers } from './service/list-labelers.ts'
import { listRecords } from './service/list-records.ts'
import { requestIndex } from './service/request-index.ts'
import { requestCrawl } from './sync/request-crawl.ts'
import { listDeliveries } from './updates/list-deliveries.ts'
import { listUpdates } from './updates/list-updates.ts'
import { listWebhooks } from './updates/list-webhooks.ts'
import { registerWebhook } from './updates/register-webhook.ts'
import { removeWebhook } from './updates/remove-webhook.ts'
import { replayDeliveries } from './updates/replay-deliveries.ts'
import { rotateWebhookSecret } from './updates/rotate-webhook-secret.ts'

/** Everything that is answered under `/xrpc/`; the files lie in the tree of the NSIDs. */
export const routes: readonly Route[] = [
  searchEntries,
  countFacets,
  countTimeline,
  suggest,
  getEntry,
  getEntries,
  getVersion,
  getState,
  getTombstone,
  listEntries,
  listVersions,
  diffVersions,
  listHeads,
  listHeadStates,
  listNotices,
  listMirrors,
  listOffers,
  resolveEntry,
  getCollection,
  listCollections,
  listCollectionItems,
  getProfile,
  searchActors,
  listFollows,
  listFollowers,
  getLineage,
  getImpact,
  listCitations,
  formatCitation,
  getCredit,
  getThread,
  listIssues,
  listCorrections,
  listEndorsements,
  getActorFeed,
  getTimeline,
  listNotifications,
  updateSeen,
  getSettings,
  putSettings,
  muteActor,
  unmuteActor,
  listMutes,
  listUpdates,
  registerWebhook,
  listWebhooks,
  removeWebhook,
  rotateWebhookSecret,
  listDeliveries,
  replayDeliveries,
  describeService,
  getProof,
  getRepository,
  listDigests,
  listLabelers,
  listRecords,
  exportSnapshot,
  requestIndex,
  requestCrawl,
  queryLabels,
  createReport,
  takeDown,
  restore,
  listTakedowns,
  listReports,
  resolveReport,
  getStatus,
  putLabel,
  putPlan,
  listPlans,
  createKey,
  revokeKey,
  listKeys,
  listUsage,
]
