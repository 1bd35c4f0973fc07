import type { FoundRecord } from '@frost/client/lookup'
import type { Context } from './context.ts'

/** Tells what the owner says that users of a record must know, and where it leads. */
export async function warnOfNotices({ output }: Context, record: FoundRecord): Promise<void> {
  const { ownerNotices } = await import('@frost/client/owner-notices')
  for (const { value } of (await ownerNotices(record)).get(record.uri) ?? []) {
    const { uri, scheme, value: id } = (value.replacedBy ?? {}) as Record<string, string | undefined>
    const better = uri ?? (scheme && `${scheme}:${id}`)
    const parts = [
      `its owner says that it is ${value.kind}`,
      value.effectiveAt === undefined ? '' : `from ${value.effectiveAt}`,
      typeof value.text === 'string' ? `(${value.text})` : '',
      better ? `: use ${better}` : '',
    ]
    output.warning(parts.filter(Boolean).join(' ').replace(' :', ':'))
  }
}
