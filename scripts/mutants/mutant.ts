/** One line changed into a bug that somebody might make: the suite must notice. */
export interface Mutant {
  readonly name: string
  /** What goes wrong with it. */
  readonly bug: string
  /** Path in the repository. */
  readonly file: string
  /** The whole line as it is, without indentation; it occurs once in the file. */
  readonly before: string
  /** What stands in its place; empty: nothing. */
  readonly after: string
  /** Test files of which one must fail. */
  readonly tests: readonly string[]
  /** Only tests whose names match this expression are run. */
  readonly named?: string
}

/** How often the mutant's line occurs in the text of its file. */
export function occurrences(text: string, { before }: Pick<Mutant, 'before'>): number {
  return text.split('\n').filter(line => line.trim() === before).length
}

/**
 * The text of the file with the bug in it.
 * @throws Error if the line does not occur exactly once
 */
export function mutated(text: string, mutant: Mutant): string {
  const found = occurrences(text, mutant)
  if (found !== 1)
    throw new Error(
      `mutant '${mutant.name}': its line occurs ${found} times in ${mutant.file}, not once: ${mutant.before}`,
    )
  return text
    .split('\n')
    .map(line => (line.trim() === mutant.before ? line.replace(mutant.before, () => mutant.after) : line))
    .join('\n')
}
