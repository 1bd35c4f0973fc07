import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { serveOrders } from './orders.ts'
import type { Output } from './output.ts'
import { perform } from './perform.ts'

// For tests: a worker of which bad data has taken hold. The last part of a location says what it does.

const PIPE = 3

const DEEDS: Readonly<Record<string, (output: Output) => void>> = {
  'loops-for-ever'() {
    for (;;);
  },
  'hoards-memory'() {
    for (const held: Buffer[] = []; ; ) held.push(Buffer.alloc(16_000_000, 1))
  },
  'hoards-objects'() {
    for (const held: string[][] = []; ; )
      held.push(Array.from({ length: 1000 }, (_, at) => `${held.length} ${at}`))
  },
  'fills-the-disk'() {
    const path = join(process.env.TMPDIR!, 'endless')
    for (const part = Buffer.alloc(1_000_000); ; ) appendFileSync(path, part)
  },
  'talks-nonsense'() {
    writeSync(PIPE, Buffer.alloc(100, 0xff))
  },
  'answers-with-nonsense'(output) {
    void output.head('nonsense' as never)
  },
  'complains-without-end'() {
    for (const line = Buffer.alloc(65_536, '!'); ; )
      try {
        writeSync(2, line)
      } catch {
        // The pipe is full.
      }
  },
  aborts() {
    process.abort()
  },
  'breaks-out'() {
    const attempts = {
      'reads a file': () => readFileSync('/etc/hostname'),
      'writes a file': () => writeFileSync('/tmp/frost-adversary', ''),
      'starts a process': () => spawn('true'),
      'knows a secret': () => {
        if (process.env.FROST_TEST_SECRET === undefined) throw new Error('there is none')
      },
    }
    const done = Object.entries(attempts).flatMap(([name, attempt]) => {
      try {
        attempt()
        return name
      } catch {
        return []
      }
    })
    throw new Error(`did: ${done.join(', ') || 'nothing'}`)
  },
}

serveOrders(async ({ job, policy, known }, signal, output) => {
  DEEDS[job.source.location.split('/').pop()!]?.(output)
  await perform(job, { policy, known, signal }, output)
})
