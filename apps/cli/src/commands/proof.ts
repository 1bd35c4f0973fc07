import { readFile, writeFile } from 'node:fs/promises'
import type { Proved } from '@frost/client/proof/proof'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { fields, styled } from '../text.ts'

interface Options {
  cid?: string
  output?: string
  from?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'dataset (slug of your own, handle/slug) or at-uri of any record')
    .description(
      'Write a file that proves: this record was in that repository at that revision, signed by a key of its owner.',
    )
    .option('-o, --output <file>', 'file to write (REF.proof.json)')
    .option('--cid <cid>', 'a state that it was in, and that a citation, version or endorsement had pinned')
    .option('--from <source>', 'repository or appview; the repository first where left out')
    .addHelpText(
      'after',
      `
The file can be checked by anybody, without network: it holds the record, the signed commit, the way between them, and the log of
the owner's DID. It does not say that the record is still there, nor when it was. Dates are the directory's word, as they were copied;
whether the owner has undone the operation that listed the key, only the directory can tell.

Examples:
  $ frost proof noaa.icebucket.test/oisst -o oisst.proof.json
  $ frost proof noaa.icebucket.test/oisst --cid bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae
  $ frost proof check oisst.proof.json`,
    )
    .action(action<Options>(make))
  command
    .command('check')
    .summary('check a proof, without network')
    .argument('<file>', 'proof that frost proof wrote')
    .configureHelp({ showGlobalOptions: true })
    .action(action(check))
}

async function make(context: Context, { output: file, from, cid: state }: Options, ref = ''): Promise<void> {
  const { output, settings } = context
  const { UsageError } = await import('@frost/client/errors')
  const { makeProof } = await import('@frost/client/proof/proof')
  if (from !== undefined && from !== 'repository' && from !== 'appview')
    throw new UsageError(`--from is '${from}': give repository or appview`)
  const proof = await makeProof(await uriOf(context, ref), settings, {
    ...(from !== undefined && { from }),
    ...(state !== undefined && { cid: state }),
  })
  const path = file ?? `${proof.uri.split('/').at(-1)}.proof.json`
  const text = `${JSON.stringify(proof, null, 1)}\n`
  await writeFile(path, text)
  const { uri, cid, rev, key, source } = proof
  output.result(
    { file: path, uri, cid, rev, key, source, bytes: Buffer.byteLength(text) },
    () => `${styled('bold', path)} proves ${uri} (${cid}) at revision ${rev}, from ${source}`,
  )
}

/** The record's at-uri with a DID; of a record whose repository is gone too. */
async function uriOf(context: Context, ref: string): Promise<string> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { recordOf } = await import('@frost/client/lookup')
  const { parseReference } = await import('@frost/client/reference')
  const { resolveHandle } = await import('@frost/client/identity')
  const { authority, collection, rkey } = await recordOf(
    parseReference(ref),
    ref,
    await readingLookupOf(context),
  )
  const did = authority.startsWith('did:') ? authority : await resolveHandle(authority, context.settings)
  return `at://${did}/${collection}/${rkey}`
}

async function check({ output }: Context, _options: unknown, file = ''): Promise<void> {
  const { checkProof } = await import('@frost/client/proof/proof')
  output.result(await checkProof(await readFile(file, 'utf8')), text)
}

function text({ uri, cid, did, rev, key, keyBy }: Proved): string {
  return [
    `${styled('bold', 'It holds:')} the record was in the repository of ${did}`,
    fields([
      ['Record', uri],
      ['State', cid],
      ['Revision', rev],
      ['Signed by', key],
      [
        'Listed',
        keyBy.kind === 'log'
          ? `in the DID's log by ${keyBy.operation}`
          : 'in the document of the domain, which alone can confirm it',
      ],
      ...(keyBy.kind === 'log' ? [['Dated', dated(keyBy)] as const] : []),
    ]),
    'It does not say that the record is still there, nor when it was.',
    ...(keyBy.kind === 'log'
      ? ['Whether the owner has undone the operation that lists the key, only the directory can tell.']
      : []),
  ].join('\n')
}

function dated({ from, until }: { readonly from: string; readonly until?: string }): string {
  return `from ${from}${until ? ` until ${until}` : ''}: the directory's word, as copied`
}
