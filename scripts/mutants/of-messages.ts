// biome-ignore-all lint/suspicious/noTemplateCurlyInString: lines of code stand here as text
import type { Mutant } from './mutant.ts'

const sync = (name: string) => `packages/sync/src/${name}.ts`
const unit = (...names: string[]) => names.map(name => `packages/sync/src/${name}.test.ts`)
const regressions = (...names: string[]) => names.map(name => `test/sync/regressions/${name}.test.ts`)

/** Bugs in how single messages are judged. */
export const ofMessages: readonly Mutant[] = [
  {
    name: 'operations-off-by-one',
    bug: 'a commit may have 201 writes',
    file: sync('frame'),
    before: 'if (ops.length > LIMITS.operations)',
    after: 'if (ops.length > LIMITS.operations + 1)',
    tests: unit('frame'),
  },
  {
    name: 'blocks-off-by-one',
    bug: 'the blocks of a commit may be a byte larger than they may',
    file: sync('frame'),
    before: 'if (blocks.length > LIMITS.blocksBytes)',
    after: 'if (blocks.length > LIMITS.blocksBytes + 1)',
    tests: unit('frame'),
  },
  {
    name: 'frame-off-by-one',
    bug: 'frames of exactly the largest size are refused',
    file: sync('frame'),
    before: 'if (bytes.length > LIMITS.frameBytes)',
    after: 'if (bytes.length >= LIMITS.frameBytes)',
    tests: unit('frame'),
  },
  {
    name: 'garbled-frame-of-nobody',
    bug: 'a frame that cannot be read names no account: nobody is asked what it was',
    file: sync('frame'),
    before: "typeof account === 'string' && isDid(account) ? account : undefined,",
    after: 'undefined,',
    tests: unit('frame'),
  },
  {
    name: 'rev-from-the-future',
    bug: 'a rev may be as far ahead as it likes: no commit after it is newer',
    file: sync('verify'),
    before: 'return tidMicroseconds(rev) <= now * 1000 + MAX_AHEAD',
    after: 'return tidMicroseconds(rev) <= now * 1000 + MAX_AHEAD * 1000',
    tests: regressions('messages'),
  },
  {
    name: 'inner-rev-unchecked',
    bug: 'the message may say another rev than the one signed',
    file: sync('verify'),
    before: 'if (commit.rev !== message.rev)',
    after: 'if (commit.rev.length !== message.rev.length)',
    tests: ['test/sync/forgery.test.ts'],
  },
  {
    name: 'inner-did-unchecked',
    bug: 'a commit of one account counts for another',
    file: sync('verify'),
    before:
      "if (commit.did !== did) refuse('did-mismatch', `commit is of '${commit.did}', message says '${did}'`)",
    after: '',
    tests: ['test/sync/forgery.test.ts'],
  },
  {
    name: 'signature-unchecked',
    bug: 'anybody writes for everybody',
    file: sync('verify'),
    before:
      "if (!isSignedBy(commit, key)) refuse('signature', 'the commit is not signed by the key of its account')",
    after: '',
    tests: regressions('messages'),
  },
  {
    name: 'writes-unproved',
    bug: 'the writes need not lead back to the tree before: some may be left out',
    file: sync('verify'),
    before:
      "if (inverted !== before) refuse('previous-data', 'undoing the writes does not lead back to prevData')",
    after: '',
    tests: ['test/sync/forgery.test.ts'],
  },
  {
    name: 'record-size-unchecked',
    bug: 'a record may be as large as a commit',
    file: sync('verify'),
    before: 'if (bytes.length > LIMITS.recordBytes)',
    after: 'if (bytes.length > LIMITS.blocksBytes)',
    tests: ['test/sync/forgery.test.ts'],
  },
  {
    name: 'old-rev-taken',
    bug: 'a commit told again, or late, counts as a break of the chain, or undoes what came after it',
    file: sync('commits'),
    before: 'if (state.rev !== undefined && message.rev <= state.rev) {',
    after: 'if (state.rev !== undefined && message.rev === state.rev) {',
    tests: regressions('messages'),
  },
  {
    name: 'since-ignored',
    bug: 'a commit need not follow the one that is held',
    file: sync('commits'),
    before:
      "if (message.since !== state.rev || previous !== state.data) return tracked.desynchronize('chain', mark)",
    after: "if (previous !== state.data) return tracked.desynchronize('chain', mark)",
    tests: regressions('messages'),
  },
  {
    name: 'prev-data-ignored',
    bug: 'a commit need not begin from the tree that is held: what a lost one deleted stays',
    file: sync('commits'),
    before:
      "if (message.since !== state.rev || previous !== state.data) return tracked.desynchronize('chain', mark)",
    after: "if (message.since !== state.rev) return tracked.desynchronize('chain', mark)",
    tests: regressions('messages'),
  },
  {
    name: 'key-never-refreshed',
    bug: 'after a change of keys every commit costs a fetch of the whole repository',
    file: sync('commits'),
    before: "if (error.reason === 'signature') return this.#verifyLater(message, mark)",
    after: '',
    tests: regressions('identities'),
  },
  {
    name: 'garbled-first-commit',
    bug: 'an account whose first commit was garbled on its way is never followed',
    file: sync('commits'),
    before: 'if (verified && message.since === undefined && message.previousData === undefined) {',
    after:
      'if (!verified) return mark.finish()\nelse if (message.since === undefined && message.previousData === undefined) {',
    tests: regressions('fetches'),
  },
  {
    name: 'refused-and-forgotten',
    bug: 'a commit that cannot be verified is passed over: what it was is never asked',
    file: sync('commits'),
    before: "tracked.desynchronize('rejected', mark)",
    after: 'tracked.write({ mark })',
    tests: regressions('messages'),
  },
  {
    name: 'inactive-account-followed',
    bug: 'commits of accounts that are not active are applied, and shown',
    file: sync('commits'),
    before: 'if (!state.active) {',
    after: "if (!state.active && state.status === 'deleted') {",
    tests: regressions('messages'),
  },
  {
    name: 'any-host-for-any-account',
    bug: 'a PDS speaks for accounts that live elsewhere',
    file: sync('tracked'),
    before: "if (from.kind !== 'pds') return true",
    after: "if (from.kind !== 'pds' || !fresh) return true",
    tests: regressions('messages'),
  },
  {
    name: 'any-host-hides-any-account',
    bug: 'a PDS says that accounts which live elsewhere are gone',
    file: sync('standing'),
    before: 'if (!(await tracked.hasAuthority(from, !active))) return tracked.refuseHost(mark)',
    after: '',
    tests: regressions('messages'),
  },
  {
    name: 'any-host-lists-any-head',
    bug: 'a PDS that lists false heads has accounts which live elsewhere fetched, later each time',
    file: sync('repository'),
    before: "if (differs() && (await tracked.hasAuthority(from))) tracked.desynchronize('head')",
    after: "if (differs()) tracked.desynchronize('head')",
    tests: regressions('fetches'),
  },
  {
    name: 'future-cursor-ignored',
    bug: 'a relay that refuses the cursor is asked with it for ever',
    file: 'packages/sync/src/sources/firehose.ts',
    before: "if (frame.error === 'FutureCursor') {",
    after: "if (frame.error === 'PastCursor') {",
    tests: regressions('messages'),
  },
  {
    name: 'outdated-cursor-ignored',
    bug: 'what the relay no longer has is never looked for',
    file: 'packages/sync/src/sources/firehose.ts',
    before: "if (frame.name === 'OutdatedCursor') sink.gap('outdated')",
    after: '',
    tests: regressions('messages'),
  },
]
