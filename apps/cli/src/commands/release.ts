import type { Command } from 'commander'
import { action, gather } from '../context.ts'
import { fields, styled } from '../text.ts'

interface Options {
  tag: string
  snapshot?: string
  fromBranch?: string
  distribution?: string
  pin?: string[]
  date?: string
  summary?: string
  changes?: string
  line?: string
  doi?: string
  previous?: string
  derivedFrom?: string[]
  corrects?: string[]
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'slug of your own, handle/slug or at-uri')
    .description('Publish a version of a dataset: a pinned, citable state that never changes.')
    .requiredOption('--tag <tag>', 'name of the version, such as v1.0')
    .option('--snapshot <id>', 'Icechunk or Iceberg snapshot that the version is')
    .option('--from-branch <branch>', "freeze the store's newest snapshot on this branch, such as main")
    .option('--distribution <id>', 'which of its places is pinned; the first that fits where left out')
    .option(
      '--pin <scheme:value>',
      'other pin: git-commit:…, digest:sha256:…, doi:…, as-of:2024-05-06, …; may be repeated',
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
    .option('--previous <tag>', 'version before this one; found by itself where left out')
    .option(
      '--derived-from <ref>',
      'what this version was made from: REF or REF@TAG, pinned as it is now; may be repeated',
      gather(),
    )
    .option('--corrects <at-uri>', 'correction or issue that this version settles; may be repeated', gather())
    .addHelpText(
      'after',
      `
The same release twice is the same record: repeating a release after an interruption writes nothing new. What it was made
from is pinned: to the version named, else to the latest one, else to the state of its head.

Examples:
  $ frost release cruise-12 --tag v1.0 --snapshot 7QZ1M3TA6PCXR8VSK1F0
  $ frost release cruise-12 --tag v2024.06 --from-branch main --derived-from noaa.icebucket.test/oisst@v2.1
  $ frost release cruise-12 --tag v1.1 --pin digest:sha256:9f86d0… --summary "Calibrated salinity"`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { settings, output } = context
        const { acting } = await import('../context-lookup.ts')
        const { storeAccess } = await import('../store-access.ts')
        const { findOwnEntry, findRecord } = await import('@frost/client/lookup')
        const { releaseVersion } = await import('@frost/client/release')
        const { sourceReference } = await import('@frost/client/source-reference')
        const { session, lookup, repository } = await acting(context)
        const entry = await findOwnEntry(ref, lookup)
        const derivedFrom =
          options.derivedFrom &&
          (await Promise.all(options.derivedFrom.map(text => sourceReference(text, lookup))))
        const corrects =
          options.corrects &&
          (await Promise.all(
            options.corrects.map(async text => {
              const { uri, cid } = await findRecord(text, lookup)
              return { uri, cid }
            }),
          ))
        const released = await releaseVersion(
          repository,
          entry,
          {
            version: options.tag,
            snapshot: options.snapshot,
            fromBranch: options.fromBranch,
            distribution: options.distribution,
            pins: options.pin,
            releasedAt: options.date,
            summary: options.summary,
            kind: options.changes,
            line: options.line,
            doi: options.doi,
            previous: options.previous,
            derivedFrom,
            corrects,
          },
          settings,
          storeAccess(context),
        )
        for (const warning of released.warnings) output.warning(warning)
        output.result(released, ({ uri, existed, pins }) =>
          [
            `${existed ? 'Was released already:' : 'Released'} ${styled('bold', `${session.account.handle ?? session.account.did}/${entry.rkey} ${options.tag}`)}`,
            fields([
              ['pins', pins.map(({ pin }) => `${pin.scheme}:${pin.value}`).join('\n')],
              ['record', uri],
            ]),
          ].join('\n'),
        )
      }),
    )
}
