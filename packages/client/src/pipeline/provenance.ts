import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { LexMap } from '@atproto/lex'
import { definition } from '@frost/lexicon'
import { UsageError } from '../errors.ts'
import type { PipelineDefinition } from './definition.ts'

/** How a version was made, as `#process` of the shared definitions. */
export async function processOf(
  pipeline: PipelineDefinition,
  { startedAt, endedAt }: { readonly startedAt: string; readonly endedAt: string },
): Promise<LexMap> {
  const { command, code, environment, parameters, folder } = pipeline
  const commit = pipeline.commit ?? (await headCommit(folder))
  return {
    id: 'pipeline',
    kind: 'workflow',
    ...(code && { code: { $type: definition('urlRef'), uri: code } }),
    ...(commit && { commit }),
    ...(environment && {
      environment: { algorithm: 'sha256', value: await sha256Of(resolve(folder, environment)) },
    }),
    command,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    startedAt,
    endedAt,
    rerunsOnUpdate: true,
  }
}

/** The commit that is checked out; `+changes` where files differ from it. Undefined where git knows nothing of the folder. */
async function headCommit(folder: string): Promise<string | undefined> {
  const git = (...args: string[]) => promisify(execFile)('git', ['-C', folder, ...args])
  try {
    const { stdout: commit } = await git('rev-parse', 'HEAD')
    const { stdout: changes } = await git('status', '--porcelain', '--untracked-files=no')
    return commit.trim() + (changes.trim() ? '+changes' : '')
  } catch {
    return undefined
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (cause) {
    throw new UsageError(`environment is '${path}', which cannot be read: name a file, such as a lockfile`, {
      cause,
    })
  }
  return hash.digest('hex')
}
