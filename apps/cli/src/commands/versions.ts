import type { Command } from 'commander'
import { action } from '../context.ts'
import { table } from '../text.ts'

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL')
    .description('List the versions of a dataset, newest first, as its owner has published them.')
    .addHelpText('after', '\nExample:\n  $ frost versions ada.example.org/cruise-12 --json')
    .action(
      action(async (context, _options, ref = '') => {
        const { readingLookupOf } = await import('../context-lookup.ts')
        const { findRecord } = await import('@frost/client/lookup')
        const { versionsOf } = await import('@frost/client/release')
        const { lexToJson } = await import('@atproto/lex')
        const entry = await findRecord(ref, await readingLookupOf(context))
        const versions = await versionsOf(entry)
        const listed = versions.map(({ uri, cid, value }) => ({
          uri,
          cid,
          record: lexToJson(value) as Record<string, unknown>,
        }))
        context.output.result({ dataset: entry.uri, versions: listed }, () =>
          listed.length === 0
            ? 'No version has been released'
            : table(
                listed.map(({ record }) => [
                  String(record.version),
                  String(record.releasedAt).slice(0, 10),
                  pinsText(record.pins),
                  (record.changes as { summary?: string } | undefined)?.summary ?? '',
                ]),
                ['bold'],
              ),
        )
      }),
    )
}

function pinsText(pins: unknown): string {
  if (!Array.isArray(pins)) return ''
  return pins
    .map(
      (pinned: { pin?: { scheme?: string; value?: string } }) => `${pinned.pin?.scheme}:${pinned.pin?.value}`,
    )
    .join(' ')
}
