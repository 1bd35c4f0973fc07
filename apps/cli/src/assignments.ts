import { UsageError } from '@frost/client/errors'

/** A record with a field set as `field=json` says. @throws UsageError that shows how to write it */
export async function withAssignment<Entry extends object>(entry: Entry, assignment: string): Promise<Entry> {
  const equals = assignment.indexOf('=')
  const field = assignment.slice(0, equals)
  if (equals < 1)
    throw new UsageError(`--set is '${assignment}': write it as field=json, such as language="en"`)
  const { lexParse } = await import('@atproto/lex')
  const text = assignment.slice(equals + 1)
  try {
    return { ...entry, [field]: lexParse(text) }
  } catch (cause) {
    throw new UsageError(
      `--set ${field} is '${text}', which is no JSON: quote text, such as ${field}='"text"'`,
      { cause },
    )
  }
}

/** A record without a field. */
export function without<Entry extends object>(entry: Entry, field: string): Entry {
  const { [field]: _removed, ...rest } = entry as Readonly<Record<string, unknown>>
  return rest as Entry
}
