import { serveOrders } from './orders.ts'
import { perform } from './perform.ts'

serveOrders(({ job, policy, known }, signal, output) => perform(job, { policy, known, signal }, output))
