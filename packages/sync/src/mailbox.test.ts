import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Mailbox } from './mailbox.ts'

const ready = async () => undefined
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

it('law: tasks run one after the other in the order in which they came, however long each takes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }), async turns => {
      const mailbox = new Mailbox(ready)
      const said: string[] = []
      const all = turns.map((count, index) =>
        mailbox.ask(async () => {
          said.push(`${index} begins`)
          for (let left = count; left > 0; left--) await turn()
          said.push(`${index} ends`)
          return index
        }),
      )
      expect(await Promise.all(all)).toEqual(turns.map((_, index) => index))
      expect(said).toEqual(turns.flatMap((_, index) => [`${index} begins`, `${index} ends`]))
    }),
    { numRuns: 30 },
  )
})

it('what needs no waiting is done at once', async () => {
  const mailbox = new Mailbox(ready)
  await mailbox.ask(() => undefined)
  await turn()
  let done = false
  mailbox.run(() => {
    done = true
  })
  expect(done).toBe(true)
})

it('prepares once, before the first task', async () => {
  const said: string[] = []
  const mailbox = new Mailbox(async () => {
    await turn()
    said.push('prepared')
  })
  expect(mailbox.busy).toBe(false)
  const both = [mailbox.ask(() => said.push('one')), mailbox.ask(() => said.push('two'))]
  expect(mailbox.busy).toBe(true)
  await Promise.all(both)
  await turn()
  expect(mailbox.busy).toBe(false)
  await mailbox.ask(() => said.push('three'))
  expect(said).toEqual(['prepared', 'one', 'two', 'three'])
})

it('a question that fails tells who asked, and the next is answered', async () => {
  const mailbox = new Mailbox(ready)
  const failing = mailbox.ask(() => {
    throw new Error('no')
  })
  const next = mailbox.ask(() => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})

it('drops what waits when the beginning fails, and can begin again', async () => {
  let fails = true
  const said: string[] = []
  const mailbox = new Mailbox(async () => {
    if (fails) throw new Error('the end')
  })
  mailbox.run(() => {
    said.push('dropped')
  })
  await turn()
  expect(mailbox.busy).toBe(false)
  fails = false
  await mailbox.ask(() => said.push('later'))
  expect(said).toEqual(['later'])
})
