/** `frost network up --scenario icehub --run`: told without anybody near, and ended with whether it went as it is told. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'

/** Of the person's own settings nothing has a part in it. */
const NOWHERE = { plcUrl: 'http://localhost:9', service: 'http://localhost:9' }
const folder = mkdtempSync(join(tmpdir(), 'frost-scenario-run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

it('plays to its end, loses nothing, and ends by itself', { timeout: 400_000 }, async () => {
  const ports = ['PORT', 'APPVIEW_PORT', 'GATEWAY_PORT', 'PLC_PORT', 'RELAY_PORT', 'PDS_PORT', 'STORE_PORT']
  const frost = frostFor(NOWHERE)
  const { status, stdout, stderr } = await frost(
    ['network', 'up', '--scenario', 'icehub', '--run', '--json'],
    {
      env: {
        FROST_DATA: folder,
        FROST_CONFIG: join(folder, 'config'),
        ...Object.fromEntries(ports.map(name => [`FROST_${name}`, '0'])),
      },
    },
  )
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string })
  expect([status, stderr]).toEqual([0, ''])
  expect(events.at(-1)).toMatchObject({ event: 'played', stage: 'back', heard: 2, releases: 2, faults: [] })
})

it('says what its options go with', async () => {
  const frost = frostFor(NOWHERE)
  for (const [args, reason] of [
    [['--run'], '--run goes with --scenario icehub'],
    [['--stay'], '--stay goes with --scenario icehub'],
    [['--scenario', 'icehub', '--stay'], '--stay goes with --run'],
  ] as const) {
    const { status, stderr } = await frost(['network', 'up', ...args])
    expect([status, stderr]).toEqual([2, expect.stringContaining(reason)])
  }
})
