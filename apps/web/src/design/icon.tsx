import type { FC } from 'hono/jsx'

interface IconProps {
  /** Path in a square of 24. */
  readonly path: string
  /** Of its strokes, in the same square. */
  readonly width?: number
  /** Pixels a side. */
  readonly size?: number
}

/** A drawing in lines of the colour of the text; what it means is said in words beside it. */
export const Icon: FC<IconProps> = ({ path, width = 2, size = 20 }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width={width}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={path} />
  </svg>
)
