/** NASA's pipeline: GISTEMP is made anew whenever NOAA releases ERSST. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { followPipeline } from '@frost/client/pipeline/follow'
import type { Player } from './cast.ts'

/** Takes a digest of its inputs, in place of the weeks of a reanalysis. */
const COMMAND = `digest=$(sha256sum | cut -c1-64)
echo "{\\"pins\\": [\\"digest:sha256:$digest\\"]}" > "$FROST_PIPELINE_OUTPUT"`

export interface Following {
  /** Ends it. */
  stop(): Promise<void>
}

/** @param onReleased told of each version that it released */
export async function followErsst(
  nasa: Player,
  ersst: string,
  folder: string,
  onReleased: (tag: string) => void,
): Promise<Following> {
  await mkdir(folder, { recursive: true })
  const stopping = new AbortController()
  const running = followPipeline(
    { dataset: 'gistemp', upstreams: [ersst], command: COMMAND, tag: '{upstream}', parameters: {}, folder },
    {
      repository: nasa.repository,
      lookup: nasa.lookup,
      stateFile: join(folder, 'state.json'),
      stdout: 'stderr',
      signal: stopping.signal,
      onRelease: ({ tag }) => onReleased(tag),
    },
    { appviewUrl: nasa.settings.appviewUrl, onTrouble: () => undefined },
  ).catch(() => undefined)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
