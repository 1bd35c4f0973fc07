/** A finite number as the decimal text of the data model, which has no floats: `1e-7` → `0.0000001`. */
export function decimal(value: unknown): string | undefined {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && value.trim() !== ''
        ? Number(value)
        : Number.NaN
  if (!Number.isFinite(number)) return undefined
  const text = String(number)
  const scientific = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!scientific) return text
  const [, sign, whole, fraction = '', power] = scientific
  const places = Number(power)
  const digits = whole! + fraction
  if (places < 0) return `${sign}0.${'0'.repeat(-places - 1)}${digits}`
  return `${sign}${digits.slice(0, places + 1).padEnd(places + 1, '0')}${digits.length > places + 1 ? `.${digits.slice(places + 1)}` : ''}`
}
