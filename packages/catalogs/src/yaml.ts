/** YAML as people write it, bounded: neither aliases nor size can exhaust memory. https://yaml.org/spec/1.2.2/ */
import { parseDocument } from 'yaml'
import { Unusable } from './item.ts'

const MOST_ALIASES = 100

/**
 * Reads one YAML document. Continuation lines of quoted text that are not indented enough, which the reference parsers of other
 * languages let pass, are read too.
 * @throws Unusable with line and column
 */
export function parseYaml(text: string): unknown {
  let document = parse(text)
  if (document.errors.length > 0) {
    const indented = parse(indentQuoted(text))
    if (indented.errors.length === 0) document = indented
  }
  const [error] = document.errors
  if (error) throw new Unusable(`is no YAML: ${error.message.split('\n')[0]!.replace(/:$/, '')}`)
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (problem) {
    throw new Unusable(`is YAML that cannot be read: ${(problem as Error).message}`)
  }
}

function parse(text: string) {
  return parseDocument(text, { uniqueKeys: false, stringKeys: true, logLevel: 'error' })
}

/** Indents every line inside a quoted value: within quotes leading space means nothing. */
function indentQuoted(text: string): string {
  const indent = ' '.repeat(64)
  let open: '"' | "'" | undefined
  return text
    .split('\n')
    .map(line => {
      const inside = open !== undefined
      let from = 0
      if (open === undefined) {
        const start = /^\s*(?:- +)*(?:[A-Za-z][\w &-]*: +)?(["'])/.exec(line)
        if (!start || line.trimStart().startsWith('#')) return line
        open = start[1] as '"' | "'"
        from = start[0].length
      }
      if (closes(line, from, open)) open = undefined
      return inside ? indent + line : line
    })
    .join('\n')
}

function closes(line: string, from: number, quote: '"' | "'"): boolean {
  for (let at = from; at < line.length; at++) {
    if (quote === '"' && line[at] === '\\') at++
    else if (line[at] === quote) {
      if (quote === "'" && line[at + 1] === "'") at++
      else return true
    }
  }
  return false
}
