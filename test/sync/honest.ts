/** Honest commits by the thousand, each decoded and verified as if it came off the wire. */
import { type CommitMessage, decodeFrame } from '@frost/sync/frame'
import type { PublicKey } from '@frost/sync/signature'
import { formatTid } from '@frost/sync/tid'
import { type VerifiedCommit, verifyCommit } from '@frost/sync/verify'
import { type CommitParts, commitFrame } from './commit-parts.ts'
import { FastRepository } from './fast-repository.ts'
import { below, randomOf } from './random.ts'
import { createSigner } from './signer.ts'

export interface HonestRun {
  readonly commits: number
  readonly writes: number
  /** Largest tree, in records. */
  readonly mostRecords: number
}

/**
 * Makes honest commits over both curves, and decodes and verifies each as if it came off the wire.
 * @param onProgress called about once a second's worth of work
 * @throws Error that names seed, repository and commit if an honest commit is refused or its writes come out otherwise
 */
export function verifyHonestCommits(options: {
  readonly seed: number
  readonly count: number
  readonly onProgress?: (done: number) => void
}): HonestRun {
  const { seed, count, onProgress } = options
  const random = randomOf(seed)
  let commits = 0
  let writes = 0
  let mostRecords = 0
  while (commits < count) {
    const curve = random() < 0.5 ? 'k256' : 'p256'
    const repository = new FastRepository(
      `did:plc:${formatTid(commits + 1).slice(2)}${'a'.repeat(13)}`,
      createSigner(curve),
    )
    const most = [0, 3, 10, 40, 150][below(random, 5)]!
    for (let left = 20 + below(random, 200); left > 0 && commits < count; left--) {
      const parts = repository.commit(repository.randomWrites(random, most))
      try {
        check(verifyAsReceived(commitFrame(parts), repository.signer.publicKey), parts)
      } catch (error) {
        throw new Error(`seed ${seed}: honest commit ${commits} (${curve}, rev ${parts.rev}) is refused`, {
          cause: error,
        })
      }
      commits++
      writes += parts.ops.length
      mostRecords = Math.max(mostRecords, repository.records.size)
      if (commits % 2000 === 0) onProgress?.(commits)
    }
  }
  return { commits, writes, mostRecords }
}

/** Decodes a frame and verifies its commit. */
export function verifyAsReceived(frame: Uint8Array, key: PublicKey): VerifiedCommit {
  const message = decodeFrame(frame)
  if (message.type !== 'commit') throw new Error(`frame is a ${message.type}`)
  return verifyCommit(message as CommitMessage, key)
}

function check(verified: VerifiedCommit, { commit, rev, ops }: CommitParts): void {
  const said = ops.map(({ action, path, cid }) => `${action} ${path} ${cid ?? ''}`).join()
  const found = verified.operations.map(({ action, path, cid }) => `${action} ${path} ${cid ?? ''}`).join()
  if (verified.commit !== commit || verified.rev !== rev || said !== found)
    throw new Error(`verified '${found}', committed '${said}'`)
}
