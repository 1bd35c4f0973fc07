import type { FC } from 'hono/jsx'

/** When something was said, to the minute. */
export const Moment: FC<{ time: string }> = ({ time }) => {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return <span>{time.slice(0, 40)}</span>
  const text = date.toISOString()
  return <time datetime={text}>{`${text.slice(0, 10)} ${text.slice(11, 16)} UTC`}</time>
}
