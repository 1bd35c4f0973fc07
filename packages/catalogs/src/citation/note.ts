import type { Citable } from './citable.ts'
import { oneLine } from './names.ts'

/** What formats without fields for it carry in their note: the licence, the record, and the state that is cited. */
export function recordNote({ uri, cid, rights }: Citable): string {
  const licences = rights
    .map(({ spdx, name, uri: address }) => oneLine(spdx ?? name ?? address ?? ''))
    .filter(Boolean)
  return [licences.length > 0 && `Licence: ${licences.join('; ')}`, `Record: ${uri}`, cid && `CID: ${cid}`]
    .filter(Boolean)
    .join('. ')
}
