import type { Job, Order } from '../job.ts'
import { failureOf } from './failure.ts'
import { Output } from './output.ts'
import { perform } from './perform.ts'

/** After standard input, output, error and the channel of messages. */
const PIPE = 4

const output = new Output(PIPE)
let running: AbortController | undefined

/** One job after the other; whatever it does to this process, it does to no other. */
async function run({ job, policy, known }: Extract<Order, { order: 'run' }>): Promise<void> {
  const cancelling = new AbortController()
  running = cancelling
  try {
    await output.accepted()
    await perform(job, { policy, known, signal: cancelling.signal }, output)
    await output.end()
  } catch (error) {
    await output.failed(failureOf(error, nameOf(job)))
  } finally {
    running = undefined
  }
}

function nameOf({ source }: Job): string {
  return source.location.split(/[?#]/, 1)[0]!.slice(0, 200)
}

process.on('message', (order: Order) => {
  if (order.order === 'cancel') running?.abort()
  else void run(order)
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
