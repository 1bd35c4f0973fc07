import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { pageOf } from '../page.ts'
import { fields } from '../text.ts'

interface Options {
  release?: string
  draft?: boolean
}

const HELP = `
The account of your DataCite repository is read from FROST_DATACITE_REPOSITORY, FROST_DATACITE_PASSWORD and
FROST_DATACITE_PREFIX; FROST_DATACITE_URL=https://api.test.datacite.org tries it without registering anything in earnest.

Examples:
  $ frost doi mint cruise-12 --draft
  $ frost doi mint cruise-12 --release v1.0`

export function configure(command: Command): void {
  command
    .description('Register DOIs for your datasets with DataCite.')
    .addHelpText('after', HELP)
    .addHelpCommand(false)

  command
    .command('mint')
    .summary('register a DOI and write it into the record')
    .description(
      'Register a DOI for one of your datasets or versions with DataCite, and write it into its record. Where it has one under the ' +
        "account's prefix, what DataCite holds is brought up to date.",
    )
    .argument('<ref>', 'slug of your own, handle/slug or at-uri')
    .option('--release <tag>', 'register a DOI of this version')
    .option('--draft', 'leave it a draft, which resolves nowhere and can be deleted')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', HELP)
    .action(action<Options>(mint))
}

async function mint(context: Context, { release, draft }: Options, ref = ''): Promise<void> {
  const { Datacite, dataciteAccountFromEnv } = await import('@frost/client/datacite')
  const { mintDoi } = await import('@frost/client/datacite-doi')
  const { acting } = await import('../context-lookup.ts')
  const datacite = new Datacite(dataciteAccountFromEnv(), {
    onWait: wait => context.output.progress(`DataCite asks for patience: ${Math.ceil(wait / 1000)} s`),
  })
  const { lookup, repository } = await acting(context)
  const minted = await mintDoi(ref, {
    lookup,
    repository,
    datacite,
    page: ({ owner, rkey }) => pageOf(context.settings.siteUrl, owner, rkey),
    ...(release !== undefined && { tag: release }),
    ...(draft && { draft }),
  })
  context.output.result(minted, ({ doi, state, url, uri, created, written }) =>
    fields([
      ['DOI', state === 'draft' ? doi : `https://doi.org/${doi}`],
      ['state', created ? state : `${state}, registered before and brought up to date`],
      ['leads to', url],
      ['record', written ? `${uri}, which names it now` : uri],
    ]),
  )
}
