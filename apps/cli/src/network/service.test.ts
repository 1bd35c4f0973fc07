import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Service } from './service.ts'

let folder: string
const started: Service[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frost-service-'))
})

afterEach(async () => {
  await Promise.all(started.splice(0).map(service => service.stop(100)))
})

function service(code: string, onCrash: (reason: string) => void = () => undefined): Service {
  const script = join(folder, 'service.mjs')
  writeFileSync(script, code)
  const made = new Service({
    name: 'thing',
    script,
    env: process.env,
    logFile: join(folder, 'thing.log'),
    patience: 5_000,
    onCrash,
  })
  started.push(made)
  return made
}

const serving =
  'console.log("serving"); setInterval(() => {}, 1000); process.send({ ready: true, url: "http://x" });'

describe('a supervised service', () => {
  it('is ready when it says so, is logged, and is gone when stopped', async () => {
    const running = service(`${serving} process.on('SIGTERM', () => process.exit(0))`)
    expect(await running.start()).toEqual({ ready: true, url: 'http://x' })
    const pid = running.pid!
    await running.stop(2_000)
    expect(() => process.kill(pid, 0)).toThrow()
    expect(readFileSync(join(folder, 'thing.log'), 'utf8')).toContain('serving')
  })

  it('is killed where it does not obey', async () => {
    const stubborn = service(`process.on('SIGTERM', () => {}); ${serving}`)
    await stubborn.start()
    const pid = stubborn.pid!
    await stubborn.stop(50)
    expect(() => process.kill(pid, 0)).toThrow()
  })

  it('answers what it is asked, refuses what it does not know, and is not waited for once it is gone', async () => {
    const asked = service(
      `${serving} process.on('message', ({ call, given, id }) => {
        if (call === 'leave') process.exit(0)
        if (call === 'join') process.send({ id, answer: given.join(' ') })
        if (call === 'what') process.send({ id, error: 'there is no call' })
      })`,
    )
    await asked.start()
    const both = [asked.ask<string>('join', 'a', 'b'), asked.ask<string>('join', 'c', 'd')]
    expect(await Promise.all(both)).toEqual(['a b', 'c d'])
    await expect(asked.ask('what')).rejects.toThrow('thing: there is no call')
    await expect(asked.ask('leave')).rejects.toThrow('thing has ended')
    await expect(asked.ask('join')).rejects.toThrow('thing has ended')
  })

  it('that ends at once is explained by its last words', async () => {
    const broken = service('console.error("port 1 is mine\\n    at somewhere"); process.exit(3)')
    await expect(broken.start()).rejects.toThrow(/thing ended with status 3: port 1 is mine \(log: /)
  })

  it('that ends later is reported as a crash', async () => {
    const crash = Promise.withResolvers<string>()
    const later = service(
      `${serving} process.once('message', () => process.exit(7)); setTimeout(() => process.exit(7), 50)`,
      crash.resolve,
    )
    await later.start()
    expect(await crash.promise).toMatch(/ended with status 7/)
  })
})
