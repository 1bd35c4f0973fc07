import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FrostError, UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { withAssignment, without } from '../assignments.ts'
import { action, gather } from '../context.ts'
import { pageOf } from '../page.ts'
import { fields, styled } from '../text.ts'
import { addEntryOptions, type EntryOptions, fieldsFrom } from './entry-options.ts'

interface Options extends EntryOptions {
  set?: string[]
  unset?: string[]
  url?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'slug of your own, handle/slug or at-uri')
    .description('Change a dataset you have published. Without options its record opens in $EDITOR.')
    .option('--url <url>', 'new location of the first distribution')
    .option('--set <field=json>', 'set a field of the record to a JSON value; may be repeated', gather())
    .option('--unset <field>', 'remove a field; may be repeated', gather())
  addEntryOptions(command)
    .addHelpText(
      'after',
      `
A change is refused where somebody else has changed the record meanwhile.

Examples:
  $ frost edit cruise-12 --title "CTD casts of cruise 12, corrected" --until 2023-07
  $ frost edit cruise-12 --set 'access={"level":"open"}' --unset contacts
  $ frost edit cruise-12`,
    )
    .action(
      action<Options>(async (context, options, ref = '') => {
        const { settings, output } = context
        const { set, unset, url, ...described } = options
        const { acting } = await import('../context-lookup.ts')
        const { findOwnEntry } = await import('@frost/client/lookup')
        const { replaceEntry } = await import('@frost/client/publish')
        const { withFields } = await import('@frost/client/entry-fields')
        const { entryFrom } = await import('./publish.ts')
        const { session, lookup, repository } = await acting(context)
        const current = await findOwnEntry(ref, lookup)

        const before = options.variable ? await withWholeModels(current) : current.value
        let entry = before
        if (options.record !== undefined) {
          const given = await entryFrom(options.record)
          entry = { ...given, createdAt: current.value.createdAt } as typeof entry
        } else if (Object.keys(options).length === 0) {
          entry = await edited(entry)
        }
        entry = withFields(entry, await fieldsFrom(described, lookup, url))
        for (const field of unset ?? []) entry = without(entry, field)
        for (const assignment of set ?? []) entry = await withAssignment(entry, assignment)

        const { lexToJson } = await import('@atproto/lex')
        const unchanged = JSON.stringify(lexToJson(entry)) === JSON.stringify(lexToJson(before))
        const name = `${session.account.handle ?? session.account.did}/${current.rkey}`
        const page = pageOf(settings.siteUrl, session.account, current.rkey)
        if (unchanged) {
          const { uri, cid } = current
          return output.result(
            { uri, cid, ref: name, url: page, changed: false },
            () => `${name} is as it was: nothing was written`,
          )
        }
        const { uri, cid, warnings } = await replaceEntry(repository, current, entry, settings)
        for (const warning of warnings) output.warning(warning)
        output.result({ uri, cid, ref: name, url: page, changed: true, warnings }, () =>
          [
            `Changed ${styled('bold', name)}`,
            fields([
              ['page', page],
              ['record', uri],
            ]),
          ].join('\n'),
        )
      }),
    )
}

/** Variables that are given take the place of those that a record of their own lists. */
async function withWholeModels(
  current: Awaited<ReturnType<typeof import('@frost/client/lookup').findOwnEntry>>,
) {
  const { wholeModels } = await import('@frost/client/large-models')
  const { value } = current
  return value.models === undefined
    ? value
    : ({ ...value, models: await wholeModels(current) } as unknown as typeof value)
}

type Entry = Awaited<ReturnType<typeof import('@frost/client/lookup').findOwnEntry>>['value']

/** The record after the person has edited it. @throws FrostError where the editor fails or leaves no JSON. */
async function edited(entry: Entry): Promise<Entry> {
  const editor = process.env.VISUAL || process.env.EDITOR
  if (!editor || !process.stdin.isTTY) {
    throw new UsageError(
      'nothing to change was given: use options such as --title, or set EDITOR and run it on a terminal',
    )
  }
  const { lexParse, lexToJson } = await import('@atproto/lex')
  const folder = mkdtempSync(join(tmpdir(), 'frost-edit-'))
  const file = join(folder, 'entry.json')
  try {
    writeFileSync(file, `${JSON.stringify(lexToJson(entry), null, 2)}\n`, { mode: 0o600 })
    const { status, error } = spawnSync(`${editor} "$FROST_FILE"`, {
      shell: true,
      stdio: 'inherit',
      env: { ...process.env, FROST_FILE: file },
    })
    if (error || status !== 0)
      throw new FrostError('EditorFailed', `${editor} failed: nothing was changed`, { cause: error })
    try {
      return lexParse(readFileSync(file, 'utf8')) as Entry
    } catch (cause) {
      throw new FrostError('BadRecord', `what ${editor} left is no JSON: ${(cause as Error).message}`, {
        cause,
      })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
