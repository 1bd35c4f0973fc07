import type { FC } from 'hono/jsx'
import type { Provider } from '../config.ts'
import { Layout } from '../design/layout.tsx'
import { Problem } from '../design/parts.tsx'

export interface SignInProps {
  readonly providers: readonly Provider[]
  /** Path of this site to go on at. */
  readonly returnTo: string
  readonly account?: string
  readonly problem?: string
  /** Why nobody can sign in here. */
  readonly why?: string
}

/** One field for any account on any server; the password is asked for there, never here. */
export const SignInPage: FC<SignInProps> = ({ providers, returnTo, account, problem, why }) => (
  <Layout title="Sign in – FROST" styles={['form.css']} withoutSearch>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Sign in</h1>
        <p class="soft">
          With an account on any AT Protocol server, such as a Bluesky account. Your password is asked for by
          that server; FROST never sees it.
        </p>
      </header>
      <Problem problem={problem} />
      {why ? (
        <p class="banner">{why} Everything can be read without an account.</p>
      ) : (
        <SignInForm providers={providers} returnTo={returnTo} account={account} />
      )}
    </div>
  </Layout>
)

const SignInForm: FC<Pick<SignInProps, 'providers' | 'returnTo' | 'account'>> = ({
  providers,
  returnTo,
  account,
}) => {
  const action = returnTo === '/' ? '/sign-in' : `/sign-in?return_to=${encodeURIComponent(returnTo)}`
  return (
    <>
      <form class="card stack" method="post" action={action}>
        <p class="field">
          <label for="typed">Handle, DID or address of your server</label>
          <input
            id="typed"
            name="typed"
            type="text"
            value={account}
            placeholder="ada.example.org"
            required
            maxlength={300}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            autofocus
            aria-describedby="typed-help"
          />
        </p>
        <p class="small soft" id="typed-help">
          You are led to your server, which asks whether FROST may write its own kinds of record for you:
          datasets, versions, follows, comments. It can touch nothing else of yours.
        </p>
        <button type="submit">Go on to your server</button>
      </form>
      {providers.length > 0 && (
        <section class="card stack">
          <h2>Servers of this network</h2>
          {providers.map(({ name, url }) => (
            <form class="provider" method="post" action={action}>
              <span>
                <b>{name}</b> <span class="soft small">{new URL(url).host}</span>
              </span>
              <span class="actions">
                <button type="submit" class="quiet" name="account" value={url}>
                  Sign in at {name}
                </button>
                <button type="submit" name="create" value={url}>
                  Make an account
                </button>
              </span>
            </form>
          ))}
        </section>
      )}
    </>
  )
}
