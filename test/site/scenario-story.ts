import type { Story } from '../../apps/cli/src/scenario/story.ts'

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString()
const COUNTED = ['datasets', 'versions', 'mirrors', 'citations', 'followers', 'found by search']

/** The story of the two platforms once one of them is gone: of its three stages the one with the most to show. */
export function story({ did }: { readonly did: string }): Pick<Story, 'state' | 'play'> {
  const handle = 'nasa-earthdata.icehub.test'
  return {
    state: {
      stage: 'gone',
      busy: 'NASA’s people take their accounts to IceBucket',
      problem: 'The backup of one account could not be read: try again.',
      platforms: ['IceHub', 'IceBucket'].map((name, place) => ({
        name,
        siteUrl: `http://127.0.0.1:42${place}0`,
        appviewUrl: `http://localhost:42${place}1`,
        pds: `http://localhost:42${place}5`,
        ...(place === 0 && { diedAt: at(30) }),
      })),
      people: [
        {
          name: 'NASA Earthdata',
          did,
          before: handle,
          handle,
          archived: { since: at(31), lastHeard: at(29) },
        },
        {
          name: 'NASA astronomy',
          did,
          before: 'nasa-astro.icehub.test',
          handle: 'nasa-astro.icebucket.test',
        },
      ],
      dataset: `/d/${handle}/gistemp`,
      releases: 1,
      heard: 1,
      isAlike: true,
      happenings: [
        { at: at(1), text: 'NASA publishes at IceHub, NOAA at IceBucket.' },
        { at: at(20), text: 'NASA recomputed GISTEMP and released it from IceHub.', seconds: 1.4 },
        {
          at: at(30),
          text: 'IceHub is gone for good: its host of accounts, its AppView, its site, its disk.',
        },
      ],
      counts: ['before, on IceHub', 'before, on IceBucket', 'IceHub is gone'].map(when => ({
        when,
        counts: COUNTED.map((what, place) => ({ what, count: 12 - place })),
      })),
    },
    play: async () => {},
  }
}
