import { SERVICE_FRAGMENT } from './xrpc/service-auth.ts'

/** The did:web of an origin (https://w3c-ccg.github.io/did-method-web/): the port's colon is percent-encoded. */
export function didWebOf(origin: string): string {
  return `did:web:${new URL(origin).host.replace(':', '%3A')}`
}

/** The document at `/.well-known/did.json` by which PDSes find the AppView when they proxy to it. */
export function didDocument(did: string, origin: string) {
  return {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: did,
    service: [{ id: SERVICE_FRAGMENT, type: 'FrostAppView', serviceEndpoint: origin }],
  }
}
