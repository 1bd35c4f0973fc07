export {
  Consumer,
  type ConsumerLimits,
  type ConsumerOptions,
  type ConsumerStatus,
  createConsumer,
  DEFAULT_LIMITS,
} from './consumer.ts'
export type { AccountEvent, CommitEvent, IdentityEvent, RecordChange, RepoEvent } from './events.ts'
export { IdentityError } from './identity.ts'
export { MemoryStore, type StoredRecord } from './memory-store.ts'
export type { EventSource, SourceSink } from './source.ts'
export { Firehose, type FirehoseOptions } from './sources/firehose.ts'
export { type Batch, type EventStore, type RepoState, recordKey } from './store.ts'
export type { Feed, UpstreamStatus } from './upstream.ts'
