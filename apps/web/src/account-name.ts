/** What an account says that has no handle of its own. https://atproto.com/specs/handle */
const NO_HANDLE = 'handle.invalid'

interface Account {
  readonly did: string
  readonly handle?: string
}

/** What an account is called in addresses: its handle, or its DID where it has none. */
export const nameOf = ({ handle, did }: Account): string => (handle && handle !== NO_HANDLE ? handle : did)

/** What an account is called on pages: the name it gives itself, or else as in addresses. */
export const shownNameOf = ({
  displayName,
  ...account
}: Account & { readonly displayName?: string }): string => displayName || nameOf(account)
