import type { FC } from 'hono/jsx'
import { formatCount } from '../text.ts'
import type { StoryState } from './story.ts'

/** What the AppViews say, before and after; each figure beside the same one of another moment. */
export const CountsTable: FC<{ counts: StoryState['counts'] }> = ({ counts }) => {
  const first = counts[0]
  if (!first) return null
  const figure = (column: number, what: string) =>
    counts[column]!.counts.find(count => count.what === what)?.count
  const isWhole = counts.every((_, column) =>
    first.counts.every(({ what, count }) => figure(column, what) === count),
  )
  return (
    <section class="stack-tight">
      <h2>What the AppViews say of NASA’s work</h2>
      <section class="scroll" aria-label="Counts before and after" tabindex={0}>
        <table class="counts">
          <thead>
            <tr>
              <th scope="col">Of NASA’s accounts, but for the last</th>
              {counts.map(({ when }) => (
                <th scope="col">{when}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first.counts.map(({ what, count }) => (
              <tr>
                <th scope="row">{what}</th>
                {counts.map((_, column) => {
                  const value = figure(column, what)
                  return (
                    <td class={value === count ? '' : 'differs'}>
                      {value === undefined ? '–' : formatCount(value)}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class={isWhole ? 'banner good' : 'banner'}>
        {isWhole
          ? counts.length > 2
            ? 'Every figure is what it was before: nothing is lost.'
            : 'Both platforms say the same.'
          : 'Figures that differ from the first column are marked.'}
      </p>
    </section>
  )
}
