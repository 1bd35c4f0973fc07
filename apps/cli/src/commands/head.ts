import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '@frost/client/errors'
import type { HeadMove } from '@frost/client/head'
import type { FoundRecord } from '@frost/client/lookup'
import type { Repository } from '@frost/client/repository'
import type { BranchTip, Distribution } from '@frost/client/store'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { wholeNumber } from '../options.ts'
import { styled } from '../text.ts'

interface Options {
  fromBranch?: string
  distribution?: string
  follow?: boolean
  poll?: number
  every?: number
}

const LEAST_SECONDS = 60

export function configure(command: Command): void {
  command
    .argument('<ref>', 'slug of your own, handle/slug or at-uri; of others only to look')
    .description(
      'Move the head of living data to the newest snapshot of its store, or show where heads stand.',
    )
    .option('--from-branch <branch>', 'branch whose newest snapshot the head moves to, such as main')
    .option(
      '--distribution <id>',
      'which of its places is followed; the first in Icechunk or Iceberg where left out',
    )
    .option('--follow', 'go on: look at the branch again and again, and move the head whenever it moves')
    .option('--poll <seconds>', 'between two looks at the store (10)', wholeNumber('--poll', 1, 86_400))
    .option(
      '--every <seconds>',
      `least time between two moves (${LEAST_SECONDS}; less only on a network of this machine)`,
      wholeNumber('--every', 0, 86_400),
    )
    .addHelpText(
      'after',
      `
A head moves at most once a minute: sooner, the command waits and says so. It writes nothing where the head stands there
already. With --follow it can be ended and started again at any time, and waits for a store or PDS that is away; an
AppView keeps where the head stood before: 'frost versions REF --history'.

Examples:
  $ frost head sst-hourly --from-branch main
  $ frost head sst-hourly --from-branch main --follow
  $ frost head noaa.icebucket.test/sst-hourly`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        if (options.fromBranch === undefined) {
          const { follow, distribution, every, poll } = options
          if (follow || distribution !== undefined || every !== undefined || poll !== undefined)
            throw new UsageError('--from-branch is missing: say which branch, such as --from-branch main')
          return show(context, ref)
        }
        await move(context, ref, options.fromBranch, options)
      }),
    )
}

async function show(context: Context, ref: string): Promise<void> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { findRecord } = await import('@frost/client/lookup')
  const { headsOf, headRows } = await import('../heads.ts')
  const { table } = await import('../text.ts')
  const { uri } = await findRecord(ref, await readingLookupOf(context))
  const heads = await headsOf(context, uri)
  context.output.result({ dataset: uri, heads }, () =>
    heads.length === 0 ? 'It has no head' : table(headRows(heads), ['bold']),
  )
}

async function move(context: Context, ref: string, branch: string, options: Options): Promise<void> {
  const { output } = context
  const { acting } = await import('../context-lookup.ts')
  const { interruption } = await import('../interruption.ts')
  const { storeAccess } = await import('../store-access.ts')
  const { findOwnEntry } = await import('@frost/client/lookup')
  const { versionedDistribution } = await import('@frost/client/store')
  const { isLoopback } = await import('@frost/client/settings')
  const { session, lookup, repository } = await acting(context)
  const entry = await findOwnEntry(ref, lookup)
  const distribution = versionedDistribution(entry.value, options.distribution)
  const secondsBetween = options.every ?? LEAST_SECONDS
  if (secondsBetween < LEAST_SECONDS && !isLoopback(session.account.pds))
    throw new UsageError(
      `--every is '${secondsBetween}': on a public network a head moves at most every ${LEAST_SECONDS} seconds`,
    )
  const name = `${session.account.handle ?? session.account.did}/${entry.rkey}`
  const told = (moved: Exclude<HeadMove, { state: 'too-soon' }>, { pin }: BranchTip) =>
    output.item({ ...moved, pin }, () =>
      moved.state === 'moved'
        ? `${styled('bold', name)} moved to ${pin.value} of ${branch}`
        : `${styled('bold', name)} stands at ${pin.value} of ${branch} already`,
    )
  const stopping = interruption()
  try {
    if (!options.follow) {
      await once(context, repository, entry, distribution, branch, secondsBetween, stopping.signal, told)
      return
    }
    const { followBranch } = await import('@frost/client/head-follower')
    const { describeError } = await import('@frost/client/describe-error')
    output.note(`Following branch ${branch} of ${distribution.uri}; end with Ctrl-C`)
    await followBranch(repository, entry, distribution, branch, {
      signal: stopping.signal,
      access: storeAccess(context),
      pollSeconds: options.poll,
      secondsBetween,
      onMove: told,
      onWait: (seconds, { pin }) => output.progress(`${pin.value} waits ${Math.ceil(seconds)} s`),
      onTrouble: (error, seconds) =>
        output.warning(`${describeError(error)}; tried again in ${Math.ceil(seconds)} s`),
    })
    output.note('Ended')
  } finally {
    stopping.end()
  }
}

async function once(
  context: Context,
  repository: Repository,
  entry: FoundRecord,
  distribution: Distribution,
  branch: string,
  secondsBetween: number,
  signal: AbortSignal,
  told: (moved: Exclude<HeadMove, { state: 'too-soon' }>, tip: BranchTip) => void,
): Promise<void> {
  const { storeAccess } = await import('../store-access.ts')
  const { branchTip } = await import('@frost/client/store')
  const { moveHead } = await import('@frost/client/head')
  const { FrostError } = await import('@frost/client/errors')
  for (;;) {
    const tip = await branchTip(distribution, branch, storeAccess(context, signal))
    const moved = await moveHead(repository, entry, distribution, tip, secondsBetween)
    if (moved.state !== 'too-soon') return told(moved, tip)
    const seconds = Math.ceil(moved.waitMs / 1000)
    context.output.note(`Waiting ${seconds} s: a head moves at most every ${secondsBetween} seconds`)
    await sleep(moved.waitMs, undefined, { signal }).catch(() => {
      throw new FrostError('Interrupted', 'interrupted: the head has not moved; give the command again')
    })
  }
}
