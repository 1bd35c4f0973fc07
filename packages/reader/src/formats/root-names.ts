import type { Probe } from '../format.ts'
import { PAGE_NAMES } from '../probe.ts'

/** All names directly below a location; undefined where the store cannot list, shows nothing, or more than a page. */
export async function rootNames(probe: Probe | undefined): Promise<ReadonlySet<string> | undefined> {
  const names = await probe?.list?.('')
  return names === undefined || names.length === 0 || names.length >= PAGE_NAMES ? undefined : new Set(names)
}

/** Whether the location is a folder as far as its own bytes tell: it has none, or a server answers with a page about it. */
export function mayBeFolder({ head }: Probe): boolean {
  return head === undefined || head.length === 0 || head[0] === LESS_THAN
}

const LESS_THAN = 0x3c
