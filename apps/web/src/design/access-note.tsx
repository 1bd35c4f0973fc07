import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { accessWords } from '../access.ts'
import { Address } from './parts.tsx'

/** That the data is not for everybody, and where to ask for it; of an embargo that has ended, since when it is open. */
export const AccessNote: FC<{ access: Entry['access'] }> = ({ access }) => {
  const { isOpen, sentence } = accessWords(access)
  if (!sentence) return null
  return isOpen ? (
    <p class="small soft" id="access">
      {sentence}
    </p>
  ) : (
    <p class="banner" role="note" id="access">
      {sentence}
      {access?.requestUri && (
        <>
          {' '}
          <Address href={access.requestUri} text="Ask for access" />.
        </>
      )}
      {access?.termsUri && (
        <>
          {' '}
          <Address href={access.termsUri} text="Read the terms" />.
        </>
      )}
    </p>
  )
}
