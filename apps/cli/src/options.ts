import { UsageError } from '@frost/client/errors'

/** Reads an option's whole number within bounds. @throws UsageError that names the option */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return text => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= least && number <= most) return number
    throw new UsageError(`${option} is '${text}': give a whole number from ${least} to ${most}`)
  }
}
