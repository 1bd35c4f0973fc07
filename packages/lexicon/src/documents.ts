import { createHash } from 'node:crypto'
import type { LexiconDocument } from '@atproto/lex-document'
import { AUTHORITY } from './generated/authority.ts'
import { documents } from './generated/documents.ts'

export type { LexiconDocument }

/** Every lexicon document as it stands in `lexicons/`, the foreign ones that FROST's refer to included. */
export const allDocuments: readonly LexiconDocument[] = documents

/** The documents of FROST's own authority: what is published as `com.atproto.lexicon.schema` records. */
export const lexiconDocuments: readonly LexiconDocument[] = documents.filter(({ id }) =>
  id.startsWith(`${AUTHORITY}.`),
)

/** Digest of the documents: two AppViews with the same one validate alike. */
export const lexiconVersion: string = createHash('sha256')
  .update(JSON.stringify(lexiconDocuments))
  .digest('hex')
  .slice(0, 16)
