import { createInterface } from 'node:readline'
import type { Job, Order, RunOrder } from '../job.ts'
import { failureOf } from './failure.ts'
import { Output } from './output.ts'

/** After standard input, output and error. */
const PIPE = 3

/**
 * Takes orders from standard input, each a line of JSON, and does one job after the other; whatever one does to this process, it does
 * to no other. Ends with its input.
 */
export function serveOrders(
  perform: (order: RunOrder, signal: AbortSignal, output: Output) => Promise<void>,
): void {
  const output = new Output(PIPE)
  let running: AbortController | undefined

  async function run(order: RunOrder): Promise<void> {
    const cancelling = new AbortController()
    running = cancelling
    try {
      await output.accepted()
      await perform(order, cancelling.signal, output)
      await output.end()
    } catch (error) {
      await output.failed(failureOf(error, nameOf(order.job)))
    } finally {
      running = undefined
    }
  }

  const orders = createInterface({ input: process.stdin })
  orders.on('line', line => {
    const order = JSON.parse(line) as Order
    if (order.order === 'cancel') running?.abort()
    else void run(order)
  })
  orders.on('close', () => process.exit(0))
  void output.ready()
}

function nameOf({ source }: Job): string {
  return source.location.split(/[?#]/, 1)[0]!.slice(0, 200)
}
