import { FrostError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, type Context } from '../context.ts'
import { describeEntry } from '../entry-text.ts'
import { describeProfile } from '../profile-text.ts'
import { clean, fields } from '../text.ts'

interface Options {
  cid?: string
}

export function configure(command: Command): void {
  command
    .argument('<ref>', 'handle/slug, at-uri, DOI or URL; a handle or DID for an account')
    .description(
      'Show one dataset: what it is, where it is, what it holds and what it was made from. Of an account: what it published, and ' +
        'what others made of it.',
    )
    .option('--cid <cid>', 'the record in the state that a citation pins, and what became of it since')
    .addHelpText(
      'after',
      `
With --json the record is printed as its owner's repository holds it, with its at-uri and CID, and with what its owner says
that users must know (notices that are not resolved).

Examples:
  $ frost show ada.example.org/cruise-12
  $ frost show 10.24381/cds.adbb2d47 --json
  $ frost show ada.example.org/cruise-12 --cid bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae
  $ frost show ada.example.org`,
    )
    .action(
      action<Options>(async (context, { cid }, ref = '') => {
        const { parseReference } = await import('@frost/client/reference')
        if (cid !== undefined) return showState(context, ref, cid)
        const reference = parseReference(ref)
        if (reference.kind === 'account') return showAccount(context, reference.authority)
        return showRecord(context, ref)
      }),
    )
}

async function showRecord(context: Context, ref: string): Promise<void> {
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { findRecord } = await import('@frost/client/lookup')
  const { faultOf } = await import('@frost/client/validation')
  const { lexToJson } = await import('@atproto/lex')
  const { nsid } = await import('@frost/lexicon')
  const { ownerNotices } = await import('@frost/client/owner-notices')
  const { wholeModels } = await import('@frost/client/large-models')
  const found = await findRecord(ref, await readingLookupOf(context))
  const { uri, cid, owner, value, collection } = found
  const said = (await ownerNotices(found)).get(uri) ?? []
  const notices = said.map(notice => ({ uri: notice.uri, ...(lexToJson(notice.value) as object) }))
  const fault = faultOf(value)
  if (fault !== undefined) context.output.warning(`this record breaks its lexicon: ${fault}`)
  const author = { did: owner.did, handle: owner.handle }
  const isEntry = collection === nsid('dataset.entry') && fault === undefined
  const shown = { uri, cid, author, record: lexToJson(value), ...(notices.length > 0 && { notices }) }
  const models = isEntry && !context.output.json ? await wholeModels(found) : []
  context.output.result(shown, view =>
    isEntry
      ? describeEntry({ ...view, record: { ...(view.record as object), models } } as never)
      : clean(JSON.stringify(view, null, 2)),
  )
}

/** What a citation pinned: repositories hold only what is now, the AppView what was. */
async function showState(context: Context, ref: string, cid: string): Promise<void> {
  const { AppView } = await import('@frost/client/appview')
  const { pinnedState, pinStateText, uriOf } = await import('@frost/client/pinned-state')
  const { readingLookupOf } = await import('../context-lookup.ts')
  const { nsid } = await import('@frost/lexicon')
  const { lexToJson } = await import('@atproto/lex')
  const uri = await uriOf(ref, await readingLookupOf(context))
  const state = await pinnedState(new AppView(context.settings.appviewUrl), uri, cid)
  const { record, ...facts } = state
  const shown = { ...facts, ...(record && { record: lexToJson(record as never) }) }
  context.output.result(shown, view => {
    const said = fields([
      ['state', pinStateText(state.pinState, state.uri)],
      ['record', state.uri],
      ['CID', state.cid],
      ['now', state.currentCid !== state.cid ? state.currentCid : undefined],
      [state.pinState === 'gone' ? 'deleted' : 'until', state.until],
    ])
    if (!record) return said
    const isEntry = state.uri.includes(`/${nsid('dataset.entry')}/`) && state.author !== undefined
    return `${said}\n\n${isEntry ? describeEntry(view as never) : clean(JSON.stringify(view.record, null, 2))}`
  })
}

async function showAccount(context: Context, actor: string): Promise<void> {
  const { AppView } = await import('@frost/client/appview')
  const { frost } = await import('@frost/lexicon')
  const { lexToJson } = await import('@atproto/lex')
  const appview = new AppView(context.settings.appviewUrl)
  const params = { actor: actor as `${string}.${string}` }
  const [profile, credit] = await Promise.all([
    appview.call(frost.actor.getProfile.main, params),
    appview.call(frost.graph.getCredit.main, params),
  ]).catch((error: unknown) => {
    if (error instanceof FrostError && error.code === 'ActorNotFound')
      throw new FrostError(
        'NotFound',
        `no account is known for '${actor}': search for a dataset with 'frost search'`,
      )
    throw error
  })
  context.output.result(lexToJson({ ...profile, credit } as never) as never, view => describeProfile(view))
}
