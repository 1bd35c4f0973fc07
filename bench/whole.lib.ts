/**
 * The whole product as `npm start` runs it, on free ports and in a temporary folder: the network in a box with its first
 * content, an AppView and the site, each in a process of its own, so that none is measured with the work of another.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Supervisor } from '../apps/cli/src/network/supervisor.ts'

export interface Whole extends AsyncDisposable {
  readonly appview: string
  readonly site: string
  readonly pdses: readonly Pds[]
}

export interface Pds {
  readonly url: string
  /** Its handles end with it: `icehub.test`. */
  readonly domain: string
}

const PORTS = ['PORT', 'APPVIEW_PORT', 'GATEWAY_PORT', 'PLC_PORT', 'RELAY_PORT', 'PDS_PORT', 'STORE_PORT']

/**
 * Starts it; resolves when all of it answers.
 * @param prepare is given the folder of the AppView's index before the AppView opens it
 */
export async function startWhole(
  prepare: (indexDir: string) => Promise<void> = async () => {},
): Promise<Whole> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-whole-'))
  const supervisor = new Supervisor({
    dataDir,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      FROST_DATA: dataDir,
      FROST_LOG_LEVEL: 'warn',
      ...Object.fromEntries(PORTS.map(name => [`FROST_${name}`, '0'])),
    },
    onEvent: ({ event, service, detail }) => {
      if (event !== 'up') console.error(`${service} ${event} ${detail ?? ''}`)
    },
    onLine: (service, line) => console.error(`${service}: ${line.slice(0, 500)}`),
  })
  const dispose = async () => {
    await supervisor.stop()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await prepare(join(dataDir, 'appview'))
    const { network, appview, web } = await supervisor.start()
    return {
      appview: appview.url!,
      site: web!.url!,
      pdses: network.pdses as Pds[],
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}
