import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { assertFree } from './ports.ts'
import { claim, reset, runningNetwork } from './state.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frost-state-'))
})

describe('the data folder', () => {
  it('is emptied where it is a network’s, and refused where it is not', async () => {
    writeFileSync(join(folder, 'thesis.txt'), 'x')
    await expect(reset(folder)).rejects.toThrow(/is not a network's data folder/)
    await claim(folder)
    expect(await reset(folder)).toBe(true)
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(false)
    expect(await reset(folder)).toBe(false)
  })

  it('a state left by a process that is gone counts for nothing', async () => {
    writeFileSync(
      join(folder, 'network.json'),
      JSON.stringify({ pid: 999_999_999, startedAt: '', services: {} }),
    )
    expect(await runningNetwork(folder)).toBeUndefined()
  })
})

it('a taken port is named with its holder and the variable that moves it', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const uses = [{ service: 'AppView', variable: 'FROST_APPVIEW_PORT', port }]
  const holder = process.platform === 'linux' ? ` by process ${process.pid}` : ''
  await expect(assertFree(uses)).rejects.toThrow(
    `port ${port} (AppView) is in use${holder}: stop it, or set FROST_APPVIEW_PORT to a free port`,
  )
  await new Promise(resolve => server.close(resolve))
  await assertFree(uses)
})
