import { checkSubject } from '@frost/index/moderation/moderation'
import { frost } from '@frost/lexicon'
import { XrpcError } from '../errors.ts'
import { method } from '../method.ts'

export const putLabel = method(
  frost.admin.putLabel,
  async ({ input: { subject, val, cid, neg, exp } }, { labels }) => {
    checkSubject(subject)
    if (!/^(![a-z]|[a-z])[a-z-]*$/.test(val))
      throw new XrpcError(
        400,
        'InvalidLabel',
        `val is '${val}': write small letters and hyphens, such as spam`,
      )
    await labels?.say({
      uri: subject,
      val,
      ...(cid !== undefined && { cid }),
      ...(neg && { neg }),
      ...(exp !== undefined && { exp: new Date(exp).toISOString() }),
    })
    return {}
  },
  { operator: true },
)
