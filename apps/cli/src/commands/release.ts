import type { Command } from 'commander'
import { action, gather } from '../context.ts'
import { fields, styled } from '../text.ts'

interface Options {
  tag: string
  snapshot?: string
  pin?: string[]
  date?: string
  summary?: string
  changes?: string
  line?: string
  doi?: string
  derivedFrom?: string[]
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'slug of your own, handle/slug or at-uri')
    .description('Publish a version of a dataset: a pinned, citable state that never changes.')
    .requiredOption('--tag <tag>', 'name of the version, such as v1.0')
    .option('--snapshot <id>', 'Icechunk or Iceberg snapshot that the version is')
    .option(
      '--pin <scheme:value>',
      'other pin, such as git-commit:…, digest:sha256:…, doi:…; may be repeated',
      gather(),
    )
    .option('--date <time>', 'when it was released, ISO 8601; now where left out')
    .option('--summary <text>', 'what has changed')
    .option(
      '--changes <kind>',
      'kind of change: major, minor, patch, append, reprocessing, correction or metadata',
    )
    .option('--line <line>', 'line of development, where there are several')
    .option('--doi <doi>', 'DOI of this version')
    .option('--derived-from <ref>', 'dataset this version was made from; may be repeated', gather())
    .addHelpText(
      'after',
      `
The same release twice is the same record: repeating a release after an interruption writes nothing new.

Examples:
  $ frost release cruise-12 --tag v1.0 --snapshot 7QZ1M3TA6PCXR8VSK1F0
  $ frost release cruise-12 --tag v1.1 --pin digest:sha256:9f86d0… --summary "Calibrated salinity"`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { settings, output } = context
        const { lookupOf } = await import('../context-lookup.ts')
        const { findOwnEntry } = await import('@frost/client/lookup')
        const { releaseVersion } = await import('@frost/client/release')
        const { referenceFrom } = await import('@frost/client/normalise')
        const { Repository } = await import('@frost/client/repository')
        const session = await context.session()
        const lookup = lookupOf(context, session)
        const entry = await findOwnEntry(ref, lookup)
        const derivedFrom =
          options.derivedFrom &&
          (await Promise.all(options.derivedFrom.map(text => referenceFrom(text, lookup))))
        const released = await releaseVersion(
          new Repository(session),
          entry,
          {
            version: options.tag,
            snapshot: options.snapshot,
            pins: options.pin,
            releasedAt: options.date,
            summary: options.summary,
            kind: options.changes,
            line: options.line,
            doi: options.doi,
            derivedFrom,
          },
          settings,
        )
        for (const warning of released.warnings) output.warning(warning)
        output.result(released, ({ uri, existed }) =>
          [
            `${existed ? 'Was released already:' : 'Released'} ${styled('bold', `${session.account.handle ?? session.account.did}/${entry.rkey} ${options.tag}`)}`,
            fields([['record', uri]]),
          ].join('\n'),
        )
      }),
    )
}
