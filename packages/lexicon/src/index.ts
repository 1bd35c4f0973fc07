import type { frost } from './generated/authority.ts'

export { type AccessNow, accessNow } from './access.ts'
export { type Bbox, InvalidBbox, parseBbox } from './bbox.ts'
export { allDocuments, type LexiconDocument, lexiconDocuments, lexiconVersion } from './documents.ts'
export { AUTHORITY, frost } from './generated/authority.ts'
export { hashRkey, newTid, toRecordKey, type VersionIdentity, versionRkey } from './keys.ts'
export { definition, isFrostNsid, nsid, RECORD_NSIDS } from './nsid.ts'
export { atUri, normaliseDoi, parseAtUri, parseReference, type Reference, rkeyOf } from './reference.ts'
export { withoutEnd } from './text-end.ts'
export { edtfRange, type YearRange } from './time.ts'
export { recordHints, type Validity, validateRecord } from './validation.ts'

export type Entry = frost.dataset.entry.Main
export type Version = frost.dataset.version.Main
export type Head = frost.dataset.head.Main
export type Mirror = frost.dataset.mirror.Main
export type Offer = frost.dataset.offer.Main
export type Collection = frost.dataset.collection.Main
export type Profile = frost.actor.profile.Main
export type Distribution = frost.defs.Distribution
export type Agent = frost.defs.Agent
