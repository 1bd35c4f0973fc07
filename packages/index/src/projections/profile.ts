import { ownIdentifiers, projection } from '../projection.ts'

/** Who somebody is; found by ORCID or ROR. */
export const profile = projection('actor.profile', ({ value }) => ({ identifiers: ownIdentifiers(value) }))
