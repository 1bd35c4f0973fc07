/** A few lines that open the data, in one language. */
export interface Snippet {
  /** What it uses: `xarray`. */
  readonly title: string
  /** How that is installed: `pip install xarray zarr`. */
  readonly needs?: string
  readonly code: string
}

/** One string as JSON writes it, which Python and JavaScript read the same way. */
export const quoted = (text: string): string => JSON.stringify(text)

/** A string of R: no escapes of JSON's that R does not know. */
export const quotedR = (text: string): string => `"${escaped(text)}"`

/** A string of Julia, in which a dollar sign would begin an expression. */
export const quotedJulia = (text: string): string => `"${escaped(text).replaceAll('$', '\\$')}"`

/** One word of a POSIX shell. */
export const quotedShell = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** A string of SQL. */
export const quotedSql = (text: string): string => `'${text.replaceAll("'", "''")}'`

function escaped(text: string): string {
  return text
    .replace(/[\\"]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\p{Cc}/gu, '')
}

export function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(part => part !== false && part !== undefined).join('\n')
}
