/**
 * The whole product as `npm start` runs it, on free ports and in a temporary folder: the network in a box with its first
 * content, an AppView and the site, each in a process of its own, so that none is measured with the work of another.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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
 * Starts it; resolves when all of it answers and the first content is searchable.
 * @param prepare is given the folder of the AppView's index before the AppView opens it, and answers how many records it holds then
 */
export async function startWhole(
  prepare: (indexDir: string) => Promise<number> = async () => 0,
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
  })
  const dispose = async () => {
    await supervisor.stop()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const before = await prepare(join(dataDir, 'appview'))
    const { network, appview, web } = await supervisor.start()
    const seed = network.seed as { readonly records: number }
    await holds(appview.url!, before + seed.records)
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

const PATIENCE_MILLISECONDS = 120_000

/** Resolves when an AppView shows that many records and search holds all it shows, by its `/metrics`. */
async function holds(appview: string, records: number): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS
  for (;;) {
    const text = await (await fetch(`${appview}/metrics`)).text()
    const shown = [...text.matchAll(/^frost_records\{[^}]*\} (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    )
    const lag = Number(/^frost_search_lag_updates (\d+)/m.exec(text)?.[1] ?? Number.NaN)
    if (shown >= records && lag === 0) return
    if (performance.now() > end)
      throw new Error(
        `the AppView shows ${shown} of ${records} records after two minutes; search is ${lag} updates behind`,
      )
    await delay(200)
  }
}
