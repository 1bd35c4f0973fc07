export { parseUpstream, type UpstreamAddress } from './address.ts'
export { Consumer, type ConsumerStatus, createConsumer } from './consumer.ts'
export type {
  AccountEvent,
  CommitEvent,
  IdentityEvent,
  RecordChange,
  RepoEvent,
  SignedHead,
} from './events.ts'
export type { HostState, HostStore } from './host-watch.ts'
export { IdentityError } from './identity.ts'
export { MemoryStore, type StoredRecord } from './memory-store.ts'
export { type KeyRange, keysWith } from './mst-range.ts'
export { type ConsumerLimits, type ConsumerOptions, DEFAULT_LIMITS } from './options.ts'
export type { Upstream } from './repository.ts'
export type { EventSource, SourceSink } from './source.ts'
export { Archive, type ArchiveOptions } from './sources/archive.ts'
export type { BundleFile } from './sources/bundles.ts'
export { Firehose, type FirehoseOptions } from './sources/firehose.ts'
export { Jetstream, type JetstreamOptions } from './sources/jetstream.ts'
export { type Batch, type EventStore, type RepoState, recordKey } from './store.ts'
export type { Feed, UpstreamStatus } from './upstream.ts'
