import { Unusable } from './item.ts'

/** @throws Unusable that says where the text is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Unusable(`is no JSON: ${(error as Error).message.slice(0, 200)}`)
  }
}
