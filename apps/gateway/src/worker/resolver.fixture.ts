import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

// For tests: a worker whose name server is a stand-in, since no test asks a real one.

const ADDRESSES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'inside.example': [['10.0.0.5']],
  'here.example': [['127.0.0.2']],
  'both.example': [['192.88.98.1', '127.0.0.2']],
  'metadata.example': [['169.254.169.254']],
  'turns.example': [['10.0.0.5'], ['127.0.0.2']],
}
const asked = new Map<string, number>()

type Callback = (error: Error | null, addresses: readonly dns.LookupAddress[]) => void

const lookup = (host: string, _: unknown, callback: Callback): void => {
  const answers = ADDRESSES[host]
  if (answers === undefined) return callback(new Error(`nobody knows ${host}`), [])
  const times = asked.get(host) ?? 0
  asked.set(host, times + 1)
  const answer = answers[Math.min(times, answers.length - 1)]!
  callback(
    null,
    answer.map(address => ({ address, family: 4 })),
  )
}
dns.lookup = lookup as unknown as typeof dns.lookup
syncBuiltinESMExports()

await import('./main.ts')
