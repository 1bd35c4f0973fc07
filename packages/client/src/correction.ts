import { jsonToLex, type LexMap, lexToJson, type TypedLexMap } from '@atproto/lex'
import { newTid, nsid } from '@frost/lexicon'
import { wordOn } from './acknowledgement.ts'
import { FrostError, UsageError } from './errors.ts'
import { applyPatch, type Json, type PatchOperation, patchBetween } from './json-patch.ts'
import { type FoundRecord, findRecord, type LookupOptions } from './lookup.ts'
import { normalised, subjectOf } from './publish.ts'
import type { Repository, Written } from './repository.ts'
import type { Settings } from './settings.ts'
import { checked } from './validation.ts'

const CORRECTION = nsid('discussion.correction')
/** How often somebody else may write while a correction is accepted. */
const MOST_ATTEMPTS = 4

/**
 * What differs between a record and what it should say, as a patch.
 * @throws UsageError where nothing differs, or the record would break its lexicon
 */
export async function changeOf(
  target: Pick<FoundRecord, 'value'>,
  after: TypedLexMap,
  settings: Settings,
): Promise<readonly PatchOperation[]> {
  const wanted = checked(await normalised(after, settings)).record
  const patch = patchBetween(textOf(target.value), textOf(wanted))
  if (patch.length > 0) return patch
  throw new UsageError('the record says that already: give what it should say, with --title, --set …')
}

/** Proposes that a record say something else. */
export async function proposeCorrection(
  repository: Repository,
  target: Pick<FoundRecord, 'uri' | 'cid'>,
  patch: readonly PatchOperation[],
  rationale: string,
): Promise<Written> {
  return propose(repository, target, { patch: patch as unknown as LexMap[] }, rationale)
}

/** Proposes corrected data that lies elsewhere, in a distribution with a pin. */
export async function proposeFork(
  repository: Repository,
  target: Pick<FoundRecord, 'uri' | 'cid'>,
  fork: LexMap,
  rationale: string,
): Promise<Written> {
  return propose(repository, target, { fork }, rationale)
}

async function propose(
  repository: Repository,
  { uri, cid }: Pick<FoundRecord, 'uri' | 'cid'>,
  change: LexMap,
  rationale: string,
): Promise<Written> {
  const record: TypedLexMap = {
    $type: CORRECTION,
    target: { uri, cid },
    rationale,
    ...change,
    createdAt: new Date().toISOString(),
  }
  return repository.put(checked(record).record, newTid(), null)
}

/** The correction that an at-uri names. @throws UsageError for any other record */
export async function findCorrection(ref: string, lookup: LookupOptions): Promise<FoundRecord> {
  const found = await findRecord(ref, lookup)
  if (found.collection === CORRECTION) return found
  throw new UsageError(`'${ref}' is a ${found.collection}, not a correction: give the at-uri of a correction`)
}

/** The record as it would be with a correction in it. @throws FrostError `PatchFailed`, `RecordChanged` */
export function corrected(
  current: Pick<FoundRecord, 'cid' | 'value'>,
  correction: Pick<FoundRecord, 'uri' | 'value'>,
  { anyway = false } = {},
): TypedLexMap {
  const patch = correction.value.patch as unknown as readonly PatchOperation[] | undefined
  if (!Array.isArray(patch))
    throw new UsageError(
      `${correction.uri} proposes data, not a change of the record: look at it, and release a version with --corrects ${correction.uri}`,
    )
  const { cid } = correction.value.target as { cid?: string }
  if (cid !== current.cid && !anyway && !isGuarded(patch))
    throw new FrostError(
      'RecordChanged',
      `the record has changed since ${correction.uri} was proposed, and it does not say what it replaces: look at both, then repeat with --anyway`,
    )
  const after = jsonToLex(applyPatch(textOf(current.value), patch) as never) as TypedLexMap
  if (after?.$type !== current.value.$type)
    throw new FrostError('PatchFailed', `${correction.uri} would make another kind of record of it`)
  return checked(after).record
}

/** Whether every change says what it replaces: then it can be made in a later state of the record too. */
function isGuarded(patch: readonly PatchOperation[]): boolean {
  const tested = new Set(patch.filter(({ op }) => op === 'test').map(({ path }) => path))
  return patch.every(
    ({ op, path }) => op === 'test' || (op === 'add' && !/\/(\d+|-)$/.test(path)) || tested.has(path),
  )
}

/**
 * Makes a proposed change in one's own record and says so, both in one commit: nobody sees the one without the other, and nothing
 * that was written meanwhile is lost.
 * @throws FrostError `NotYours`, `PatchFailed`, `RecordChanged`; nothing is written then
 */
export async function acceptCorrection(
  repository: Repository,
  correction: Pick<FoundRecord, 'uri' | 'cid' | 'value'>,
  { note, anyway }: { readonly note?: string; readonly anyway?: boolean } = {},
): Promise<{ readonly uri: string; readonly rev?: string; readonly record: TypedLexMap }> {
  const uri = subjectOf(correction.value.target) ?? ''
  const [, , owner, collection = '', rkey = ''] = uri.split('/')
  if (owner !== repository.did)
    throw new FrostError('NotYours', `${uri} is not yours: only its owner accepts a correction of it`)
  for (let attempt = 1; ; attempt++) {
    const head = await repository.head()
    const current = await repository.get(collection, rkey)
    if (!current) throw new FrostError('NotFound', `${uri} is gone: there is nothing to correct`)
    const record = corrected(current, correction, { anyway })
    try {
      const { rev } = await repository.applyAt(head, [
        { action: 'update', collection, rkey, record },
        await wordOn(repository, correction, { status: 'accepted', ...(note !== undefined && { note }) }),
      ])
      return { uri, record, ...(rev !== undefined && { rev }) }
    } catch (error) {
      const isBeaten = error instanceof FrostError && error.code === 'RecordChanged'
      if (!isBeaten || attempt === MOST_ATTEMPTS) throw error
    }
  }
}

/** Declines a correction of one's own record (`disputed`), or takes back what one proposed (`withdrawn`). */
export async function settleCorrection(
  repository: Repository,
  correction: Pick<FoundRecord, 'uri' | 'cid' | 'value'>,
  status: 'disputed' | 'withdrawn',
  note?: string,
): Promise<Written> {
  const whose = status === 'withdrawn' ? correction.uri : (subjectOf(correction.value.target) ?? '')
  if (!whose.startsWith(`at://${repository.did}/`))
    throw new FrostError(
      'NotYours',
      status === 'withdrawn'
        ? `${correction.uri} is not your proposal: only who made it withdraws it`
        : `${whose} is not yours: only its owner declines a correction of it`,
    )
  const { record, rkey } = await wordOn(repository, correction, {
    status,
    ...(note !== undefined && { note }),
  })
  return repository.put(record, rkey)
}

const textOf = (record: LexMap) => lexToJson(record) as Json
