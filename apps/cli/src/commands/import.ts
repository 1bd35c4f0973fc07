import { UsageError } from '@frost/client/errors'
import type { ImportReport, ImportTarget } from '@frost/client/import/importer'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { fields } from '../text.ts'

interface Options {
  limit?: string
  dryRun?: boolean
  accountPerPublisher?: boolean
}

export function configure(command: Command): void {
  command
    .argument(
      '<catalog>',
      'aws-open-data, stac, croissant, schema.org, datacite, leap, datapackage or owid-dag',
    )
    .argument('<source>', 'folder, file or URL')
    .description('Carry the datasets of another catalogue into repositories, as records.')
    .option('-n, --limit <number>', 'at most so many datasets')
    .option('--dry-run', 'write nothing; say what would be written')
    .option('--account-per-publisher', 'an account per publisher on --service, created where there is none')
    .addHelpText(
      'after',
      `
Records go to the account you are signed in to, or to an account per publisher (their passwords are kept in the
configuration folder). A second run writes only what has changed; an interrupted one goes on where it was. Datasets that
cannot be carried over are reported with the reason, and everything else goes on. Of owid-dag each step becomes a version,
with what it was made from.

Examples:
  $ frost import aws-open-data ./open-data-registry/datasets --dry-run
  $ frost import stac https://example.org/collections.json --limit 10
  $ frost import leap ./catalog --service http://localhost:4185 --account-per-publisher --json`,
    )
    .action(action<Options>(run))
}

async function run(context: Context, options: Options, catalog = '', source = ''): Promise<void> {
  const { output, settings } = context
  const limit = options.limit === undefined ? undefined : wholeNumber('--limit', options.limit)
  const { readCatalog } = await import('@frost/client/import/catalog')
  const items = readCatalog(catalog, source)
  const { importItems } = await import('@frost/client/import/importer')
  const { Journal } = await import('@frost/client/import/journal')
  const { hoursUnderPublicQuota, PUBLIC_QUOTA } = await import('@frost/client/quota')
  const { faultOf } = await import('@frost/client/validation')
  const target = await targetOf(context, options)
  const journal = await Journal.open(settings.configDir, [catalog, source, target.identity])
  if (journal.size > 0)
    output.note(`Going on after an interruption: ${journal.size} records are written already`)

  const began = performance.now()
  const report = await importItems(items, {
    target,
    journal,
    validate: faultOf,
    dryRun: options.dryRun,
    limit,
    onRejected: ({ id, reason }) => {
      if (output.json) output.item({ event: 'rejected', id, reason }, value => JSON.stringify(value))
      else output.warning(`${id}: ${reason}`)
    },
    onProgress: ({ read, created, updated, unchanged, rejected }) => {
      output.progress(
        `${read} read  ${created} new  ${updated} changed  ${unchanged} unchanged  ${rejected.length} rejected`,
      )
    },
  })
  const seconds = Math.round((performance.now() - began) / 100) / 10
  const hours = hoursUnderPublicQuota(report.points)
  if (options.dryRun && hours > 0) {
    output.note(
      `On the public network this costs ${report.points} points of quota (${PUBLIC_QUOTA.hour} an hour and account): ` +
        `with one account at least ${Math.ceil(hours)} hours; the import waits by itself`,
    )
  }
  const { rejected, ...counts } = report
  const summary = {
    event: 'done',
    ...counts,
    rejected: rejected.length,
    dryRun: options.dryRun === true,
    seconds,
  }
  output.result(summary, () => reportText(report, summary.dryRun, seconds))
}

type NamedTarget = ImportTarget & { readonly identity: string }

async function targetOf({ settings, session, output }: Context, options: Options): Promise<NamedTarget> {
  const { Repository } = await import('@frost/client/repository')
  const { Pace, PUBLIC_QUOTA, WRITE_POINTS } = await import('@frost/client/quota')
  const { isLoopback } = await import('@frost/client/settings')
  const pace = () =>
    new Pace(milliseconds => output.note(`The PDS asks for a pause of ${Math.ceil(milliseconds / 1000)} s`))
  if (!options.accountPerPublisher) {
    const own = await session()
    if (!isLoopback(own.account.pds)) {
      output.note(
        `Each new record costs ${WRITE_POINTS.create} points of the PDS's write quota (on the public network ` +
          `${PUBLIC_QUOTA.hour} an hour, ${PUBLIC_QUOTA.day} a day): the import keeps to it, waits and can be stopped`,
      )
    }
    const repository = new Repository(own, pace())
    return {
      identity: own.account.did,
      accountKey: () => own.account.did,
      repository: async () => repository,
    }
  }
  if (!settings.service) {
    throw new UsageError(
      '--account-per-publisher creates accounts: say on which PDS with --service http://localhost:4185',
    )
  }
  const { PublisherAccounts } = await import('@frost/client/import/publisher-accounts')
  const accounts = await PublisherAccounts.open(settings.service, settings.configDir)
  return {
    identity: settings.service,
    accountKey: ({ publisher }) => publisher ?? 'Unknown publisher',
    repository: async publisher => {
      if (options.dryRun && !accounts.known(publisher)) return undefined
      return new Repository(await accounts.session(publisher), pace())
    },
  }
}

function reportText(
  { read, created, updated, unchanged, rejected, accounts, points }: ImportReport,
  dryRun: boolean,
  seconds: number,
): string {
  return fields([
    [dryRun ? 'would read' : 'read', `${read} datasets in ${seconds} s`],
    [dryRun ? 'would create' : 'created', `${created} records`],
    [dryRun ? 'would change' : 'changed', `${updated}`],
    ['unchanged', `${unchanged}`],
    ['rejected', rejected.length > 0 ? `${rejected.length}, each with its reason above` : '0'],
    ['accounts', `${accounts}`],
    ['quota', `${points} points`],
  ])
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new UsageError(`${option} is '${text}': give a whole number, 1 or more`)
}
