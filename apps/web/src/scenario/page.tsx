import type { Child, FC } from 'hono/jsx'
import { ArchivedMark } from '../design/archived.tsx'
import { Layout } from '../design/layout.tsx'
import { formatCount, formatMoment } from '../text.ts'
import { CountsTable } from './counts.tsx'
import type { Act, StoryState } from './story.ts'

/** Two platforms, one of which dies: what is left of it, told while it happens. */
export const ScenarioPage: FC<{ state: StoryState | undefined }> = ({ state }) => (
  <Layout
    title="IceHub and IceBucket – FROST"
    description="What becomes of the network when a platform is gone for good."
    styles={['scenario.css']}
    scripts={['scenario.js']}
  >
    <article class="scenario stack" data-busy={state === undefined || state.busy ? '' : undefined}>
      <header class="stack-tight">
        <h1>IceHub and IceBucket</h1>
        <p class="lead">
          NASA’s datasets live on one platform, NOAA’s on another. Each builds on the other’s. Then one of the
          platforms is gone for good. All of it happens now, on this machine, with the software that runs the
          network.
        </p>
      </header>
      {state ? (
        <Acts state={state} />
      ) : (
        <p role="status">Everybody comes on the stage. This takes a minute.</p>
      )}
    </article>
  </Layout>
)

const Acts: FC<{ state: StoryState }> = ({ state }) => (
  <>
    <Platforms state={state} />
    <div aria-live="polite">
      {state.busy && (
        <p class="banner" role="status">
          <span class="pulse" aria-hidden="true" /> {state.busy} … <a href="/scenario">Look again</a>
        </p>
      )}
      {state.problem && (
        <p class="banner bad" role="alert">
          {state.problem}
        </p>
      )}
    </div>
    <ol class="acts">
      <Step
        title="NOAA releases, NASA recomputes"
        isDone={state.releases > 0}
        act="release"
        label={state.releases === 0 ? 'Let NOAA release' : 'Let NOAA release again'}
        state={state}
        may={true}
      >
        NASA’s GISTEMP is made from NOAA’s ERSST. NASA’s pipeline hears of each release and makes its dataset
        anew, pinned to exactly that version.
      </Step>
      <Step
        title="IceHub dies"
        isDone={state.stage !== 'together'}
        act="kill"
        label="Kill IceHub for good"
        state={state}
        may={state.stage === 'together'}
      >
        Its host of accounts, its AppView, its gateway, its site and its disk: gone, without a goodbye.
        IceBucket goes on showing what NASA has signed, marked as archived.
      </Step>
      <Step
        title="NASA’s people come back"
        isDone={state.stage === 'back'}
        act="recover"
        label="Recover NASA’s accounts"
        state={state}
        may={state.stage === 'gone'}
      >
        With the keys that they hold they take their accounts to IceBucket’s host, one from a backup of its
        own, one from what IceBucket’s AppView had kept. The DIDs stay the same, the handles are new.
      </Step>
    </ol>
    <People state={state} />
    <CountsTable counts={state.counts} />
    <Happenings state={state} />
    <p>
      Walk through it yourself, with your own account: <code>docs/right-to-exit.md</code>.
    </p>
  </>
)

const Platforms: FC<{ state: StoryState }> = ({ state: { platforms, dataset } }) => (
  <ul class="platforms">
    {platforms.map(({ name, siteUrl, appviewUrl, pds, diedAt }) => (
      <li class={`card platform ${diedAt ? 'dead' : ''}`}>
        <h2>
          {name}{' '}
          <span class={`badge ${diedAt ? 'warm' : 'strong'}`}>{diedAt ? 'gone for good' : 'alive'}</span>
        </h2>
        <dl class="facts">
          <dt>Accounts of</dt>
          <dd>{name === 'IceHub' ? 'NASA and others' : 'NOAA and others'}</dd>
          <dt>Host (PDS)</dt>
          <dd>{pds}</dd>
          <dt>AppView</dt>
          <dd>{appviewUrl}</dd>
          {diedAt && (
            <>
              <dt>Died</dt>
              <dd>{formatMoment(diedAt)}</dd>
            </>
          )}
        </dl>
        {!diedAt && (
          <p>
            <a href={siteUrl}>Its site</a> · <a href={siteUrl + dataset}>NASA’s GISTEMP there</a>
          </p>
        )}
      </li>
    ))}
  </ul>
)

interface StepProps {
  readonly title: string
  readonly isDone: boolean
  readonly act: Act
  readonly label: string
  readonly may: boolean
  readonly state: StoryState
  readonly children?: Child
}

const Step: FC<StepProps> = ({ title, isDone, act, label, may, state, children }) => (
  <li class={`card act ${isDone ? 'done' : ''}`}>
    <h2>
      <span>{title}</span>
      {isDone && <span class="badge strong">done</span>}
    </h2>
    <p>{children}</p>
    {may && (
      <form method="post" action={`/scenario/${act}`}>
        <button type="submit" class={act === 'release' ? 'quiet' : ''} disabled={state.busy !== undefined}>
          {label}
        </button>
      </form>
    )}
  </li>
)

const People: FC<{ state: StoryState }> = ({ state: { people, heard } }) => (
  <section class="stack-tight">
    <h2>NASA’s people</h2>
    <section class="scroll people" aria-label="NASA’s people" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">DID, for ever</th>
            <th scope="col">Handle before</th>
            <th scope="col">Handle now</th>
            <th scope="col">Shown as</th>
          </tr>
        </thead>
        <tbody>
          {people.map(({ name, did, before, handle, archived }) => (
            <tr>
              <th scope="row">
                <a href={`/p/${did}`}>{name}</a>
              </th>
              <td>
                <code>{did}</code>
              </td>
              <td>@{before}</td>
              <td>@{handle}</td>
              <td>
                {archived ? <ArchivedMark author={{ archived }} /> : <span class="badge strong">active</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
    <p class="soft">
      A subscriber on IceBucket has heard of {formatCount(heard)} {heard === 1 ? 'release' : 'releases'} of
      GISTEMP, by its DID.
    </p>
  </section>
)

const Happenings: FC<{ state: StoryState }> = ({ state: { happenings } }) => (
  <section class="stack-tight">
    <h2>What happened</h2>
    <ol class="happenings">
      {happenings.map(({ at, text, seconds }) => (
        <li>
          <time datetime={at}>{at.slice(11, 19)}</time>
          <span>
            {text}
            {seconds !== undefined && <b> {seconds.toFixed(1)} s</b>}
          </span>
        </li>
      ))}
    </ol>
  </section>
)
