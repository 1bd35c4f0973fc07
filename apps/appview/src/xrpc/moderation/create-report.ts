import { l } from '@atproto/lex'
import { QueryError } from '@frost/index'
import { invalidRequest } from '../errors.ts'
import { method } from '../method.ts'

const REPO_REF = 'com.atproto.admin.defs#repoRef'
const STRONG_REF = 'com.atproto.repo.strongRef'

/** com.atproto.moderation.createReport: anybody reports an account or a record to whoever runs a service. */
const procedure = l.procedure(
  'com.atproto.moderation.createReport',
  l.params({}),
  l.payload(
    'application/json',
    l.object({
      reasonType: l.string({ minLength: 1, maxLength: 512 }),
      reason: l.optional(l.string({ maxGraphemes: 2000, maxLength: 20_000 })),
      subject: l.lexMap(),
    }),
  ),
  l.payload('application/json', l.lexMap()),
)

export const createReport = method(
  procedure,
  async ({ input, viewer }, { index }) => {
    const { reasonType, reason, subject } = input
    const { $type, did, uri, cid } = subject as Readonly<Record<string, unknown>>
    const isAccount = $type === REPO_REF && typeof did === 'string'
    const isRecord = $type === STRONG_REF && typeof uri === 'string' && typeof cid === 'string'
    if (!isAccount && !isRecord)
      throw invalidRequest(`subject is neither a ${REPO_REF} with a did nor a ${STRONG_REF} with uri and cid`)
    const row = await index.moderation
      .report({
        subject: String(isAccount ? did : uri),
        cid: isRecord ? String(cid).slice(0, 256) : null,
        reason_type: reasonType,
        reason: reason ?? null,
        reporter: viewer!,
      })
      .catch(error => {
        throw error instanceof QueryError ? invalidRequest(error.message) : error
      })
    return {
      id: row.id,
      reasonType,
      ...(reason !== undefined && { reason }),
      subject,
      reportedBy: viewer!,
      createdAt: row.created_at,
    }
  },
  { signedIn: true },
)
