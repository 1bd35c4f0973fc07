import { LABELER_FRAGMENT, SERVICE_FRAGMENT } from './xrpc/service-auth.ts'

/** The did:web of an origin (https://w3c-ccg.github.io/did-method-web/): the port's colon is percent-encoded. */
export function didWebOf(origin: string): string {
  return `did:web:${new URL(origin).host.replace(':', '%3A')}`
}

/**
 * The document at `/.well-known/did.json`, by which PDSes find the AppView when they proxy to it, and others subscribe to its labels.
 * @param labelKey did:key of the labels; without, they are not offered
 */
export function didDocument(did: string, origin: string, labelKey?: string) {
  const labeler = { id: LABELER_FRAGMENT, type: 'AtprotoLabeler', serviceEndpoint: origin }
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    ...(labelKey && {
      verificationMethod: [
        {
          id: `${did}#atproto_label`,
          type: 'Multikey',
          controller: did,
          publicKeyMultibase: labelKey.slice('did:key:'.length),
        },
      ],
    }),
    service: [
      { id: SERVICE_FRAGMENT, type: 'FrostAppView', serviceEndpoint: origin },
      ...(labelKey ? [labeler] : []),
    ],
  }
}
