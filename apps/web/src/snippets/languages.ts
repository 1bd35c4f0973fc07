import { commandLineSnippets } from './command-line.ts'
import { javascriptSnippets } from './javascript.ts'
import { juliaSnippets } from './julia.ts'
import type { Place } from './place.ts'
import { pythonSnippets } from './python.ts'
import { rSnippets } from './r.ts'
import type { Snippet } from './snippet.ts'

export interface LanguageSnippets {
  readonly language: string
  readonly snippets: readonly Snippet[]
}

const LANGUAGES: readonly (readonly [string, (place: Place) => readonly Snippet[]])[] = [
  ['Python', pythonSnippets],
  ['R', rSnippets],
  ['Julia', juliaSnippets],
  ['JavaScript', javascriptSnippets],
  ['Command line', commandLineSnippets],
]

/** How a copy of the data is opened, language by language; languages that have no library for it are left out. */
export function snippetsFor(place: Place): readonly LanguageSnippets[] {
  return LANGUAGES.map(([language, make]) => ({ language, snippets: make(place) })).filter(
    ({ snippets }) => snippets.length > 0,
  )
}
