import type { Mutant } from './mutant.ts'
import { ofBytes } from './of-bytes.ts'
import { ofMessages } from './of-messages.ts'
import { ofRepositories } from './of-repositories.ts'
import { ofTheIndex } from './of-the-index.ts'

/** Bugs that the suite is held to, from the bytes that arrive to the answers that go out. */
export const mutants: readonly Mutant[] = [...ofBytes, ...ofMessages, ...ofRepositories, ...ofTheIndex]
