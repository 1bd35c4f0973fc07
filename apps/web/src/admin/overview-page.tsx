import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { formatCount, formatSize } from '../text.ts'
import { AdminFrame, type Outcome, Rows } from './frame.tsx'

export type Status = frost.admin.getStatus.$OutputBody
type Count = frost.admin.getStatus.Count

export const openReportsIn = ({ queues }: Pick<Status, 'queues'>): number =>
  queues.find(({ name }) => name === 'open reports')?.count ?? 0

/** How the index fares: what it reads, what waits, what it refuses, what it holds, who asks. */
export const OverviewPage: FC<Outcome & { status: Status; names: ReadonlyMap<string, string> }> = ({
  status,
  names,
  ...outcome
}) => {
  const storage = status.storage.reduce((sum, { count }) => sum + count, 0)
  const lag = Math.max(0, ...status.upstreams.map(one => one.lag ?? 0))
  const away = status.upstreams.filter(({ connected }) => !connected).length
  return (
    <AdminFrame
      current="overview"
      title="How this index fares"
      openReports={openReportsIn(status)}
      {...outcome}
    >
      {away > 0 && (
        <p class="banner bad" role="alert">
          {away === status.upstreams.length ? 'Nothing is read:' : 'Not everything is read:'} {away} of{' '}
          {status.upstreams.length} upstreams not connected.
        </p>
      )}
      <dl class="figures">
        <Figure name="behind the network" value={inTime(lag)} />
        <Figure name="behind, in search" value={formatCount(status.searchLag)} />
        <Figure name="events waiting" value={formatCount(status.queued)} />
        <Figure name="on disk" value={formatSize(String(storage))} />
        <Figure name="taken down" value={formatCount(status.takedowns)} />
      </dl>
      <section class="card stack">
        <h2>What is read</h2>
        <Rows
          label="Upstreams"
          head={['Upstream', 'State', 'Lag', 'Read up to']}
          numbers={[2, 3]}
          rows={status.upstreams.map(({ url, connected, lag: behind, cursor }) => [
            <code>{url}</code>,
            <State connected={connected} />,
            behind === undefined ? '' : inTime(behind),
            cursor === undefined ? '' : formatCount(cursor),
          ])}
          empty="No upstream is configured: set FROST_UPSTREAMS."
        />
        <Rows
          label="Labelers"
          head={['Labeler', 'State', 'Labels', 'Read up to']}
          numbers={[2, 3]}
          rows={status.labelers.map(({ did, connected, labels, cursor }) => [
            <a href={`/p/${did}`}>{did}</a>,
            <State connected={connected} />,
            formatCount(labels),
            cursor === undefined ? '' : formatCount(cursor),
          ])}
          empty="No labeler is read."
        />
      </section>
      <div class="tallies">
        <Tally title="Waiting" counts={status.queues} />
        <Tally title="Requests today" counts={status.consumers} named={name => names.get(name) ?? name} />
        <Tally title="What became of events" counts={status.outcomes} />
        <Tally title="Records that are not shown" counts={status.rejected} empty="Every record is valid." />
        <Tally title="Records shown" counts={status.records} named={typeName} />
        <Tally title="Accounts" counts={status.accounts} />
        <Tally title="On disk" counts={status.storage} shown={count => formatSize(String(count))} />
        <Tally
          title="Allowed at most"
          counts={status.limits ?? []}
          shown={count => (count === 0 ? 'no limit' : formatCount(count))}
        />
      </div>
    </AdminFrame>
  )
}

const Figure: FC<{ name: string; value: string }> = ({ name, value }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

const State: FC<{ connected: boolean }> = ({ connected }) => (
  <span class={`badge ${connected ? 'strong' : 'warm'}`}>{connected ? 'connected' : 'not connected'}</span>
)

const Tally: FC<{
  title: string
  counts: readonly Count[]
  named?: (name: string) => string
  shown?: (count: number) => string
  empty?: string
}> = ({ title, counts, named = name => name, shown = formatCount, empty = 'Nothing.' }) => (
  <section class="card">
    <h2>{title}</h2>
    <Rows
      label={title}
      head={['Of what', 'How many']}
      numbers={[1]}
      rows={counts.map(({ name, count }) => [named(name), shown(count)])}
      empty={empty}
    />
  </section>
)

/** `dataset.entry`: the authority before it is that of all. */
const typeName = (nsid: string): string => nsid.split('.').slice(-2).join('.')

/** @param seconds shown in the unit that says it best */
function inTime(seconds: number): string {
  if (seconds < 120) return `${formatCount(seconds)} s`
  if (seconds < 7200) return `${formatCount(Math.round(seconds / 60))} min`
  return seconds < 172_800
    ? `${formatCount(Math.round(seconds / 3600))} h`
    : `${formatCount(Math.round(seconds / 86_400))} d`
}
