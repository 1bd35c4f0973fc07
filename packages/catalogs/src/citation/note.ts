import type { Citable } from './citable.ts'
import { oneLine } from './names.ts'

/** What formats without fields for it carry in their note: the licence, the record, and the state that is cited. */
export function recordNote({ uri, cid, rights }: Citable): string {
  const licences = rights
    .map(({ spdx, name, uri: address }) => oneLine(spdx ?? name ?? address ?? ''))
    .filter(Boolean)
  // No word before a colon at the beginning: readers of CSL-JSON take that for a field of its own.
  const licence = licences.length > 0 ? `Licence ${licences.join('; ')}. ` : ''
  return `${licence}Record ${uri}${cid ? `, CID ${cid}` : ''}`
}
