import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { UsageError } from '@frost/client/errors'

/**
 * Asks a question on the terminal; without one, reads the first line of standard input.
 * @param hidden True for secrets: what is typed is not shown.
 */
export async function ask(question: string, { hidden = false } = {}): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(question)
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk)
      done()
    },
  })
  let muted = false
  const reader = createInterface({ input: process.stdin, output, terminal: true })
  try {
    const answer = reader.question(question)
    muted = hidden
    return await answer
  } finally {
    reader.close()
    if (hidden) process.stderr.write('\n')
  }
}

async function firstLine(question: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const line = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0]
  if (!line)
    throw new UsageError(
      `${question.replace(/[: ]+$/, '')} is needed: type it on a terminal or send it on standard input`,
    )
  return line
}
