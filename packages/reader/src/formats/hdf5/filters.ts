/** HDF5 filters by their registered numbers (The HDF Group, "Registered Filter Plugins"). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'deflate'],
  [2, 'shuffle'],
  [3, 'fletcher32'],
  [4, 'szip'],
  [5, 'nbit'],
  [6, 'scaleoffset'],
  [305, 'lzo'],
  [307, 'bzip2'],
  [32000, 'lzf'],
  [32001, 'blosc'],
  [32004, 'lz4'],
  [32008, 'bitshuffle'],
  [32013, 'zfp'],
  [32015, 'zstd'],
  [32017, 'sz'],
  [32019, 'fcidecomp'],
  [32020, 'bitgroom'],
  [32022, 'granular-bitround'],
  [32023, 'sz3'],
  [32026, 'blosc2'],
])

/** Those that are built into the library here. */
const READABLE = new Set([1, 2, 3, 5, 6])

export interface Filter {
  readonly id: number
  readonly name: string
}

export function filterName({ id, name }: Filter): string {
  return NAMES.get(id) ?? (name === '' ? `filter ${id}` : name)
}

/** The filters that make a dataset unreadable here. */
export function unreadable(filters: readonly Filter[]): Filter[] {
  return filters.filter(({ id }) => !READABLE.has(id))
}
