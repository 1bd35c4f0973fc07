import type { Text } from './migrate.ts'
import type { Database } from './schema.ts'

/** Whether the places where data lies can be read: what this AppView found out for itself. */
export interface AvailabilityTables {
  availability: AvailabilityRow
  /** What is asked of at the same pace. */
  availability_host: AvailabilityHostRow
}

export interface AvailabilityRow {
  /** Key of what is looked at, and how. */
  place: string
  /** Key of the address, as records are found by it. */
  address: string
  host: string
  /** URLs by which it is looked at, best first, as a JSON array; empty where it is not. */
  urls: string
  /** new | up | down | refused | unchecked */
  state: string
  since: string | null
  checked_at: string | null
  /** Milliseconds to the first byte. */
  latency: number | null
  reason: string | null
  /** Failures one after another, and when the first of them was. */
  failures: number
  failing_since: string | null
  next_at: string
}

export interface AvailabilityHostRow {
  host: string
  /** The earliest that one of its addresses is due, or that it wants to be asked again. */
  next_at: string
  not_before: string
  failures: number
}

export async function availabilityTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('availability')
    .addColumn('place', text, c => c.primaryKey().notNull())
    .addColumn('address', text, c => c.notNull())
    .addColumn('host', text, c => c.notNull())
    .addColumn('urls', text, c => c.notNull())
    .addColumn('state', text, c => c.notNull())
    .addColumn('since', text)
    .addColumn('checked_at', text)
    .addColumn('latency', 'integer')
    .addColumn('reason', text)
    .addColumn('failures', 'integer', c => c.notNull())
    .addColumn('failing_since', text)
    .addColumn('next_at', text, c => c.notNull())
    .execute()
  await db.schema.createIndex('availability_due').on('availability').columns(['host', 'next_at']).execute()
  await db.schema
    .createTable('availability_host')
    .addColumn('host', text, c => c.primaryKey().notNull())
    .addColumn('next_at', text, c => c.notNull())
    .addColumn('not_before', text, c => c.notNull())
    .addColumn('failures', 'integer', c => c.notNull())
    .execute()
  await db.schema.createIndex('availability_host_due').on('availability_host').column('next_at').execute()
}
