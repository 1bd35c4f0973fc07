import { frost, nsid } from '@frost/lexicon'
import type { Command } from 'commander'
import { action, type Context, gather } from '../context.ts'
import { wholeNumber } from '../options.ts'
import { fields, table } from '../text.ts'

interface CreateOptions {
  dataset?: string[]
  downstream?: boolean
  actor?: string[]
  collection?: string[]
  query?: string
  since?: number
}

const mostSeq = Number.MAX_SAFE_INTEGER

export function configure(command: Command): void {
  command
    .description('Have an AppView send updates to an address of yours.')
    .addHelpText(
      'after',
      `
Deliveries are signed as Standard Webhooks has it, come in order within a dataset and at least once, and are tried again for three
days; what was not taken by then is kept and can be replayed.

Examples:
  $ frost webhook create https://example.org/hook --dataset noaa.icebucket.test/oisst --downstream
  $ frost webhook list
  $ frost webhook failed ID
  $ frost webhook replay ID`,
    )
    .addHelpCommand(false)

  subcommand(command, 'create')
    .argument('<url>', 'https address that takes the updates')
    .summary('send updates to an address from now on')
    .description(
      'Send updates to an address; all of them where no filter is given. The secret is shown once.',
    )
    .option('--dataset <ref>', 'about this dataset; may be repeated', gather())
    .option('--downstream', 'about everything made from these datasets too')
    .option('--actor <handle>', 'of this account; may be repeated', gather())
    .option('--collection <nsid>', `of this record type, such as ${nsid('dataset.version')}`, gather(','))
    .option('--query <search>', "about datasets that a search finds: 'q=sea+ice&format=zarr'")
    .option('--since <seq>', 'those after this seq of the AppView too', wholeNumber('--since', 0, mostSeq))
    .action(action<CreateOptions>(create))

  subcommand(command, 'list')
    .summary('show your webhooks and how each does')
    .description('Show your webhooks at the AppView, how each does and what waits.')
    .action(action(list))

  subcommand(command, 'failed')
    .argument('<id>', 'webhook')
    .summary('show what could not be delivered')
    .description('Show what waits to be tried again, and what was given up.')
    .option('--dead', 'only what was given up')
    .action(action<{ dead?: boolean }>(failed))

  subcommand(command, 'replay')
    .argument('<id>', 'webhook')
    .argument('[seq...]', 'only these updates; all that were given up where left out')
    .summary('send again what was given up')
    .description('Send again what was given up, and begin again where a webhook was disabled.')
    .action(action(replay))

  subcommand(command, 'rotate')
    .argument('<id>', 'webhook')
    .summary('get a new secret')
    .description('Get a new secret; the old one signs beside it for a day.')
    .action(action(rotate))

  subcommand(command, 'remove')
    .argument('<id>', 'webhook')
    .summary('end a webhook')
    .description('End a webhook and forget what waits for it.')
    .action(action(remove))
}

const subcommand = (command: Command, name: string) =>
  command.command(name).configureHelp({ showGlobalOptions: true })

async function signedIn({ session, settings }: Context) {
  const { SignedAppView } = await import('@frost/client/signed-appview')
  return new SignedAppView(settings.appviewUrl, await session())
}

async function create(context: Context, options: CreateOptions, url = ''): Promise<void> {
  const { followSubject } = await import('@frost/client/follow')
  const { lookupOf } = await import('../context-lookup.ts')
  const { actor, collection, query, since } = options
  const lookup = lookupOf(context, await context.session())
  const dataset = options.dataset
    ? await Promise.all(options.dataset.map(async ref => (await followSubject(ref, lookup)).id))
    : undefined
  const filter = { dataset, actor, collection, query, ...(options.downstream && { downstreamOf: dataset }) }
  const appview = await signedIn(context)
  const { id, secret } = await appview.call(frost.updates.registerWebhook, {
    body: { url, filterJson: JSON.stringify(filter), ...(since !== undefined && { after: since }) },
  })
  context.output.result({ id, secret, url }, () =>
    fields([
      ['webhook', id],
      ['secret', `${secret}  (keep it: it is not shown again)`],
    ]),
  )
}

async function list(context: Context): Promise<void> {
  const appview = await signedIn(context)
  const webhooks: frost.updates.listWebhooks.Webhook[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await appview.call(frost.updates.listWebhooks, { params: { limit: 100, cursor } })
    webhooks.push(...page.webhooks)
    cursor = page.cursor
    if (cursor === undefined) break
  }
  context.output.result({ webhooks }, () =>
    webhooks.length === 0
      ? 'You have no webhooks here'
      : table(
          webhooks.map(({ id, url, state, waiting, dead, lastError }) => [
            id,
            String(state),
            `${waiting} waiting, ${dead} dead`,
            url,
            lastError ?? '',
          ]),
          ['bold'],
        ),
  )
}

async function failed(context: Context, { dead }: { dead?: boolean }, id = ''): Promise<void> {
  const appview = await signedIn(context)
  for (let cursor: string | undefined; ; ) {
    const page = await appview.call(frost.updates.listDeliveries, {
      params: { id, limit: 100, cursor, ...(dead && { state: 'dead' }) },
    })
    for (const delivery of page.deliveries)
      context.output.item(
        delivery,
        ({ seq, state, attempts, dataset, error }) =>
          `${seq}  ${state}  ${attempts} attempts  ${dataset ?? ''}  ${error ?? ''}`,
      )
    cursor = page.cursor
    if (cursor === undefined) break
  }
}

async function replay(context: Context, _: object, id = '', ...seqs: string[]): Promise<void> {
  const read = wholeNumber('SEQ', 0, mostSeq)
  const appview = await signedIn(context)
  const { count } = await appview.call(frost.updates.replayDeliveries, {
    body: { id, ...(seqs.length > 0 && { seqs: seqs.map(read) }) },
  })
  context.output.result({ count }, () => `${count} deliveries are sent again`)
}

async function rotate(context: Context, _: object, id = ''): Promise<void> {
  const { secret } = await (await signedIn(context)).call(frost.updates.rotateWebhookSecret, { body: { id } })
  context.output.result({ id, secret }, () => `${secret}  (keep it: it is not shown again)`)
}

async function remove(context: Context, _: object, id = ''): Promise<void> {
  await (await signedIn(context)).call(frost.updates.removeWebhook, { body: { id } })
  context.output.result({ id, removed: true }, () => `Webhook ${id} has ended`)
}
