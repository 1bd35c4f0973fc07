import { MOST_REPORTS } from '@frost/index/moderation/moderation'
import { frost } from '@frost/lexicon'
import { dayOf } from '../../metering/meter.ts'
import { method, type Services } from '../method.ts'

const MOST_CONSUMERS = 20

export const getStatus = method(
  frost.admin.getStatus,
  async (_, services) => {
    const { index, consumer, labels } = services
    const { upstreams, queued, counters } = consumer.status()
    const [{ seq, searchSeq, counts, rejected }, storage, accounts, queues, held, consumers] =
      await Promise.all([
        index.status(),
        index.storage(),
        accountCounts(services),
        queueCounts(services),
        index.labels.counts(),
        busiest(services),
      ])
    return {
      seq,
      searchLag: Math.max(0, seq - searchSeq),
      queued,
      upstreams: upstreams.map(({ url, connected, lagSeconds, cursor }) => ({
        url,
        connected,
        ...(lagSeconds !== undefined && { lag: Math.max(0, Math.round(lagSeconds)) }),
        ...(cursor !== undefined && { cursor }),
      })),
      outcomes: countsOf(counters),
      rejected: countsOf(rejected),
      records: countsOf(counts),
      accounts,
      storage: countsOf({ ...storage }),
      queues,
      limits: limitsOf(services),
      takedowns: index.moderation.takedownCount,
      labelers: (labels?.status() ?? []).map(labeler => ({ ...labeler, labels: held.get(labeler.did) ?? 0 })),
      consumers,
    }
  },
  { operator: true },
)

interface Count {
  readonly name: string
  readonly count: number
}

const countsOf = (counts: Readonly<Record<string, number>>): Count[] =>
  Object.entries(counts).map(([name, count]) => ({ name, count }))

/** What is allowed at most, of everybody; 0 for no limit. */
const limitsOf = ({ config }: Services): Count[] =>
  countsOf({
    'records kept of one account': config.mostRecords ?? 0,
    'requests of one address in five minutes': config.requestsPerWindow,
    'subscriptions at once': config.subscriptions ?? 0,
    'subscriptions of one address': config.subscriptionsPerAddress ?? 0,
    'reports of one account in a day': MOST_REPORTS,
  })

async function accountCounts({ index: { database } }: Services): Promise<Count[]> {
  const rows = await database
    .selectFrom('repo')
    .select(['active', database.fn.countAll<number>().as('count')])
    .groupBy('active')
    .execute()
  const of = (active: number) => Number(rows.find(row => row.active === active)?.count ?? 0)
  return countsOf({ active: of(1), hidden: of(0) })
}

async function queueCounts({ index: { database } }: Services): Promise<Count[]> {
  const count = database.fn.countAll<number>().as('count')
  const [deliveries, reports, mails] = await Promise.all([
    database.selectFrom('webhook_delivery').select(['state', count]).groupBy('state').execute(),
    database.selectFrom('report').select(count).where('resolved_at', 'is', null).executeTakeFirst(),
    database
      .selectFrom('reader_mail')
      .select(count)
      .where('state', '=', 'confirmed')
      .where('due_at', '<=', new Date().toISOString())
      .executeTakeFirst(),
  ])
  const of = (state: string) => Number(deliveries.find(row => row.state === state)?.count ?? 0)
  return countsOf({
    'webhook deliveries waiting': of('waiting'),
    'webhook deliveries given up': of('dead'),
    'open reports': Number(reports?.count ?? 0),
    'mails due': Number(mails?.count ?? 0),
  })
}

/** Who asked most today. */
async function busiest({ index: { database }, meter }: Services): Promise<Count[]> {
  await meter?.flush()
  const rows = await database
    .selectFrom('usage')
    .select(({ fn }) => ['consumer', fn.sum<number>('requests').as('count')])
    .where('day', '=', dayOf(Date.now()))
    .groupBy('consumer')
    .orderBy('count', 'desc')
    .limit(MOST_CONSUMERS)
    .execute()
  return rows.map(({ consumer, count }) => ({ name: consumer, count: Number(count) }))
}
