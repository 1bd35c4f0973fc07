import type { Format } from './format.ts'

/** In the order they are asked: folders by what lies in them, then magic numbers, then text, the least certain last. */
export const FORMATS: readonly Format[] = []
