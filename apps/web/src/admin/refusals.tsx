import type { FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import { Layout } from '../design/layout.tsx'
import type { Viewer } from '../session/viewer.ts'

/** For whoever is no operator: whose page this is, and where they find what they may have looked for. */
export const NotOperator: FC<{ viewer: Viewer; by: 'site' | 'appview' }> = ({ viewer, by }) => (
  <Layout title="For operators – FROST" styles={['form.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>This page is for whoever runs this index</h1>
        <p class="soft">
          You are signed in as {nameOf(viewer)}, which {by === 'site' ? 'this site' : 'the AppView'} does not
          know as an operator.
        </p>
      </header>
      <section class="card stack">
        <h2>You may have looked for</h2>
        <ul>
          <li>
            telling an operator of something that should not be there: choose <b>Report</b> on it
          </li>
          <li>
            hiding, locking and limiting on your own datasets: on their <b>Discussion</b> page
          </li>
          <li>
            what you are told of, whom you have muted, whose labels you see:{' '}
            <a href="/settings">your settings</a>
          </li>
        </ul>
      </section>
      <section class="card stack">
        <h2>You do run it?</h2>
        <p>
          Name your DID in the environment of the site and of the AppView, start both anew, and sign in again:
        </p>
        <p>
          <code>FROST_OPERATORS={viewer.did}</code>
        </p>
      </section>
    </div>
  </Layout>
)

/** For an operator whose server was not asked for the rights to operate when they signed in. */
export const NotGranted: FC<{ viewer: Viewer; returnTo: string }> = ({ viewer, returnTo }) => (
  <Layout title="Sign in as operator – FROST" styles={['form.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Sign in once more</h1>
        <p>
          You are an operator, but your server has not granted this site to operate for you: you signed in
          before you became one, or by the address of your server. It is asked for now.
        </p>
      </header>
      <p>
        <a
          class="button"
          href={`/sign-in?${new URLSearchParams({ anew: 'yes', account: nameOf(viewer), return_to: returnTo })}`}
        >
          Sign in as operator
        </a>
      </p>
    </div>
  </Layout>
)
