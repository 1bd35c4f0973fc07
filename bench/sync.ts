/**
 * Verification, ingest and backfill beside `@atproto/sync`, and whether memory stays flat. `--events=N`: how many events for the
 * last (a million; 0 leaves it out).
 */
import type { Emit } from './main.ts'
import { measureBackfill, measureIngest, measureMemory } from './sync-ingest.lib.ts'
import { measureVerification } from './sync-verify.lib.ts'

export default async function run(emit: Emit): Promise<void> {
  await measureVerification(emit)
  await measureIngest(emit)
  await measureBackfill(emit)
  await measureMemory(emit)
}
