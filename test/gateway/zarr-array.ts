/** `zarr.json` of an array (Zarr v3 core specification). */
export function zarrArray(array: {
  readonly shape: readonly number[]
  readonly chunks: readonly number[]
  readonly dtype?: string
  readonly codecs?: readonly unknown[]
  readonly names?: readonly string[]
}): string {
  const { shape, chunks, dtype = 'uint8', codecs = [], names = shape.map((_, at) => `dim_${at}`) } = array
  return JSON.stringify({
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dtype,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, ...codecs],
    attributes: {},
    dimension_names: names,
  })
}
