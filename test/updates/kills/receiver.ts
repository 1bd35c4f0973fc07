/** A receiver of webhooks as a program: notes what it is sent in a file, then takes it. `PORT`, `HEARD`. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

createServer(async (request, response) => {
  const { data } = JSON.parse(await text(request)) as { data: object }
  appendFileSync(process.env.HEARD!, `${JSON.stringify(data)}\n`)
  response.end()
}).listen(Number(process.env.PORT), '127.0.0.1')
