/** Numbers in [0, 1) that follow from a seed. */
export { randomSource as randomOf } from '@frost/network/relay/faults'

/** A whole number from 0 up to, not including, `most`. */
export function below(random: () => number, most: number): number {
  return Math.floor(random() * most)
}
