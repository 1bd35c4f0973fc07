/** The shortest decimal text that reads back as the same number of its type. */
export function numberText(value: number, type = 'double'): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (Object.is(value, -0)) return '-0'
  return type === 'float' || type === 'halffloat' ? floatText(value) : String(value)
}

/** Nine digits tell any two float32 apart; fewer often do. */
function floatText(value: number): string {
  const short = String(value)
  if (short.length < 9) return short
  for (let digits = 6; digits <= 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return short
}
